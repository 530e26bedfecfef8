import java.util.Map;
import org.apache.kafka.common.errors.IllegalSaslStateException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.security.auth.KafkaPrincipal;

/** Clients that are known by their certificates: the profile 'mutual-tls'. */
final class MutualTlsCases {
    static void add(Suite suite) {
        suite.add("mtls-produce-and-consume", Env::produceAndConsume);
        suite.add("mtls-principal", MutualTlsCases::principal);
        suite.add("mtls-no-certificate", env -> refused(env, TlsLogins.certificate(null)));
        suite.add("mtls-certificate-of-a-stranger", env -> refused(env, TlsLogins.certificate("stranger.pem")));
        suite.add("mtls-sasl-where-there-is-none", MutualTlsCases::sasl);
    }

    private static void refused(Env env, Map<String, Object> login) throws Exception {
        Suite.fails(SslAuthenticationException.class, () -> env.as(login).admin().listTopics().names().get(), "connect");
    }

    /** CN=alice,O=Compat,C=DE by the profile's rule. */
    private static void principal(Env env) throws Exception {
        var token = env.admin().createDelegationToken().delegationToken().get();
        Suite.same(token.tokenInfo().owner(), new KafkaPrincipal("User", "ALICE"), "owner");
    }

    private static void sasl(Env env) throws Exception {
        Map<String, Object> login = new java.util.HashMap<>(TlsLogins.certificate("alice.pem"));
        login.putAll(Logins.plain("alice", "alice-secret"));
        login.put("security.protocol", "SASL_SSL");
        Suite.fails(IllegalSaslStateException.class, () -> env.as(login).admin().listTopics().names().get(), "log in");
    }
}
