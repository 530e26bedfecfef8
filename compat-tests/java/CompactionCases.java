import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

/**
 * Topics with cleanup.policy=compact. A broker compacts what it has finished writing, and not the newest segment: after a
 * pause a further record, a filler, begins a new one.
 */
final class CompactionCases {
    private static final int LIMIT = 150;
    private static final String FILLER = "filler";
    private static final AtomicInteger FILLERS = new AtomicInteger();

    static void add(Suite suite) {
        RegistryCases.addCompaction(suite);
        suite.add("compact-keeps-last-value", LIMIT, CompactionCases::lastValue);
        suite.add("compact-offsets-stay", LIMIT, CompactionCases::offsetsStay);
        suite.add("compact-reading-goes-on-in-a-gap", LIMIT, CompactionCases::gap);
        suite.add("compact-tombstone-hides-older-values", LIMIT, CompactionCases::tombstone);
        suite.add("compact-tombstone-goes-in-the-end", LIMIT, CompactionCases::tombstoneGoes);
        suite.add("compact-many-updates", LIMIT, env -> manyUpdates(env, "none"));
        suite.add("compact-compressed-batches", LIMIT, env -> manyUpdates(env, "zstd"));
        suite.add("compact-headers-and-times-stay", LIMIT, CompactionCases::headersAndTimes);
        suite.add("compact-and-delete", LIMIT, CompactionCases::compactAndDelete);
        suite.add("compact-min-lag", LIMIT, CompactionCases::minLag);
        suite.add("compact-aborted-values-never-win", LIMIT, CompactionCases::transactions);
        suite.add("compact-open-transaction-is-left-alone", LIMIT, CompactionCases::openTransaction);
        suite.add("compact-policy-set-later", LIMIT, CompactionCases::policyLater);
        suite.add("compact-keyless-refused", CompactionCases::keyless);
        suite.add("compact-empty-key-is-a-key", LIMIT, CompactionCases::emptyKey);
    }

    private static String topic(Env env, String policy, String... more) throws Exception {
        List<String> configs = new ArrayList<>(List.of("cleanup.policy", policy, "segment.ms", "200", "min.cleanable.dirty.ratio", "0.01"));
        configs.addAll(List.of(more));
        return env.topic(1, configs.toArray(String[]::new));
    }

    private static void put(Env env, String topic, String... pairs) throws Exception {
        try (var producer = env.producer()) {
            for (int i = 0; i < pairs.length; i += 2) producer.send(record(topic, pairs[i], pairs[i + 1]));
            producer.flush();
        }
    }

    private static ProducerRecord<byte[], byte[]> record(String topic, String key, String value) {
        return new ProducerRecord<>(topic, 0, Env.bytes(key), Env.bytes(value));
    }

    /** What is in the log now, from the beginning to the end, without fillers. */
    private static List<ConsumerRecord<byte[], byte[]>> contents(Env env, String topic, Object... config) {
        TopicPartition partition = new TopicPartition(topic, 0);
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        try (var consumer = env.consumer(null, config)) {
            consumer.assign(List.of(partition));
            long end = consumer.endOffsets(Set.of(partition)).get(partition);
            while (consumer.position(partition) < end) {
                for (var record : consumer.poll(java.time.Duration.ofMillis(200))) if (!Env.text(record.key()).startsWith(FILLER)) records.add(record);
            }
        }
        return records;
    }

    private static List<String> pairs(Iterable<ConsumerRecord<byte[], byte[]>> records) {
        List<String> pairs = new ArrayList<>();
        for (var record : records) pairs.add(Env.text(record.key()) + "=" + Env.text(record.value()));
        return pairs;
    }

    /** Writes fillers until the log has these keys and values, and nothing else. */
    private static void awaitPairs(Env env, String topic, List<String> wanted) throws Exception {
        awaitContents(env, topic, records -> pairs(records).equals(wanted), wanted.toString());
    }

    private static void awaitContents(Env env, String topic, java.util.function.Predicate<List<ConsumerRecord<byte[], byte[]>>> done, String what) throws Exception {
        long end = System.nanoTime() + 130_000_000_000L;
        while (true) {
            Thread.sleep(400);
            put(env, topic, FILLER + FILLERS.incrementAndGet(), "x");
            var records = contents(env, topic);
            if (done.test(records)) return;
            Suite.holds(System.nanoTime() < end, "want " + what + ", still " + pairs(records.subList(0, Math.min(20, records.size()))));
        }
    }

    private static void lastValue(Env env) throws Exception {
        String topic = topic(env, "compact");
        put(env, topic, "a", "1", "b", "1", "a", "2", "c", "1", "b", "2", "a", "3");
        awaitPairs(env, topic, List.of("c=1", "b=2", "a=3"));
    }

    private static void offsetsStay(Env env) throws Exception {
        String topic = topic(env, "compact");
        put(env, topic, "a", "1", "b", "1", "a", "2", "b", "2", "c", "1");
        awaitPairs(env, topic, List.of("a=2", "b=2", "c=1"));
        Suite.same(contents(env, topic).stream().map(ConsumerRecord::offset).toList(), List.of(2L, 3L, 4L), "offsets");
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var consumer = env.consumer(null)) {
            Suite.same(consumer.beginningOffsets(Set.of(partition)).get(partition), 0L, "the log still begins at 0");
            Suite.holds(consumer.endOffsets(Set.of(partition)).get(partition) > 5, "its end is after the fillers");
        }
    }

    private static void gap(Env env) throws Exception {
        String topic = topic(env, "compact");
        String group = env.name("group");
        put(env, topic, "a", "1", "a", "2", "a", "3", "a", "4", "b", "1");
        awaitPairs(env, topic, List.of("a=4", "b=1"));
        TopicPartition partition = new TopicPartition(topic, 0);
        env.admin().alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(1))).all().get();
        try (var consumer = env.consumer(group)) {
            consumer.subscribe(List.of(topic));
            Suite.same(Env.take(consumer, 1).get(0).offset(), 3L, "the next record that is there");
        }
    }

    private static void tombstone(Env env) throws Exception {
        String topic = topic(env, "compact", "delete.retention.ms", "3600000");
        put(env, topic, "a", "1", "b", "1", "a", null);
        awaitPairs(env, topic, List.of("b=1", "a=null"));
    }

    private static void tombstoneGoes(Env env) throws Exception {
        String topic = topic(env, "compact", "delete.retention.ms", "100");
        put(env, topic, "a", "1", "b", "1", "a", null);
        awaitPairs(env, topic, List.of("b=1"));
    }

    private static void manyUpdates(Env env, String codec) throws Exception {
        String topic = topic(env, "compact");
        Map<String, String> last = new TreeMap<>();
        try (var producer = env.producer("compression.type", codec, "linger.ms", 20)) {
            for (int i = 0; i < 3000; i++) {
                String key = "k" + i * 7919 % 61;
                producer.send(record(topic, key, "v" + i));
                last.put(key, "v" + i);
            }
        }
        awaitContents(env, topic, records -> records.size() == 61, "61 records");
        Map<String, String> found = new TreeMap<>();
        for (var record : contents(env, topic)) found.put(Env.text(record.key()), Env.text(record.value()));
        Suite.same(found, last, "last values");
    }

    private static void headersAndTimes(Env env) throws Exception {
        String topic = topic(env, "compact");
        long time = System.currentTimeMillis() - 5000;
        try (var producer = env.producer("compression.type", "lz4", "linger.ms", 100)) {
            for (int i = 0; i < 3; i++) {
                var record = new ProducerRecord<>(topic, 0, time + i, Env.bytes("a"), Env.bytes("v" + i));
                record.headers().add("number", Env.bytes("" + i));
                producer.send(record);
            }
            producer.send(new ProducerRecord<>(topic, 0, time + 9, Env.bytes("b"), Env.bytes("w")));
        }
        awaitPairs(env, topic, List.of("a=v2", "b=w"));
        var records = contents(env, topic);
        Suite.same(records.get(0).timestamp(), time + 2, "time");
        Suite.same(Env.text(records.get(0).headers().lastHeader("number").value()), "2", "header");
        Suite.same(records.get(1).timestamp(), time + 9, "time of the other");
    }

    private static void compactAndDelete(Env env) throws Exception {
        String topic = topic(env, "compact,delete");
        put(env, topic, "a", "1", "b", "1", "a", "2");
        awaitPairs(env, topic, List.of("b=1", "a=2"));
    }

    /** What is younger than the lag is left; another topic shows that the cleaner has been at work meanwhile. */
    private static void minLag(Env env) throws Exception {
        String young = topic(env, "compact", "min.compaction.lag.ms", "3600000");
        String other = topic(env, "compact");
        for (String topic : List.of(young, other)) put(env, topic, "a", "1", "a", "2");
        for (int i = 0; i < 2; i++) {
            put(env, young, FILLER + FILLERS.incrementAndGet(), "x");
            put(env, other, "a", "3" + i);
            awaitPairs(env, other, List.of("a=3" + i));
        }
        Suite.same(pairs(contents(env, young)), List.of("a=1", "a=2"), "the young ones");
    }

    private static void end(KafkaProducer<byte[], byte[]> producer, boolean commit, String topic, String... pairs) {
        producer.beginTransaction();
        for (int i = 0; i < pairs.length; i += 2) producer.send(record(topic, pairs[i], pairs[i + 1]));
        producer.flush();
        if (commit) producer.commitTransaction();
        else producer.abortTransaction();
    }

    private static void transactions(Env env) throws Exception {
        String topic = topic(env, "compact");
        var producer = env.transactional(env.name("id"));
        end(producer, true, topic, "a", "1", "b", "1");
        end(producer, false, topic, "a", "aborted", "c", "aborted");
        end(producer, true, topic, "b", "2");
        // To read_uncommitted too: aborted records are removed.
        awaitPairs(env, topic, List.of("a=1", "b=2"));
        Suite.same(pairs(contents(env, topic, "isolation.level", "read_committed")), List.of("a=1", "b=2"), "read_committed");
    }

    private static void openTransaction(Env env) throws Exception {
        String topic = topic(env, "compact");
        String other = topic(env, "compact");
        put(env, topic, "a", "1");
        var producer = env.transactional(env.name("id"));
        producer.beginTransaction();
        producer.send(record(topic, "a", "open"));
        producer.flush();
        put(env, topic, "a", "2", "a", "3");
        put(env, other, "a", "1", "a", "2");
        put(env, topic, FILLER + FILLERS.incrementAndGet(), "x");
        awaitPairs(env, other, List.of("a=2"));
        Suite.same(pairs(contents(env, topic)), List.of("a=1", "a=open", "a=2", "a=3"), "all is there while it is open");
        producer.abortTransaction();
        awaitPairs(env, topic, List.of("a=3"));
    }

    private static void policyLater(Env env) throws Exception {
        String topic = topic(env, "delete");
        put(env, topic, "a", "1", "a", "2");
        for (int i = 0; i < 2; i++) {
            Thread.sleep(300);
            put(env, topic, FILLER + FILLERS.incrementAndGet(), "x");
        }
        Suite.same(pairs(contents(env, topic)), List.of("a=1", "a=2"), "nothing is compacted yet");
        env.configure(new ConfigResource(ConfigResource.Type.TOPIC, topic), "cleanup.policy", "compact");
        awaitPairs(env, topic, List.of("a=2"));
    }

    private static void keyless(Env env) throws Exception {
        String topic = topic(env, "compact");
        try (var producer = env.producer()) {
            Suite.fails(InvalidRecordException.class, () -> producer.send(new ProducerRecord<>(topic, 0, null, Env.bytes("x"))).get(), "a record without a key");
            producer.send(record(topic, "k", "x")).get();
        }
        Map<String, String> found = new HashMap<>();
        for (var record : contents(env, topic)) found.put(Env.text(record.key()), Env.text(record.value()));
        Suite.same(found, Map.of("k", "x"), "only the one with a key");
    }

    private static void emptyKey(Env env) throws Exception {
        String topic = topic(env, "compact");
        put(env, topic, "", "1", "k", "1", "", "2");
        awaitPairs(env, topic, List.of("k=1", "=2"));
    }
}
