import java.util.Map;

/** Apache Kafka's Java clients and frameworks: the argument names the part; BOOTSTRAP, PREFIX and ONLY come from the environment. */
final class Main {
    public static void main(String[] args) throws Exception {
        String part = args.length == 0 ? "core" : args[0];
        Map<String, Object> login = Map.of();
        Suite suite;
        switch (part) {
            case "core" -> {
                suite = new Suite("java", 4);
                // Groups first: they wait a lot, and the rest fills the lanes beside them.
                GroupCases.add(suite);
                TransactionCases.add(suite);
                TransactionAdminCases.add(suite);
                ProduceCases.add(suite);
                ConsumeCases.add(suite);
                AdminCases.add(suite);
                ClusterAdminCases.add(suite);
                InterfaceCases.add(suite);
                GroupAdminCases.add(suite);
                ErrorCases.add(suite);
            }
            case "groups" -> {
                suite = new Suite("java-groups", 6);
                ConsumerGroupCases.add(suite);
                ConsumerGroupAdminCases.add(suite);
                ShareCases.add(suite);
                ShareAdminCases.add(suite);
            }
            case "ecosystem" -> {
                suite = new Suite("java-ecosystem", 3);
                StreamsCases.add(suite);
                ConnectCases.add(suite);
                RegistryCases.add(suite);
            }
            // With the clients of an older release: what they do not know is not asked of them.
            case "older" -> {
                suite = new Suite("java-3.1", 4, "client31-");
                GroupCases.add(suite);
                TransactionCases.addOlder(suite);
                ProduceCases.add(suite);
                ConsumeCases.add(suite);
                ErrorCases.add(suite);
                suite.without("group-enforce-rebalance", "consume-waits-for-data");
            }
            case "compaction" -> {
                suite = new Suite("java-compaction", 8);
                CompactionCases.add(suite);
            }
            case "security" -> {
                suite = new Suite("java-security", 4);
                login = Logins.ADMIN;
                LoginCases.add(suite);
                AclCases.add(suite);
                QuotaCases.add(suite);
            }
            case "tls" -> {
                suite = new Suite("java-tls", 4);
                login = TlsLogins.plain("admin", "admin-secret");
                TlsCases.add(suite);
            }
            case "mutual-tls" -> {
                suite = new Suite("java-mutual-tls", 4);
                login = TlsLogins.certificate("alice.pem");
                MutualTlsCases.add(suite);
            }
            default -> throw new IllegalArgumentException("no part " + part);
        }
        suite.run(env("BOOTSTRAP", "127.0.0.1:9092"), env("PREFIX", "c" + System.nanoTime() + "-"), env("ONLY", ""), login);
    }

    private static String env(String name, String otherwise) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? otherwise : value;
    }
}
