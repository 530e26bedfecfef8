import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

final class ConsumeCases {
    static void add(Suite suite) {
        suite.add("consume-from-beginning", ConsumeCases::fromBeginning);
        suite.add("consume-latest", ConsumeCases::latest);
        suite.add("consume-reset-none", ConsumeCases::resetNone);
        suite.add("consume-out-of-range", ConsumeCases::outOfRange);
        suite.add("consume-seek", ConsumeCases::seek);
        suite.add("consume-offsets-for-times", ConsumeCases::offsetsForTimes);
        suite.add("consume-seek-by-time-compressed", ConsumeCases::seekByTimeInsideBatch);
        suite.add("consume-beginning-end-offsets", ConsumeCases::beginningEnd);
        suite.add("consume-pause-resume", ConsumeCases::pauseResume);
        suite.add("consume-small-fetches", ConsumeCases::smallFetches);
        suite.add("consume-waits-for-data", ConsumeCases::waitsForData);
        suite.add("consume-min-bytes", ConsumeCases::minBytes);
        suite.add("consume-read-committed", env -> fromBeginning(env, "isolation.level", "read_committed"));
        suite.add("consume-pattern", ConsumeCases::pattern);
        suite.add("consume-many-topics", ConsumeCases::manyTopics);
        suite.add("consume-from-middle-of-batch", ConsumeCases::middleOfBatch);
        suite.add("consume-lag", ConsumeCases::lag);
        suite.add("consume-partitions-for", ConsumeCases::partitionsFor);
    }

    private static void fromBeginning(Env env, Object... config) throws Exception {
        String topic = env.topic(3);
        env.fill(topic, 3, 300);
        try (var consumer = env.consumer(env.name("group"), config)) {
            consumer.subscribe(List.of(topic));
            Set<String> values = new HashSet<>();
            for (var record : Env.take(consumer, 300)) values.add(Env.text(record.value()));
            Suite.same(values.size(), 300, "different values");
        }
    }

    private static void latest(Env env) throws Exception {
        String topic = env.topic(1);
        env.fill(topic, 1, 10);
        try (var consumer = env.consumer(env.name("group"), "auto.offset.reset", "latest")) {
            consumer.subscribe(List.of(topic));
            Env.pollUntil(() -> !consumer.assignment().isEmpty(), "assignment", List.of(consumer));
            Suite.same(consumer.position(new TopicPartition(topic, 0)), 10L, "position");
            env.fill(topic, 1, 5);
            Suite.same(Env.take(consumer, 5).get(0).offset(), 10L, "first offset");
        }
    }

    private static void resetNone(Env env) throws Exception {
        String topic = env.topic(1);
        try (var consumer = env.consumer(env.name("group"), "auto.offset.reset", "none")) {
            consumer.assign(Env.partitions(topic, 1));
            Suite.fails(NoOffsetForPartitionException.class, () -> consumer.poll(Duration.ofSeconds(5)), "poll without an offset");
        }
    }

    private static void outOfRange(Env env) throws Exception {
        String topic = env.topic(1);
        env.fill(topic, 1, 10);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var consumer = env.consumer(null, "auto.offset.reset", "none")) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, 1000);
            Suite.fails(OffsetOutOfRangeException.class, () -> Env.take(consumer, 1), "poll beyond the end");
        }
        try (var consumer = env.consumer(null)) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, 1000);
            Suite.same(Env.take(consumer, 10).get(0).offset(), 0L, "reset to the beginning");
        }
    }

    private static void seek(Env env) throws Exception {
        String topic = env.topic(1);
        env.fill(topic, 1, 100);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var consumer = env.consumer(null)) {
            consumer.assign(List.of(partition));
            for (long offset : new long[] {50, 99, 0, 7}) {
                consumer.seek(partition, offset);
                Suite.same(Env.take(consumer, 1).get(0).offset(), offset, "first after the seek");
            }
            consumer.seekToEnd(List.of(partition));
            Suite.same(consumer.position(partition), 100L, "end");
            consumer.seekToBeginning(List.of(partition));
            Suite.same(consumer.position(partition), 0L, "beginning");
        }
    }

    private static String timed(Env env, int count, Object... config) throws Exception {
        String topic = env.topic(1);
        try (var producer = env.producer(config)) {
            for (int i = 0; i < count; i++) producer.send(new ProducerRecord<>(topic, 0, 1_700_000_000_000L + i * 1000L, null, Env.bytes("v" + i)));
        }
        return topic;
    }

    private static void offsetsForTimes(Env env) throws Exception {
        String topic = timed(env, 100, "batch.size", 200);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var consumer = env.consumer(null)) {
            Map<Long, Long> wanted = Map.of(0L, 0L, 1_700_000_000_000L, 0L, 1_700_000_000_001L, 1L, 1_700_000_050_000L, 50L, 1_700_000_099_000L, 99L);
            for (var entry : wanted.entrySet()) {
                var found = consumer.offsetsForTimes(Map.of(partition, entry.getKey())).get(partition);
                Suite.same(found.offset(), entry.getValue(), "offset for " + entry.getKey());
                Suite.same(found.timestamp(), 1_700_000_000_000L + entry.getValue() * 1000, "time of that record");
            }
            Suite.same(consumer.offsetsForTimes(Map.of(partition, 1_700_000_099_001L)).get(partition), null, "after the last record");
        }
    }

    /** The record itself is found, not the start of the compressed batch that holds it. */
    private static void seekByTimeInsideBatch(Env env) throws Exception {
        String topic = timed(env, 100, "batch.size", 100_000, "linger.ms", 200, "compression.type", "zstd");
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var consumer = env.consumer(null)) {
            consumer.assign(List.of(partition));
            var found = consumer.offsetsForTimes(Map.of(partition, 1_700_000_041_500L)).get(partition);
            Suite.same(found.offset(), 42L, "offset");
            consumer.seek(partition, found.offset());
            Suite.same(Env.text(Env.take(consumer, 1).get(0).value()), "v42", "record there");
        }
    }

    private static void beginningEnd(Env env) throws Exception {
        String topic = env.topic(3);
        env.fill(topic, 3, 31);
        try (var consumer = env.consumer(null)) {
            Map<TopicPartition, Long> ends = new HashMap<>();
            for (int p = 0; p < 3; p++) ends.put(new TopicPartition(topic, p), p == 0 ? 11L : 10L);
            Suite.same(consumer.endOffsets(ends.keySet()), ends, "ends");
            Suite.same(new HashSet<>(consumer.beginningOffsets(ends.keySet()).values()), Set.of(0L), "beginnings");
        }
    }

    private static void pauseResume(Env env) throws Exception {
        String topic = env.topic(2);
        env.fill(topic, 2, 200);
        List<TopicPartition> both = Env.partitions(topic, 2);
        try (var consumer = env.consumer(null)) {
            consumer.assign(both);
            consumer.pause(List.of(both.get(0)));
            for (var record : Env.take(consumer, 100)) Suite.same(record.partition(), 1, "only the other partition");
            for (int i = 0; i < 3; i++) Suite.holds(consumer.poll(Duration.ofMillis(200)).isEmpty(), "paused");
            consumer.resume(List.of(both.get(0)));
            for (var record : Env.take(consumer, 100)) Suite.same(record.partition(), 0, "the resumed partition");
        }
    }

    /** Limits smaller than a batch still give a whole batch, and nothing is lost or doubled. */
    private static void smallFetches(Env env) throws Exception {
        String topic = env.topic(2);
        env.fill(topic, 2, 500, "batch.size", 2000, "linger.ms", 20);
        Map<Integer, Long> next = new HashMap<>();
        for (var record : env.readAll(topic, 2, 500, "fetch.max.bytes", 1, "max.partition.fetch.bytes", 1, "max.poll.records", 7)) {
            Suite.same(record.offset(), next.merge(record.partition(), 1L, Long::sum) - 1, "offset in order");
        }
    }

    /** A fetch that may wait for 20 s is answered when a record comes. */
    private static void waitsForData(Env env) throws Exception {
        String topic = env.topic(1);
        var timer = Executors.newSingleThreadScheduledExecutor();
        try (var consumer = env.consumer(null, "fetch.max.wait.ms", 20000); var producer = env.producer()) {
            consumer.assign(Env.partitions(topic, 1));
            consumer.poll(Duration.ofMillis(500));
            long began = System.nanoTime();
            timer.schedule(() -> producer.send(new ProducerRecord<>(topic, Env.bytes("x"))), 500, TimeUnit.MILLISECONDS);
            Env.take(consumer, 1);
            Suite.holds(System.nanoTime() - began < 10_000_000_000L, "the waiting fetch was not woken");
            // The next fetch waits already; closing would wait for it.
            consumer.close(CloseOptions.timeout(Duration.ofMillis(200)));
        } finally {
            timer.shutdown();
        }
    }

    /** With a large fetch.min.bytes what is there comes when fetch.max.wait.ms is over. */
    private static void minBytes(Env env) throws Exception {
        String topic = env.topic(1);
        env.fill(topic, 1, 10);
        Suite.same(env.readAll(topic, 1, 10, "fetch.min.bytes", 10_000_000, "fetch.max.wait.ms", 700).size(), 10, "records");
    }

    private static void pattern(Env env) throws Exception {
        String one = env.topic(1);
        String two = env.topic(1);
        env.fill(one, 1, 5);
        env.fill(two, 1, 5);
        try (var consumer = env.consumer(env.name("group"))) {
            consumer.subscribe(Pattern.compile(Pattern.quote(one) + "|" + Pattern.quote(two)));
            Suite.same(Env.take(consumer, 10).size(), 10, "records of both topics");
        }
    }

    private static void manyTopics(Env env) throws Exception {
        List<TopicPartition> all = new java.util.ArrayList<>();
        for (int t = 0; t < 20; t++) {
            String topic = env.topic(2);
            env.fill(topic, 2, 20);
            all.addAll(Env.partitions(topic, 2));
        }
        try (var consumer = env.consumer(null)) {
            consumer.assign(all);
            Suite.same(Env.take(consumer, 400).size(), 400, "records of 20 topics");
            // The fetch session shrinks and grows with the assignment.
            consumer.assign(all.subList(0, 3));
            consumer.seekToBeginning(all.subList(0, 3));
            Suite.same(Env.take(consumer, 30).size(), 30, "records of three partitions");
            consumer.assign(all);
            consumer.seekToBeginning(all);
            Suite.same(Env.take(consumer, 400).size(), 400, "records of 20 topics again");
        }
    }

    private static void middleOfBatch(Env env) throws Exception {
        String topic = env.topic(1);
        env.fill(topic, 1, 100, "linger.ms", 200, "batch.size", 100_000, "compression.type", "gzip");
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var consumer = env.consumer(null)) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, 63);
            var records = Env.take(consumer, 37);
            Suite.same(records.get(0).offset(), 63L, "first");
            Suite.same(records.size(), 37, "records");
        }
    }

    private static void lag(Env env) throws Exception {
        String topic = env.topic(1);
        env.fill(topic, 1, 100);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var consumer = env.consumer(null, "max.poll.records", 10)) {
            consumer.assign(List.of(partition));
            Env.take(consumer, 10);
            Suite.same(consumer.currentLag(partition).orElse(-1), 90L, "lag");
        }
    }

    private static void partitionsFor(Env env) throws Exception {
        String topic = env.topic(5);
        try (var consumer = env.consumer(null)) {
            var partitions = consumer.partitionsFor(topic);
            Suite.same(partitions.size(), 5, "partitions");
            for (var partition : partitions) Suite.holds(partition.leader() != null && partition.inSyncReplicas().length == 1, "leader of " + partition);
            Suite.holds(consumer.listTopics().containsKey(topic), "listed");
        }
    }
}
