import java.util.Map;

/** How clients log in on the secured profile; its users are those of brokers/profiles.ts. */
final class Logins {
    static final Map<String, Object> ADMIN = plain("admin", "admin-secret");

    static Map<String, Object> plain(String user, String password) {
        return login("PLAIN", "org.apache.kafka.common.security.plain.PlainLoginModule", user, password, "");
    }

    /** `mechanism` is SCRAM-SHA-256 or SCRAM-SHA-512. */
    static Map<String, Object> scram(String mechanism, String user, String password) {
        return login(mechanism, "org.apache.kafka.common.security.scram.ScramLoginModule", user, password, "");
    }

    /** With the id and the HMAC of a delegation token. */
    static Map<String, Object> token(String mechanism, String id, String hmac) {
        return login(mechanism, "org.apache.kafka.common.security.scram.ScramLoginModule", id, hmac, " tokenauth=\"true\"");
    }

    private static Map<String, Object> login(String mechanism, String module, String user, String password, String more) {
        String jaas = String.format("%s required username=\"%s\" password=\"%s\"%s;", module, user, password, more);
        return Map.of("security.protocol", "SASL_PLAINTEXT", "sasl.mechanism", mechanism, "sasl.jaas.config", jaas);
    }
}
