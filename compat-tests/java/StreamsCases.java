import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.processor.StateRestoreListener;
import org.apache.kafka.streams.state.KeyValueStore;

final class StreamsCases {
    private static final int LIMIT = 90;

    static void add(Suite suite) {
        suite.add("streams-word-count-at-least-once", LIMIT, env -> wordCount(env, "at_least_once"));
        suite.add("streams-word-count-exactly-once", LIMIT, env -> wordCount(env, "exactly_once_v2"));
        suite.add("streams-exactly-once-over-restarts", LIMIT, StreamsCases::restarts);
        suite.add("streams-state-restored-from-changelog", LIMIT, StreamsCases::restored);
        suite.add("streams-two-instances", LIMIT, env -> twoInstances(env, "classic"));
        suite.add("streams-internal-topics", LIMIT, StreamsCases::internalTopics);
        suite.add("streams-repartition-topic-is-purged", LIMIT, StreamsCases::purged);
        suite.add("streams-join-with-a-table", LIMIT, StreamsCases::join);
        suite.add("streams-windows", LIMIT, StreamsCases::windows);
        suite.add("streams-new-protocol-word-count", LIMIT, env -> wordCount(env, "at_least_once", "group.protocol", "streams"));
        suite.add("streams-new-protocol-exactly-once", LIMIT, env -> wordCount(env, "exactly_once_v2", "group.protocol", "streams"));
        suite.add("streams-new-protocol-two-instances", LIMIT, env -> twoInstances(env, "streams"));
        suite.add("streams-new-protocol-admin", LIMIT, StreamsCases::admin);
    }

    /** An application of streams: its topics, and what it needs to run once or more. */
    private static final class App {
        final Env env;
        final String id;
        final String input;
        final String output;
        final Properties settings = new Properties();
        final AtomicLong restored = new AtomicLong();
        private final List<KafkaStreams> running = new ArrayList<>();

        App(Env env, String... more) throws Exception {
            this.env = env;
            this.id = env.name("app");
            this.input = env.topic(2);
            this.output = env.topic(2);
            settings.putAll(env.settings());
            settings.put("application.id", id);
            settings.put("commit.interval.ms", "200");
            settings.put("statestore.cache.max.bytes", "0");
            settings.put("default.key.serde", Serdes.StringSerde.class.getName());
            settings.put("default.value.serde", Serdes.StringSerde.class.getName());
            settings.put("auto.offset.reset", "earliest");
            settings.put("repartition.purge.interval.ms", "500");
            if (!List.of(more).contains("streams")) settings.put("session.timeout.ms", "6000");
            for (int i = 0; i < more.length; i += 2) settings.put(more[i], more[i + 1]);
        }

        KafkaStreams start(Topology topology) throws Exception {
            Path folder = Files.createTempDirectory("quarry-streams");
            env.keep(() -> remove(folder));
            Properties own = new Properties();
            own.putAll(settings);
            own.put("state.dir", folder.toString());
            KafkaStreams streams = new KafkaStreams(topology, own);
            streams.setGlobalStateRestoreListener(new StateRestoreListener() {
                public void onRestoreStart(TopicPartition partition, String store, long from, long to) {}

                public void onBatchRestored(TopicPartition partition, String store, long end, long count) {
                    restored.addAndGet(count);
                }

                public void onRestoreEnd(TopicPartition partition, String store, long total) {}
            });
            running.add(streams);
            env.keep(() -> streams.close(Duration.ofSeconds(2)));
            streams.start();
            Suite.eventually(60, () -> streams.state() == KafkaStreams.State.RUNNING, "running");
            return streams;
        }

        void write(String... lines) throws Exception {
            try (var producer = env.producer()) {
                for (int i = 0; i < lines.length; i++) producer.send(new ProducerRecord<>(input, i % 2, Env.bytes("line"), Env.bytes(lines[i])));
                producer.flush();
            }
        }

        /** Waits until the newest value of each key of the output is the one wanted. */
        void await(Map<String, Long> wanted) throws Exception {
            Map<String, Long> found = new TreeMap<>();
            try (var consumer = env.consumer(null, "isolation.level", "read_committed"); var longs = new LongDeserializer()) {
                consumer.assign(Env.partitions(output, 2));
                long end = System.nanoTime() + 60_000_000_000L;
                while (!found.equals(wanted)) {
                    Suite.holds(System.nanoTime() < end, "want " + wanted + ", got " + found);
                    for (var record : consumer.poll(Duration.ofMillis(200))) found.put(Env.text(record.key()), longs.deserialize(output, record.value()));
                }
            }
        }

        private static void remove(Path folder) throws IOException {
            try (var paths = Files.walk(folder)) {
                for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(path);
            }
        }
    }

    private static Topology counting(App app) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.<String, String>stream(app.input).flatMapValues(line -> Arrays.asList(line.split(" "))).groupBy((key, word) -> word)
            .count(Materialized.<String, Long, KeyValueStore<Bytes, byte[]>>as("counts")).toStream().to(app.output, Produced.with(Serdes.String(), Serdes.Long()));
        return builder.build();
    }

    private static void wordCount(Env env, String guarantee, String... more) throws Exception {
        App app = new App(env, more);
        app.settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee);
        app.write("to be or", "not to be", "to do is to be");
        app.start(counting(app));
        app.await(Map.of("to", 4L, "be", 3L, "or", 1L, "not", 1L, "do", 1L, "is", 1L));
        app.write("or not");
        app.await(Map.of("to", 4L, "be", 3L, "or", 2L, "not", 2L, "do", 1L, "is", 1L));
    }

    /** Instances that are closed at once, in the middle of work, count every word exactly once together. */
    private static void restarts(Env env) throws Exception {
        App app = new App(env, StreamsConfig.PROCESSING_GUARANTEE_CONFIG, "exactly_once_v2");
        String[] lines = new String[400];
        Arrays.fill(lines, "one two two");
        app.write(lines);
        for (int life = 0; life < 2; life++) {
            var streams = app.start(counting(app));
            Thread.sleep(700);
            streams.close(Duration.ZERO);
        }
        app.start(counting(app));
        app.write("one");
        app.await(Map.of("one", 401L, "two", 800L));
        // Each update of a count is written once: the values of a key go up by one.
        Map<String, Long> last = new HashMap<>();
        try (var longs = new LongDeserializer()) {
            for (var record : env.readAll(app.output, 2, 1201, "isolation.level", "read_committed")) {
                long count = longs.deserialize(app.output, record.value());
                Suite.same(count, last.getOrDefault(Env.text(record.key()), 0L) + 1, "next count of " + Env.text(record.key()));
                last.put(Env.text(record.key()), count);
            }
        }
    }

    private static void restored(Env env) throws Exception {
        App app = new App(env);
        app.write("a b b", "a b");
        var first = app.start(counting(app));
        app.await(Map.of("a", 2L, "b", 3L));
        first.close(Duration.ofSeconds(20));
        Suite.same(app.restored.get(), 0L, "nothing to restore at first");
        // The next instance has a folder of its own, which is empty.
        app.start(counting(app));
        app.write("a");
        app.await(Map.of("a", 3L, "b", 3L));
        Suite.holds(app.restored.get() >= 2, "restored " + app.restored.get());
    }

    private static void twoInstances(Env env, String protocol) throws Exception {
        App app = new App(env, "group.protocol", protocol);
        app.write("x y", "y z");
        var one = app.start(counting(app));
        var two = app.start(counting(app));
        Suite.eventually(60, () -> tasks(one) > 0 && tasks(two) > 0 && tasks(one) + tasks(two) == 4, "both have tasks");
        app.write("x y", "z");
        app.await(Map.of("x", 2L, "y", 3L, "z", 2L));
        one.close(Duration.ofSeconds(20));
        Suite.eventually(60, () -> tasks(two) == 4, "the one that stays has all");
        app.write("x");
        app.await(Map.of("x", 3L, "y", 3L, "z", 2L));
    }

    private static int tasks(KafkaStreams streams) {
        return streams.metadataForLocalThreads().stream().mapToInt(thread -> thread.activeTasks().size()).sum();
    }

    private static String config(Env env, String topic, String name) throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        return env.admin().describeConfigs(List.of(resource)).all().get().get(resource).get(name).value();
    }

    private static void internalTopics(Env env) throws Exception {
        App app = new App(env);
        app.write("a");
        app.start(counting(app));
        app.await(Map.of("a", 1L));
        Set<String> names = env.admin().listTopics().names().get();
        String changelog = app.id + "-counts-changelog";
        String repartition = app.id + "-counts-repartition";
        Suite.holds(names.containsAll(Set.of(changelog, repartition)), "internal topics in " + names.stream().filter(name -> name.startsWith(app.id)).toList());
        Suite.same(config(env, changelog, "cleanup.policy"), "compact", "changelog");
        Suite.same(config(env, repartition, "cleanup.policy"), "delete", "repartition topic");
        Suite.same(config(env, repartition, "retention.ms"), "-1", "its retention");
        Suite.same(env.admin().describeTopics(List.of(changelog)).allTopicNames().get().get(changelog).partitions().size(), 2, "partitions");
    }

    /** What has been consumed of a repartition topic is deleted by the application. */
    private static void purged(Env env) throws Exception {
        App app = new App(env);
        app.start(counting(app));
        app.write("a a a a a a a a");
        app.await(Map.of("a", 8L));
        List<TopicPartition> partitions = Env.partitions(app.id + "-counts-repartition", 2);
        Map<TopicPartition, OffsetSpec> earliest = new HashMap<>();
        for (var partition : partitions) earliest.put(partition, OffsetSpec.earliest());
        Suite.eventually(30, () -> {
            long begin = 0;
            for (var found : env.admin().listOffsets(earliest).all().get().values()) begin += found.offset();
            return begin == 8;
        }, "all eight are deleted");
    }

    private static void join(Env env) throws Exception {
        App app = new App(env);
        String prices = env.topic(2);
        try (var producer = env.producer()) {
            producer.send(new ProducerRecord<>(prices, 0, Env.bytes("apple"), Env.bytes("3")));
            producer.send(new ProducerRecord<>(prices, 0, Env.bytes("pear"), Env.bytes("4")));
        }
        StreamsBuilder builder = new StreamsBuilder();
        var table = builder.<String, String>globalTable(prices);
        builder.<String, String>stream(app.input).join(table, (key, fruit) -> fruit, (fruit, price) -> fruit + " " + price).groupBy((key, sale) -> sale.split(" ")[0])
            .aggregate(() -> 0L, (fruit, sale, sum) -> sum + Long.parseLong(sale.split(" ")[1]), Materialized.with(Serdes.String(), Serdes.Long()))
            .toStream().to(app.output, Produced.with(Serdes.String(), Serdes.Long()));
        app.start(builder.build());
        app.write("apple", "pear", "apple", "plum");
        app.await(Map.of("apple", 6L, "pear", 4L));
    }

    private static void windows(Env env) throws Exception {
        App app = new App(env);
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(app.input, Consumed.with(Serdes.String(), Serdes.String())).groupBy((key, word) -> word, Grouped.with(Serdes.String(), Serdes.String()))
            .windowedBy(TimeWindows.ofSizeWithNoGrace(Duration.ofSeconds(10))).count().toStream((window, count) -> window.key() + "@" + window.window().start())
            .to(app.output, Produced.with(Serdes.String(), Serdes.Long()));
        app.start(builder.build());
        try (var producer = env.producer()) {
            for (long time : new long[] {1_000, 9_999, 10_000, 12_000, 29_000}) producer.send(new ProducerRecord<>(app.input, 0, 1_700_000_000_000L + time, Env.bytes("k"), Env.bytes("w")));
        }
        app.await(Map.of("w@1700000000000", 2L, "w@1700000010000", 2L, "w@1700000020000", 1L));
        Suite.same(config(env, app.id + "-KSTREAM-AGGREGATE-STATE-STORE-0000000002-changelog", "cleanup.policy"), "compact,delete", "a windowed changelog");
    }

    private static void admin(Env env) throws Exception {
        App app = new App(env, "group.protocol", "streams");
        app.write("a b");
        var streams = app.start(counting(app));
        app.await(Map.of("a", 1L, "b", 1L));
        Suite.holds(env.admin().listGroups(ListGroupsOptions.forStreamsGroups()).all().get().stream().anyMatch(one -> one.groupId().equals(app.id)), "listed");
        var found = env.admin().describeStreamsGroups(List.of(app.id)).all().get().get(app.id);
        Suite.same(found.groupState(), GroupState.STABLE, "state");
        Suite.same(found.subtopologies().size(), 2, "subtopologies");
        Suite.same(found.members().size(), 1, "members");
        Suite.eventually(() -> env.admin().listStreamsGroupOffsets(Map.of(app.id, new org.apache.kafka.clients.admin.ListStreamsGroupOffsetsSpec())).all().get().get(app.id).get(new TopicPartition(app.input, 0)) != null, "committed offsets");
        streams.close(new KafkaStreams.CloseOptions().leaveGroup(true).timeout(Duration.ofSeconds(20)));
        Suite.eventually(() -> env.admin().describeStreamsGroups(List.of(app.id)).all().get().get(app.id).groupState() == GroupState.EMPTY, "empty");
        env.admin().deleteStreamsGroups(List.of(app.id)).all().get();
        Suite.holds(env.admin().listGroups().all().get().stream().noneMatch(one -> one.groupId().equals(app.id)), "deleted");
    }
}
