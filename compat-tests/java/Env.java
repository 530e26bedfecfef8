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
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** What a case works with: clients of the broker under test, and names of its own. */
final class Env {
    private static final AtomicInteger NAMES = new AtomicInteger();
    final String bootstrap;
    private final String prefix;
    private final List<AutoCloseable> open = Collections.synchronizedList(new ArrayList<>());
    private Admin admin;

    Env(String bootstrap, String prefix) {
        this.bootstrap = bootstrap;
        this.prefix = prefix;
    }

    String name(String what) {
        return prefix + what + NAMES.incrementAndGet();
    }

    synchronized Admin admin() {
        if (admin == null) admin = keep(Admin.create(Map.of("bootstrap.servers", bootstrap, "request.timeout.ms", 15000, "default.api.timeout.ms", 20000)));
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
        Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", bootstrap, "delivery.timeout.ms", 20000, "request.timeout.ms", 10000, "max.block.ms", 15000));
        put(settings, config);
        return keep(new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer()));
    }

    /** A consumer that reads from the beginning and does not commit by itself; group may be null. */
    KafkaConsumer<byte[], byte[]> consumer(String group, Object... config) {
        Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", bootstrap, "auto.offset.reset", "earliest", "enable.auto.commit", false,
            "heartbeat.interval.ms", 500, "session.timeout.ms", 10000, "default.api.timeout.ms", 20000));
        if (group != null) settings.put("group.id", group);
        put(settings, config);
        return keep(new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer()));
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
                else if (one instanceof Admin a) a.close(Duration.ofMillis(500));
                else one.close();
            } catch (Exception e) {
                // The case has been judged already.
            }
        }
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
