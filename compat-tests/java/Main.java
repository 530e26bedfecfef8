/** Java kafka-clients: BOOTSTRAP, PREFIX and ONLY come from the environment. */
final class Main {
    public static void main(String[] args) throws Exception {
        Suite suite = new Suite();
        // Groups first: they wait a lot, and the rest fills the lanes beside them.
        GroupCases.add(suite);
        ProduceCases.add(suite);
        ConsumeCases.add(suite);
        AdminCases.add(suite);
        GroupAdminCases.add(suite);
        ErrorCases.add(suite);
        suite.run(env("BOOTSTRAP", "127.0.0.1:9092"), env("PREFIX", "c" + System.nanoTime() + "-"), env("ONLY", ""));
    }

    private static String env(String name, String otherwise) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? otherwise : value;
    }
}
