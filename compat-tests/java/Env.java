import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** What a case works with: clients of the broker under test, and names of its own. */
final class Env {
    private static final AtomicInteger NAMES = new AtomicInteger();
    final String bootstrap;
    private final String prefix;
    private final Map<String, Object> login;
    private final List<AutoCloseable> open = Collections.synchronizedList(new ArrayList<>());
    private Admin admin;

    /** `login` are settings that every client needs to get in. */
    Env(String bootstrap, String prefix, Map<String, Object> login) {
        this.bootstrap = bootstrap;
        this.prefix = prefix;
        this.login = login;
    }

    /** The same broker and names for clients that log in otherwise; closed with this one. */
    Env as(Map<String, Object> otherLogin) {
        Env other = new Env(bootstrap, prefix, otherLogin);
        keep(other::close);
        return other;
    }

    String name(String what) {
        return prefix + what + NAMES.incrementAndGet();
    }

    synchronized Admin admin() {
        if (admin == null) admin = keep(Admin.create(settings("request.timeout.ms", 15000, "default.api.timeout.ms", 20000)));
        return admin;
    }

    /** A new topic that is ready, with configs as name, value, name, value. */
    String topic(int partitions, String... configs) throws Exception {
        String name = name("topic");
        Map<String, String> settings = new HashMap<>();
        for (int i = 0; i < configs.length; i += 2) settings.put(configs[i], configs[i + 1]);
        admin().createTopics(List.of(new NewTopic(name, partitions, (short) 1).configs(settings))).all().get();
        awaitTopic(name);
        return name;
    }

    /** Kafka answers a creation before its broker has heard of the topic and leads its partitions. */
    void awaitTopic(String name) throws Exception {
        for (int i = 0; ; i++) {
            try {
                int partitions = admin().describeTopics(List.of(name)).allTopicNames().get().get(name).partitions().size();
                Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
                for (TopicPartition partition : partitions(name, partitions)) ends.put(partition, OffsetSpec.latest());
                admin().listOffsets(ends).all().get();
                return;
            } catch (java.util.concurrent.ExecutionException e) {
                if (i == 700 || !(e.getCause() instanceof UnknownTopicOrPartitionException)) throw e;
                Thread.sleep(20);
            }
        }
    }

    KafkaProducer<byte[], byte[]> producer(Object... config) {
        Map<String, Object> settings = settings("delivery.timeout.ms", 20000, "request.timeout.ms", 10000, "max.block.ms", 15000);
        put(settings, config);
        return keep(new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer()));
    }

    /** A consumer that reads from the beginning and does not commit by itself; group may be null. */
    KafkaConsumer<byte[], byte[]> consumer(String group, Object... config) {
        Map<String, Object> settings = settings("auto.offset.reset", "earliest", "enable.auto.commit", false, "default.api.timeout.ms", 20000);
        if (group != null) settings.put("group.id", group);
        put(settings, config);
        // In the new protocol the broker decides these.
        if (!"consumer".equals(settings.get("group.protocol"))) {
            settings.putIfAbsent("heartbeat.interval.ms", 500);
            settings.putIfAbsent("session.timeout.ms", 10000);
        }
        return keep(new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer()));
    }

    /** A consumer of a group of KIP-848. */
    KafkaConsumer<byte[], byte[]> member(String group, Object... config) {
        Object[] all = java.util.Arrays.copyOf(config, config.length + 2);
        all[config.length] = "group.protocol";
        all[config.length + 1] = "consumer";
        return consumer(group, all);
    }

    /** A consumer that sees nothing of a transaction before its end, assigned to all partitions of the topic. */
    KafkaConsumer<byte[], byte[]> committedReader(String topic, int partitions) {
        var consumer = consumer(null, "isolation.level", "read_committed");
        consumer.assign(partitions(topic, partitions));
        return consumer;
    }

    /** A producer of transactions that has been initialised. */
    KafkaProducer<byte[], byte[]> transactional(String id, Object... config) {
        Object[] all = java.util.Arrays.copyOf(config, config.length + 2);
        all[config.length] = "transactional.id";
        all[config.length + 1] = id;
        var producer = producer(all);
        producer.initTransactions();
        return producer;
    }

    /** A consumer of a share group, which Kafka lets begin at the end unless the group's own config says otherwise. */
    KafkaShareConsumer<byte[], byte[]> shareConsumer(String group, Object... config) {
        Map<String, Object> settings = settings("group.id", group, "default.api.timeout.ms", 20000);
        put(settings, config);
        return keep(new KafkaShareConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer()));
    }

    /** Sets configs of a resource, as name, value, name, value. */
    void configure(ConfigResource resource, String... pairs) throws Exception {
        List<AlterConfigOp> changes = new ArrayList<>();
        for (int i = 0; i < pairs.length; i += 2) changes.add(new AlterConfigOp(new ConfigEntry(pairs[i], pairs[i + 1]), AlterConfigOp.OpType.SET));
        admin().incrementalAlterConfigs(Map.of(resource, changes)).all().get();
    }

    /** What a client needs to reach the broker, and these settings. */
    Map<String, Object> settings(Object... pairs) {
        Map<String, Object> settings = new HashMap<>(login);
        settings.put("bootstrap.servers", bootstrap);
        put(settings, pairs);
        return settings;
    }

    private static void put(Map<String, Object> settings, Object[] pairs) {
        for (int i = 0; i < pairs.length; i += 2) settings.put((String) pairs[i], pairs[i + 1]);
    }

    <T extends AutoCloseable> T keep(T closeable) {
        open.add(closeable);
        return closeable;
    }

    /** Closes what the case left open; a consumer may be held by the thread of a case that timed out. */
    void close() {
        for (AutoCloseable one : List.copyOf(open)) {
            try {
                if (one instanceof KafkaProducer<?, ?> p) p.close(Duration.ofMillis(500));
                else if (one instanceof KafkaConsumer<?, ?> c) c.close(Duration.ofMillis(500));
                else if (one instanceof KafkaShareConsumer<?, ?> s) s.close(Duration.ofMillis(500));
                else if (one instanceof Admin a) a.close(Duration.ofMillis(500));
                else one.close();
            } catch (Exception e) {
                // The case has been judged already.
            }
        }
    }

    /** The values of the records, as text. */
    static List<String> values(Iterable<ConsumerRecord<byte[], byte[]>> records) {
        List<String> values = new ArrayList<>();
        for (var record : records) values.add(text(record.value()));
        return values;
    }

    /** Nothing comes for a second. */
    static void nothing(KafkaConsumer<byte[], byte[]> consumer, String what) {
        for (int i = 0; i < 5; i++) Suite.same(values(consumer.poll(Duration.ofMillis(200))), List.of(), what);
    }

    static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(byte[] bytes) {
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }

    /** Bytes that do not compress, the same for the same seed. */
    static byte[] noise(int size, long seed) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** Sends values v0, v1 … round robin over the partitions and waits for the acks. */
    List<RecordMetadata> fill(String topic, int partitions, int count, Object... config) throws Exception {
        List<java.util.concurrent.Future<RecordMetadata>> sent = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer = producer(config)) {
            for (int i = 0; i < count; i++) sent.add(producer.send(new ProducerRecord<>(topic, i % partitions, bytes("k" + i), bytes("v" + i))));
            producer.flush();
        }
        List<RecordMetadata> acked = new ArrayList<>();
        for (var one : sent) acked.add(one.get());
        return acked;
    }

    /** Records go through a topic of two partitions and a group. */
    void produceAndConsume() throws Exception {
        String topic = topic(2);
        fill(topic, 2, 100);
        try (var consumer = consumer(name("group"))) {
            consumer.subscribe(List.of(topic));
            Suite.same(take(consumer, 100).size(), 100, "records");
        }
    }

    /** Who is no member of a group that has some cannot commit in its name. */
    void strangerMayNotCommit(String group, TopicPartition partition) throws Exception {
        try (var stranger = consumer(group)) {
            stranger.assign(List.of(partition));
            Suite.fails(CommitFailedException.class, () -> {
                stranger.commitSync(Map.of(partition, new OffsetAndMetadata(3)));
                return null;
            }, "commit of a stranger into a living group");
        }
    }

    /** Polls until so many records have come, or 20 s are over. */
    static List<ConsumerRecord<byte[], byte[]>> take(KafkaConsumer<byte[], byte[]> consumer, int count) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        long end = System.nanoTime() + 20_000_000_000L;
        while (records.size() < count && System.nanoTime() < end) consumer.poll(Duration.ofMillis(200)).forEach(records::add);
        Suite.holds(records.size() >= count, "got " + records.size() + " of " + count + " records");
        return records;
    }

    /** All records of the partitions from the beginning, by manual assignment. */
    List<ConsumerRecord<byte[], byte[]>> readAll(String topic, int partitions, int count, Object... config) {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(null, config)) {
            consumer.assign(partitions(topic, partitions));
            List<ConsumerRecord<byte[], byte[]>> records = take(consumer, count);
            Suite.same(records.size(), count, "records read");
            return records;
        }
    }

    static List<TopicPartition> partitions(String topic, int count) {
        List<TopicPartition> all = new ArrayList<>();
        for (int p = 0; p < count; p++) all.add(new TopicPartition(topic, p));
        return all;
    }

    /** Polls the consumers in turn until the condition holds; fails after 25 s. */
    static List<ConsumerRecord<byte[], byte[]>> pollUntil(BooleanSupplier done, String what, Collection<KafkaConsumer<byte[], byte[]>> consumers) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        long end = System.nanoTime() + 25_000_000_000L;
        while (!done.getAsBoolean()) {
            Suite.holds(System.nanoTime() < end, what + ": not within 25 s");
            for (KafkaConsumer<byte[], byte[]> consumer : consumers) consumer.poll(Duration.ofMillis(50)).forEach(records::add);
        }
        return records;
    }
}
