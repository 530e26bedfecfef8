import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.security.auth.KafkaPrincipal;

/** SASL over TLS: the profile 'tls'. */
final class TlsCases {
    static void add(Suite suite) {
        suite.add("tls-plain", Env::produceAndConsume);
        suite.add("tls-plain-wrong-password", env -> refused(env, TlsLogins.plain("alice", "wrong")));
        suite.add("tls-scram-sha-256", env -> scram(env, ScramMechanism.SCRAM_SHA_256));
        suite.add("tls-scram-sha-512", env -> scram(env, ScramMechanism.SCRAM_SHA_512));
        suite.add("tls-scram-reauthenticates", 40, TlsCases::reauthenticates);
        suite.add("tls-delegation-token", TlsCases::token);
        suite.add("tls-broker-that-is-not-trusted", TlsCases::untrusted);
        suite.add("tls-versions", TlsCases::versions);
        suite.add("tls-client-without-tls", TlsCases::withoutTls);
        suite.add("tls-large-records", TlsCases::largeRecords);
        suite.add("oauth-log-in", TlsCases::bearer);
        suite.add("oauth-other-audience", env -> refused(env, TlsLogins.bearer("other-audience.jwt")));
        suite.add("oauth-produce-and-consume", env -> env.as(TlsLogins.bearer("good.jwt")).produceAndConsume());
    }

    private static void refused(Env env, Map<String, Object> login) throws Exception {
        Suite.fails(SaslAuthenticationException.class, () -> env.as(login).admin().listTopics().names().get(), "log in");
    }

    private static Map<String, Object> user(Env env, ScramMechanism mechanism) throws Exception {
        String user = env.name("user");
        env.admin().alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(user, new ScramCredentialInfo(mechanism, 4096), "pencil"))).all().get();
        Map<String, Object> login = TlsLogins.over(Logins.scram(mechanism.mechanismName(), user, "pencil"));
        Suite.succeedsSoon(() -> env.as(login).admin().listTopics().names().get(), "log in");
        return login;
    }

    private static void scram(Env env, ScramMechanism mechanism) throws Exception {
        env.as(user(env, mechanism)).produceAndConsume();
    }

    /** Sessions of SCRAM-SHA-512 end after three seconds; a producer that works for longer notices nothing (KIP-368). */
    private static void reauthenticates(Env env) throws Exception {
        String topic = env.topic(1);
        Env user = env.as(user(env, ScramMechanism.SCRAM_SHA_512));
        try (var producer = user.producer("retries", 0)) {
            for (int i = 0; i < 40; i++) {
                producer.send(new ProducerRecord<>(topic, Env.bytes("v" + i))).get();
                Thread.sleep(200);
            }
            double again = producer.metrics().entrySet().stream().filter(one -> one.getKey().name().equals("successful-reauthentication-total"))
                .mapToDouble(one -> (Double) one.getValue().metricValue()).sum();
            double failed = producer.metrics().entrySet().stream().filter(one -> one.getKey().name().equals("failed-reauthentication-total"))
                .mapToDouble(one -> (Double) one.getValue().metricValue()).sum();
            Suite.holds(again >= 2, "re-authentications: " + again);
            Suite.same(failed, 0.0, "re-authentications that failed");
        }
        Suite.same(env.readAll(topic, 1, 40).size(), 40, "records");
    }

    private static void token(Env env) throws Exception {
        var token = env.as(TlsLogins.plain("bob", "bob-secret")).admin().createDelegationToken().delegationToken().get();
        Suite.same(token.tokenInfo().owner(), new KafkaPrincipal("User", "bob"), "owner");
        Map<String, Object> login = TlsLogins.over(Logins.token("SCRAM-SHA-256", token.tokenInfo().tokenId(), Base64.getEncoder().encodeToString(token.hmac())));
        Suite.succeedsSoon(() -> env.as(login).admin().listTopics().names().get(), "log in");
        Suite.fails(org.apache.kafka.common.errors.UnsupportedByAuthenticationException.class,
            () -> env.as(login).admin().createDelegationToken().delegationToken().get(), "a token for a token");
    }

    private static void untrusted(Env env) throws Exception {
        Map<String, Object> login = new HashMap<>(TlsLogins.plain("alice", "alice-secret"));
        login.remove("ssl.truststore.type");
        login.remove("ssl.truststore.location");
        Suite.fails(SslAuthenticationException.class, () -> env.as(login).admin().listTopics().names().get(), "a broker that is not trusted");
    }

    private static void versions(Env env) throws Exception {
        for (String version : List.of("TLSv1.2", "TLSv1.3")) {
            Map<String, Object> login = new HashMap<>(TlsLogins.plain("alice", "alice-secret"));
            login.put("ssl.enabled.protocols", version);
            login.put("ssl.protocol", version);
            env.as(login).admin().listTopics().names().get();
        }
    }

    private static void withoutTls(Env env) throws Exception {
        Env stranger = env.as(Logins.plain("alice", "alice-secret"));
        try (var producer = stranger.producer("max.block.ms", 3000)) {
            Suite.fails(TimeoutException.class, () -> producer.partitionsFor(env.name("topic")), "metadata without TLS");
        }
    }

    private static void largeRecords(Env env) throws Exception {
        String topic = env.topic(1);
        try (var producer = env.producer("max.request.size", 2_000_000)) {
            for (int i = 0; i < 20; i++) producer.send(new ProducerRecord<>(topic, Env.noise(900_000, i)));
            producer.flush();
        }
        try (var consumer = env.consumer(null)) {
            consumer.assign(Env.partitions(topic, 1));
            int seen = 0;
            for (var record : Env.take(consumer, 20)) Suite.same(record.value(), Env.noise(900_000, seen++), "record");
            Suite.same(seen, 20, "records");
            Suite.same(consumer.poll(Duration.ofMillis(200)).count(), 0, "more");
        }
    }

    private static void bearer(Env env) throws Exception {
        var token = env.as(TlsLogins.bearer("good.jwt")).admin().createDelegationToken().delegationToken().get();
        Suite.same(token.tokenInfo().owner(), new KafkaPrincipal("User", "alice"), "the principal of the token");
    }
}
