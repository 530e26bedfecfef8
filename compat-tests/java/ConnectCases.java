import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.connect.cli.ConnectDistributed;
import org.apache.kafka.connect.runtime.Connect;

/** Kafka Connect in distributed mode, in this process, spoken to by its REST interface; the connectors are those for files. */
final class ConnectCases {
    private static final int LIMIT = 90;
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    static void add(Suite suite) {
        suite.add("connect-file-to-topic-to-file", LIMIT, ConnectCases::fileToFile);
        suite.add("connect-restarted-worker-resumes", LIMIT, ConnectCases::restart);
        suite.add("connect-internal-topics-are-compacted", LIMIT, ConnectCases::internalTopics);
        suite.add("connect-two-workers", LIMIT, ConnectCases::twoWorkers);
        suite.add("connect-exactly-once-source", LIMIT, ConnectCases::exactlyOnce);
        suite.add("connect-offsets-reset", LIMIT, ConnectCases::offsetsReset);
        suite.add("connect-mirror", 150, ConnectCases::mirror);
    }

    /** A cluster of workers: what its workers share, and a folder with the files of its connectors. */
    private static final class Cluster {
        final Env env;
        final String id;
        final String topic;
        final Path source;
        final Path sink;
        private final Map<String, String> settings = new HashMap<>();

        Cluster(Env env, String... more) throws Exception {
            this.env = env;
            this.id = env.name("connect");
            this.topic = env.topic(1);
            Path folder = Files.createTempDirectory("quarry-connect");
            this.source = folder.resolve("source.txt");
            this.sink = folder.resolve("sink.txt");
            env.keep(() -> {
                for (Path file : List.of(source, sink, folder)) Files.deleteIfExists(file);
            });
            env.settings().forEach((name, value) -> settings.put(name, value.toString()));
            settings.putAll(Map.of("group.id", id, "config.storage.topic", id + "-configs", "offset.storage.topic", id + "-offsets", "status.storage.topic", id + "-status",
                "offset.storage.partitions", "2", "status.storage.partitions", "2", "listeners", "http://127.0.0.1:0", "plugin.discovery", "service_load", "offset.flush.interval.ms", "500"));
            for (String name : List.of("config", "offset", "status")) settings.put(name + ".storage.replication.factor", "1");
            for (String name : List.of("key.converter", "value.converter")) settings.put(name, "org.apache.kafka.connect.storage.StringConverter");
            settings.put("scheduled.rebalance.max.delay.ms", "0");
            for (int i = 0; i < more.length; i += 2) settings.put(more[i], more[i + 1]);
        }

        Connect<?> worker() {
            Connect<?> worker = new ConnectDistributed().startConnect(settings);
            env.keep(worker::stop);
            return worker;
        }

        void append(String... lines) throws Exception {
            Files.writeString(source, String.join("\n", lines) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }

        void startSource(Connect<?> worker) throws Exception {
            put(worker, "source", "\"connector.class\":\"org.apache.kafka.connect.file.FileStreamSourceConnector\",\"topic\":\"" + topic + "\",\"file\":\"" + source + "\"");
        }

        void startSink(Connect<?> worker) throws Exception {
            put(worker, "sink", "\"connector.class\":\"org.apache.kafka.connect.file.FileStreamSinkConnector\",\"topics\":\"" + topic + "\",\"file\":\"" + sink + "\",\"consumer.override.metadata.max.age.ms\":\"1000\"");
        }

        private void put(Connect<?> worker, String name, String config) throws Exception {
            // The worker refuses with 409 while its group rebalances.
            Suite.eventually(40, () -> {
                int status = ask(worker, "PUT", "/connectors/" + name + "/config", "{" + config + ",\"tasks.max\":\"1\"}").statusCode();
                return status == 201 || status == 200;
            }, "connector " + name + " is made");
            Suite.eventually(40, () -> state(worker, name).contains("\"tasks\":[{\"id\":0,\"state\":\"RUNNING\""), "the task of " + name + " runs");
        }

        void awaitSink(String... lines) throws Exception {
            Suite.eventually(40, () -> Files.exists(sink) && Files.readAllLines(sink).size() >= lines.length, lines.length + " lines in the sink");
            Suite.same(Files.readAllLines(sink), List.of(lines), "lines");
        }
    }

    private static HttpResponse<String> ask(Connect<?> worker, String method, String path, String body) throws Exception {
        var url = URI.create(worker.rest().advertisedUrl().toString().replaceAll("/$", "") + path);
        var request = HttpRequest.newBuilder(url).header("Content-Type", "application/json").method(method, HttpRequest.BodyPublishers.ofString(body)).build();
        return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private static String state(Connect<?> worker, String connector) throws Exception {
        return ask(worker, "GET", "/connectors/" + connector + "/status", "").body();
    }

    private static void fileToFile(Env env) throws Exception {
        Cluster cluster = new Cluster(env);
        var worker = cluster.worker();
        cluster.append("one", "two");
        cluster.startSource(worker);
        cluster.startSink(worker);
        cluster.awaitSink("one", "two");
        cluster.append("three");
        cluster.awaitSink("one", "two", "three");
        Suite.same(Env.values(env.readAll(cluster.topic, 1, 3)), List.of("one", "two", "three"), "in the topic");
    }

    private static void restart(Env env) throws Exception {
        Cluster cluster = new Cluster(env);
        var first = cluster.worker();
        cluster.append("one", "two");
        cluster.startSource(first);
        cluster.startSink(first);
        cluster.awaitSink("one", "two");
        first.stop();
        first.awaitStop();
        cluster.append("three");
        // Nobody tells the new worker of the connectors: it reads them from the topic.
        var second = cluster.worker();
        cluster.awaitSink("one", "two", "three");
        Suite.holds(ask(second, "GET", "/connectors", "").body().contains("source"), "connectors of the new worker");
    }

    private static void internalTopics(Env env) throws Exception {
        Cluster cluster = new Cluster(env);
        var worker = cluster.worker();
        cluster.append("x");
        cluster.startSource(worker);
        Map<String, Integer> wanted = Map.of("-configs", 1, "-offsets", 2, "-status", 2);
        for (var entry : wanted.entrySet()) {
            String name = cluster.id + entry.getKey();
            var resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
            Suite.same(env.admin().describeConfigs(List.of(resource)).all().get().get(resource).get("cleanup.policy").value(), "compact", name);
            Suite.same(env.admin().describeTopics(List.of(name)).allTopicNames().get().get(name).partitions().size(), entry.getValue(), "partitions of " + name);
        }
    }

    private static void twoWorkers(Env env) throws Exception {
        Cluster cluster = new Cluster(env);
        var one = cluster.worker();
        var two = cluster.worker();
        cluster.append("one");
        cluster.startSource(one);
        cluster.startSink(two);
        cluster.awaitSink("one");
        one.stop();
        one.awaitStop();
        cluster.append("two");
        cluster.awaitSink("one", "two");
    }

    /** Records and source offsets are written in one transaction; workers fence the producers of earlier ones. */
    private static void exactlyOnce(Env env) throws Exception {
        Cluster cluster = new Cluster(env, "exactly.once.source.support", "enabled");
        var first = cluster.worker();
        cluster.append("one", "two");
        cluster.startSource(first);
        Suite.same(Env.values(env.readAll(cluster.topic, 1, 2, "isolation.level", "read_committed")), List.of("one", "two"), "in the topic");
        first.stop();
        first.awaitStop();
        cluster.append("three");
        cluster.worker();
        Suite.same(Env.values(env.readAll(cluster.topic, 1, 3, "isolation.level", "read_committed")), List.of("one", "two", "three"), "each line once");
    }

    private static void offsetsReset(Env env) throws Exception {
        Cluster cluster = new Cluster(env);
        var worker = cluster.worker();
        cluster.append("one", "two");
        cluster.startSource(worker);
        cluster.startSink(worker);
        cluster.awaitSink("one", "two");
        Suite.eventually(() -> ask(worker, "GET", "/connectors/sink/offsets", "").body().contains("\"kafka_offset\":2"), "the sink's offset");
        Suite.same(ask(worker, "PUT", "/connectors/sink/stop", "").statusCode(), 204, "stop the sink");
        Suite.eventually(() -> state(worker, "sink").contains("STOPPED") && ask(worker, "DELETE", "/connectors/sink/offsets", "").statusCode() == 200, "its offsets are reset");
        Files.delete(cluster.sink);
        Suite.same(ask(worker, "PUT", "/connectors/sink/resume", "").statusCode(), 202, "resume");
        cluster.awaitSink("one", "two");
    }

    /** MirrorMaker 2 copies topics with their configs, and the offsets of groups; here a broker is mirrored to itself. */
    private static void mirror(Env env) throws Exception {
        Cluster cluster = new Cluster(env);
        String group = env.name("group");
        String copy = "src." + cluster.topic;
        TopicPartition partition = new TopicPartition(copy, 0);
        env.fill(cluster.topic, 1, 100);
        env.configure(new ConfigResource(ConfigResource.Type.TOPIC, cluster.topic), "retention.ms", "123456789");
        env.admin().alterConsumerGroupOffsets(group, Map.of(new TopicPartition(cluster.topic, 0), new OffsetAndMetadata(40))).all().get();
        Map<String, String> settings = new HashMap<>(Map.of("source.cluster.alias", "src", "target.cluster.alias", "dst", "source.cluster.bootstrap.servers", env.bootstrap,
            "target.cluster.bootstrap.servers", env.bootstrap, "topics", cluster.topic, "groups", group, "sync.topic.acls.enabled", "false", "offset.lag.max", "0"));
        for (String topic : List.of("", "offset-syncs.topic.", "checkpoints.topic.")) settings.put(topic + "replication.factor", "1");
        for (String converter : List.of("key.converter", "value.converter")) settings.put(converter, "org.apache.kafka.connect.converters.ByteArrayConverter");
        for (String work : List.of("refresh.topics", "refresh.groups", "sync.topic.configs", "emit.checkpoints", "sync.group.offsets")) settings.put(work + ".interval.seconds", "1");
        settings.put("sync.group.offsets.enabled", "true");
        String config = settings.entrySet().stream().map(entry -> "\"" + entry.getKey() + "\":\"" + entry.getValue() + "\"").collect(Collectors.joining(","));
        var worker = cluster.worker();
        cluster.put(worker, "mirror", "\"connector.class\":\"org.apache.kafka.connect.mirror.MirrorSourceConnector\"," + config);
        Suite.eventually(40, () -> env.admin().listTopics().names().get().contains(copy), "the copy is made");
        Suite.same(Env.values(env.readAll(copy, 1, 100)), Env.values(env.readAll(cluster.topic, 1, 100)), "records");
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, copy);
        Suite.eventually(40, () -> env.admin().describeConfigs(List.of(resource)).all().get().get(resource).get("retention.ms").value().equals("123456789"), "configs");
        cluster.put(worker, "checkpoints", "\"connector.class\":\"org.apache.kafka.connect.mirror.MirrorCheckpointConnector\"," + config);
        // An offset is translated to one that is not beyond it, so that nothing is passed over.
        Suite.eventually(40, () -> {
            var found = env.admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition);
            return found != null && found.offset() > 0 && found.offset() <= 40;
        }, "the group's offset in the copy");
    }
}
