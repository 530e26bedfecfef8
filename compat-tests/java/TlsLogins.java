import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** How clients get in over TLS; files are in TLS_FOLDER, made by brokers/tls-material.ts. */
final class TlsLogins {
    static String file(String name) {
        return Path.of(System.getenv("TLS_FOLDER"), name).toString();
    }

    /** Whom the client trusts. */
    private static Map<String, Object> trusting(String protocol) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("security.protocol", protocol);
        settings.put("ssl.truststore.type", "PEM");
        settings.put("ssl.truststore.location", file("ca.pem"));
        return settings;
    }

    static Map<String, Object> over(Map<String, Object> login) {
        Map<String, Object> settings = new HashMap<>(login);
        settings.putAll(trusting("SASL_SSL"));
        return settings;
    }

    static Map<String, Object> plain(String user, String password) {
        return over(Logins.plain(user, password));
    }

    /** With an access token from a file. */
    static Map<String, Object> bearer(String token) {
        String url = Path.of(file(token)).toUri().toString();
        System.setProperty("org.apache.kafka.sasl.oauthbearer.allowed.urls", String.join(",",
            Path.of(file("good.jwt")).toUri().toString(), Path.of(file("expired.jwt")).toUri().toString(), Path.of(file("other-audience.jwt")).toUri().toString()));
        System.setProperty("org.apache.kafka.sasl.oauthbearer.allowed.files", String.join(",", file("good.jwt"), file("expired.jwt"), file("other-audience.jwt")));
        Map<String, Object> settings = trusting("SASL_SSL");
        settings.put("sasl.mechanism", "OAUTHBEARER");
        settings.put("sasl.jaas.config", "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;");
        settings.put("sasl.login.callback.handler.class", "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler");
        settings.put("sasl.oauthbearer.token.endpoint.url", url);
        return settings;
    }

    /** With a certificate and its key; null for none. */
    static Map<String, Object> certificate(String name) {
        Map<String, Object> settings = trusting("SSL");
        if (name != null) {
            settings.put("ssl.keystore.type", "PEM");
            settings.put("ssl.keystore.location", file(name));
        }
        return settings;
    }
}
