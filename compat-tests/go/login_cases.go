package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// loginCases are those of the profile 'tls': SASL over TLS.
func loginCases() []testCase {
	return []testCase{
		{"tls-plain", func(e *env) { e.login = admin; loggedIn(e) }},
		{"tls-scram-sha-256", func(e *env) {
			user := e.user(kadm.ScramSha256)
			e.login = func() sasl.Mechanism { return scram.Auth{User: user, Pass: "pencil"}.AsSha256Mechanism() }
			loggedIn(e)
		}},
		{"tls-scram-sha-512", func(e *env) {
			user := e.user(kadm.ScramSha512)
			e.login = func() sasl.Mechanism { return scram.Auth{User: user, Pass: "pencil"}.AsSha512Mechanism() }
			loggedIn(e)
		}},
		{"tls-oauth", func(e *env) {
			token, err := os.ReadFile(tlsFile("good.jwt"))
			check(err, "token")
			e.login = func() sasl.Mechanism { return oauth.Auth{Token: strings.TrimSpace(string(token))}.AsMechanism() }
			loggedIn(e)
		}},
		{"tls-wrong-password", func(e *env) {
			refused(e, plain.Auth{User: "admin", Pass: "wrong"}.AsMechanism())
			refused(e, scram.Auth{User: "admin", Pass: "wrong"}.AsSha256Mechanism())
		}},
	}
}

func admin() sasl.Mechanism { return plain.Auth{User: "admin", Pass: "admin-secret"}.AsMechanism() }

func tlsFile(name string) string { return filepath.Join(os.Getenv("TLS_FOLDER"), name) }

// loginOptions are what a client needs to get in; none on a listener without security.
func (e *env) loginOptions() []kgo.Opt {
	if e.login == nil {
		return nil
	}
	pem, err := os.ReadFile(tlsFile("ca.pem"))
	check(err, "certificate of the authority")
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return []kgo.Opt{kgo.DialTLSConfig(&tls.Config{RootCAs: roots}), kgo.SASL(e.login())}
}

// user makes a user of SCRAM whose password is pencil.
func (e *env) user(mechanism kadm.ScramMechanism) string {
	e.login = admin
	name := e.name("user")
	_, err := kadm.NewClient(e.client()).AlterUserSCRAMs(e.ctx, nil, []kadm.UpsertSCRAM{{User: name, Mechanism: mechanism, Iterations: 4096, Password: "pencil"}})
	check(err, "make a user")
	// Apache Kafka knows the user a moment later.
	eventually(e.ctx, func() bool {
		described, err := kadm.NewClient(e.client()).DescribeUserSCRAMs(e.ctx, name)
		return err == nil && described[name].Err == nil
	}, "the user is there")
	return name
}

func loggedIn(e *env) {
	topic := e.topic(2)
	e.fill(topic, 2, 100)
	same(len(e.readAll(topic, 100)), 100, "records")
}

func refused(e *env, login sasl.Mechanism) {
	e.login = func() sasl.Mechanism { return login }
	err := e.client(kgo.RetryTimeout(0)).Ping(e.ctx)
	holds(errors.Is(err, kerr.SaslAuthenticationFailed), "want SASL_AUTHENTICATION_FAILED, got %v", err)
}
