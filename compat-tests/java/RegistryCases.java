import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

/**
 * Uses a topic as a schema registry does: one compacted partition is the store, one instance writes, all read it from the
 * beginning, and a NOOP record that one has written oneself tells that the end has been reached.
 */
final class RegistryCases {
    static void add(Suite suite) {
        suite.add("registry-register-and-look-up", RegistryCases::registerAndLookUp);
        suite.add("registry-other-instance-sees-it", RegistryCases::otherInstance);
        suite.add("registry-restart-reads-to-the-end", RegistryCases::restart);
        suite.add("registry-delete-by-tombstone", RegistryCases::delete);
        suite.add("registry-checks-its-topic", RegistryCases::checksTopic);
    }

    /** Where the broker compacts soon. */
    static void addCompaction(Suite suite) {
        suite.add("registry-store-survives-compaction", 150, RegistryCases::compaction);
    }

    private static final String NOOP = "{\"keytype\":\"NOOP\"}";

    /** One instance of a registry over a topic. */
    private static final class Registry implements AutoCloseable {
        private final TopicPartition store;
        private final KafkaProducer<byte[], byte[]> writer;
        private final KafkaConsumer<byte[], byte[]> reader;
        private final Map<String, String> schemas = new TreeMap<>();
        private long read = -1;

        Registry(Env env, String topic) throws Exception {
            store = new TopicPartition(topic, 0);
            writer = env.producer("acks", "all", "retries", 0);
            reader = env.consumer(null, "client.id", env.name("reader"));
            reader.assign(List.of(store));
            reader.seekToBeginning(List.of(store));
            readTo(writer.send(new ProducerRecord<>(topic, 0, Env.bytes(NOOP), null)).get().offset());
        }

        private void readTo(long offset) {
            long end = System.nanoTime() + 20_000_000_000L;
            while (read < offset) {
                Suite.holds(System.nanoTime() < end, "the store was read to " + read + ", not to " + offset);
                for (var record : reader.poll(Duration.ofMillis(100))) {
                    read = record.offset();
                    String key = Env.text(record.key());
                    if (key.equals(NOOP)) continue;
                    if (record.value() == null) schemas.remove(key);
                    else schemas.put(key, Env.text(record.value()));
                }
            }
        }

        private static String key(String subject, int version) {
            return "{\"keytype\":\"SCHEMA\",\"subject\":\"" + subject + "\",\"version\":" + version + ",\"magic\":1}";
        }

        void register(String subject, int version, String schema) throws Exception {
            String value = schema == null ? null : "{\"subject\":\"" + subject + "\",\"version\":" + version + ",\"id\":" + version + ",\"schema\":\"" + schema + "\",\"deleted\":false}";
            var sent = writer.send(new ProducerRecord<>(store.topic(), 0, Env.bytes(key(subject, version)), Env.bytes(value)));
            readTo(sent.get().offset());
        }

        String lookUp(String subject, int version) {
            return schemas.get(key(subject, version));
        }

        /** What another instance has written up to now. */
        void catchUp() {
            readTo(reader.endOffsets(Set.of(store)).get(store) - 1);
        }

        @Override
        public void close() {
            writer.close();
            reader.close();
        }
    }

    private static String storeTopic(Env env, String... configs) throws Exception {
        String[] all = java.util.Arrays.copyOf(configs, configs.length + 2);
        all[configs.length] = "cleanup.policy";
        all[configs.length + 1] = "compact";
        return env.topic(1, all);
    }

    private static void registerAndLookUp(Env env) throws Exception {
        try (var registry = new Registry(env, storeTopic(env))) {
            registry.register("orders-value", 1, "string");
            registry.register("orders-value", 2, "long");
            Suite.holds(registry.lookUp("orders-value", 1).contains("string"), "version 1");
            Suite.holds(registry.lookUp("orders-value", 2).contains("long"), "version 2");
        }
    }

    private static void otherInstance(Env env) throws Exception {
        String topic = storeTopic(env);
        try (var leader = new Registry(env, topic); var follower = new Registry(env, topic)) {
            leader.register("a", 1, "string");
            follower.catchUp();
            Suite.holds(follower.lookUp("a", 1) != null, "the follower has read it");
        }
    }

    private static void restart(Env env) throws Exception {
        String topic = storeTopic(env);
        try (var registry = new Registry(env, topic)) {
            for (int i = 1; i <= 300; i++) registry.register("s" + i % 10, i, "string");
        }
        try (var registry = new Registry(env, topic)) {
            Suite.same(registry.schemas.size(), 300, "schemas");
        }
    }

    private static void delete(Env env) throws Exception {
        String topic = storeTopic(env);
        try (var registry = new Registry(env, topic)) {
            registry.register("a", 1, "string");
            registry.register("b", 1, "string");
            registry.register("a", 1, null);
            Suite.same(registry.lookUp("a", 1), null, "deleted");
        }
        try (var registry = new Registry(env, topic)) {
            Suite.same(registry.schemas.size(), 1, "the other stays");
        }
    }

    private static void compaction(Env env) throws Exception {
        String topic = storeTopic(env, "segment.ms", "200", "min.cleanable.dirty.ratio", "0.01");
        TopicPartition store = new TopicPartition(topic, 0);
        try (var registry = new Registry(env, topic)) {
            for (int i = 0; i < 50; i++) registry.register("a", 1, "string" + i);
            registry.register("b", 1, "long");
            Suite.eventually(130, () -> {
                Thread.sleep(300);
                registry.register("c", 1, "int");
                try (var reader = env.consumer(null)) {
                    reader.assign(List.of(store));
                    // The NOOP of the first start is the only one, so it stays.
                    return Env.take(reader, 2).get(1).offset() >= 50;
                }
            }, "the first versions are compacted away");
        }
        try (var registry = new Registry(env, topic)) {
            Suite.holds(registry.lookUp("a", 1).contains("string49"), "the last value");
            Suite.same(registry.schemas.size(), 3, "schemas");
        }
    }

    /** A registry refuses to start on a topic that is not compacted, or has several partitions. */
    private static void checksTopic(Env env) throws Exception {
        String topic = storeTopic(env);
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Suite.same(env.admin().describeConfigs(List.of(resource)).all().get().get(resource).get("cleanup.policy").value(), "compact", "policy");
        var description = env.admin().describeTopics(List.of(topic)).allTopicNames().get().get(topic);
        Suite.same(description.partitions().size(), 1, "partitions");
        Suite.same(description.partitions().get(0).isr().size(), 1, "replicas in sync");
    }
}
