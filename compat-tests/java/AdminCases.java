import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConfigEntry.ConfigSource;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

final class AdminCases {
    static void add(Suite suite) {
        suite.add("admin-create-delete-topics", AdminCases::createDelete);
        suite.add("admin-create-topic-defaults", AdminCases::createDefaults);
        suite.add("admin-create-topic-configs", AdminCases::createConfigs);
        suite.add("admin-create-validate-only", AdminCases::validateOnly);
        suite.add("admin-create-by-assignment", AdminCases::createByAssignment);
        suite.add("admin-recreate-topic", AdminCases::recreate);
        suite.add("admin-delete-by-id", AdminCases::deleteById);
        suite.add("admin-describe-topics", AdminCases::describeTopics);
        suite.add("admin-create-partitions", AdminCases::createPartitions);
        suite.add("admin-describe-topic-configs", AdminCases::describeTopicConfigs);
        suite.add("admin-describe-broker-configs", AdminCases::describeBrokerConfigs);
        suite.add("admin-incremental-alter-configs", AdminCases::alterConfigs);
        suite.add("admin-append-subtract-configs", AdminCases::appendSubtract);
        suite.add("admin-invalid-config", AdminCases::invalidConfig);
        suite.add("admin-list-offsets", AdminCases::listOffsets);
        suite.add("admin-delete-records", AdminCases::deleteRecords);
        suite.add("admin-describe-cluster", AdminCases::describeCluster);
        suite.add("admin-describe-log-dirs", AdminCases::describeLogDirs);
        suite.add("admin-list-config-resources", AdminCases::listConfigResources);
        suite.add("admin-describe-features", AdminCases::describeFeatures);
        suite.add("admin-retention-by-size", AdminCases::retentionAccepted);
    }

    private static ConfigResource ofTopic(String topic) {
        return new ConfigResource(ConfigResource.Type.TOPIC, topic);
    }

    private static Config configs(Admin admin, ConfigResource resource) throws Exception {
        return admin.describeConfigs(List.of(resource)).all().get().get(resource);
    }

    private static void alter(Admin admin, String topic, String name, String value, OpType op) throws Exception {
        Map<ConfigResource, Collection<AlterConfigOp>> change = Map.of(ofTopic(topic), List.of(new AlterConfigOp(new ConfigEntry(name, value), op)));
        admin.incrementalAlterConfigs(change).all().get();
    }

    private static void createDelete(Env env) throws Exception {
        Admin admin = env.admin();
        String one = env.name("topic");
        String two = env.name("topic");
        var created = admin.createTopics(List.of(new NewTopic(one, 2, (short) 1), new NewTopic(two, 5, (short) 1)));
        created.all().get();
        env.awaitTopic(one);
        env.awaitTopic(two);
        Suite.same(created.numPartitions(one).get(), 2, "partitions in the answer");
        Suite.same(created.replicationFactor(two).get(), 1, "replication factor in the answer");
        Suite.holds(created.config(one).get().get("retention.ms") != null, "configs in the answer");
        Suite.holds(admin.listTopics().names().get().containsAll(List.of(one, two)), "listed");
        admin.deleteTopics(List.of(one)).all().get();
        Suite.eventually(() -> !admin.listTopics().names().get().contains(one), "still listed");
        Suite.holds(admin.listTopics().names().get().contains(two), "the other is listed");
        Suite.fails(UnknownTopicOrPartitionException.class, () -> admin.deleteTopics(List.of(one)).all().get(), "delete twice");
    }

    private static void createDefaults(Env env) throws Exception {
        String topic = env.name("topic");
        env.admin().createTopics(List.of(new NewTopic(topic, Optional.empty(), Optional.empty()))).all().get();
        env.awaitTopic(topic);
        TopicDescription found = env.admin().describeTopics(List.of(topic)).allTopicNames().get().get(topic);
        Suite.same(found.partitions().size(), 1, "default partitions");
        Suite.same(found.partitions().get(0).replicas().size(), 1, "default replicas");
    }

    private static void createConfigs(Env env) throws Exception {
        String topic = env.topic(1, "retention.ms", "123456", "max.message.bytes", "54321", "cleanup.policy", "delete", "compression.type", "lz4");
        Config found = configs(env.admin(), ofTopic(topic));
        Suite.same(found.get("retention.ms").value(), "123456", "retention.ms");
        Suite.same(found.get("retention.ms").source(), ConfigSource.DYNAMIC_TOPIC_CONFIG, "source");
        Suite.same(found.get("max.message.bytes").value(), "54321", "max.message.bytes");
        Suite.same(found.get("compression.type").value(), "lz4", "compression.type");
    }

    private static void validateOnly(Env env) throws Exception {
        String topic = env.name("topic");
        env.admin().createTopics(List.of(new NewTopic(topic, 3, (short) 1)), new CreateTopicsOptions().validateOnly(true)).all().get();
        Suite.holds(!env.admin().listTopics().names().get().contains(topic), "it must not be there");
    }

    private static void createByAssignment(Env env) throws Exception {
        String topic = env.name("topic");
        int broker = env.admin().describeCluster().nodes().get().iterator().next().id();
        env.admin().createTopics(List.of(new NewTopic(topic, Map.of(0, List.of(broker), 1, List.of(broker))))).all().get();
        env.awaitTopic(topic);
        Suite.same(env.admin().describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size(), 2, "partitions");
    }

    private static void recreate(Env env) throws Exception {
        Admin admin = env.admin();
        String topic = env.topic(1);
        env.fill(topic, 1, 10);
        Uuid before = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).topicId();
        admin.deleteTopics(List.of(topic)).all().get();
        Suite.eventually(() -> !admin.listTopics().names().get().contains(topic), "still listed");
        admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
        env.awaitTopic(topic);
        Suite.holds(!before.equals(admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).topicId()), "a new id");
        env.fill(topic, 1, 3);
        Suite.same(env.readAll(topic, 1, 3).get(0).offset(), 0L, "offsets start again");
    }

    private static void deleteById(Env env) throws Exception {
        Admin admin = env.admin();
        String topic = env.topic(1);
        Uuid id = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).topicId();
        Suite.same(admin.describeTopics(TopicCollection.ofTopicIds(List.of(id))).allTopicIds().get().get(id).name(), topic, "described by id");
        admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id))).all().get();
        Suite.eventually(() -> !admin.listTopics().names().get().contains(topic), "still listed");
    }

    private static void describeTopics(Env env) throws Exception {
        String one = env.topic(3);
        String two = env.topic(120);
        var found = env.admin().describeTopics(List.of(one, two)).allTopicNames().get();
        Suite.same(found.get(one).partitions().size(), 3, "partitions");
        Suite.same(found.get(two).partitions().size(), 120, "partitions of the large one");
        Suite.holds(!found.get(one).isInternal() && found.get(one).topicId() != Uuid.ZERO_UUID, "id");
        for (var partition : found.get(two).partitions()) Suite.holds(partition.leader() != null && partition.isr().size() == 1, "leader");
    }

    private static void createPartitions(Env env) throws Exception {
        Admin admin = env.admin();
        String topic = env.topic(2);
        env.fill(topic, 2, 10);
        admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(4))).all().get();
        Suite.eventually(() -> admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size() == 4, "four partitions");
        env.fill(topic, 4, 20);
        env.readAll(topic, 4, 30);
        Suite.fails(InvalidPartitionsException.class, () -> admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(3))).all().get(), "fewer partitions");
        Suite.fails(InvalidPartitionsException.class, () -> admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(4))).all().get(), "the same number");
        Suite.fails(UnknownTopicOrPartitionException.class, () -> admin.createPartitions(Map.of(env.name("no"), NewPartitions.increaseTo(4))).all().get(), "unknown topic");
    }

    private static void describeTopicConfigs(Env env) throws Exception {
        String topic = env.topic(1);
        var resource = ofTopic(topic);
        Config found = env.admin().describeConfigs(List.of(resource), new DescribeConfigsOptions().includeSynonyms(true).includeDocumentation(true)).all().get().get(resource);
        Map<String, String> defaults = Map.of("cleanup.policy", "delete", "max.message.bytes", "1048588", "retention.ms", "604800000", "retention.bytes", "-1",
            "compression.type", "producer", "min.insync.replicas", "1", "message.timestamp.type", "CreateTime", "segment.bytes", "1073741824");
        for (var entry : defaults.entrySet()) Suite.same(found.get(entry.getKey()).value(), entry.getValue(), entry.getKey());
        for (String name : List.of("delete.retention.ms", "file.delete.delay.ms", "flush.messages", "flush.ms", "index.interval.bytes", "max.compaction.lag.ms",
            "message.timestamp.after.max.ms", "message.timestamp.before.max.ms", "min.cleanable.dirty.ratio", "min.compaction.lag.ms", "preallocate", "segment.index.bytes",
            "segment.jitter.ms", "segment.ms", "unclean.leader.election.enable")) Suite.holds(found.get(name) != null, "no " + name);
        Suite.same(found.get("retention.ms").type(), ConfigEntry.ConfigType.LONG, "type");
        Suite.holds(found.get("retention.ms").documentation() != null, "documentation");
        Suite.holds(found.get("retention.ms").isDefault(), "default");
    }

    private static void describeBrokerConfigs(Env env) throws Exception {
        int broker = env.admin().describeCluster().nodes().get().iterator().next().id();
        Config found = configs(env.admin(), new ConfigResource(ConfigResource.Type.BROKER, "" + broker));
        for (String name : List.of("log.retention.ms", "message.max.bytes", "num.partitions", "auto.create.topics.enable", "advertised.listeners", "log.cleanup.policy",
            "group.max.session.timeout.ms", "compression.type", "min.insync.replicas", "default.replication.factor")) Suite.holds(found.get(name) != null, "no " + name);
        Suite.same(found.get("auto.create.topics.enable").value(), "true", "auto.create.topics.enable");
    }

    private static void alterConfigs(Env env) throws Exception {
        Admin admin = env.admin();
        String topic = env.topic(1);
        alter(admin, topic, "retention.ms", "99000", OpType.SET);
        alter(admin, topic, "max.message.bytes", "2000", OpType.SET);
        Suite.eventually(() -> configs(admin, ofTopic(topic)).get("retention.ms").value().equals("99000"), "set");
        Suite.same(configs(admin, ofTopic(topic)).get("retention.ms").source(), ConfigSource.DYNAMIC_TOPIC_CONFIG, "source");
        alter(admin, topic, "retention.ms", "", OpType.DELETE);
        Suite.eventually(() -> configs(admin, ofTopic(topic)).get("retention.ms").value().equals("604800000"), "back to the default");
        Suite.same(configs(admin, ofTopic(topic)).get("max.message.bytes").value(), "2000", "the other stays");
        // It is obeyed, not only shown.
        Suite.fails(org.apache.kafka.common.errors.RecordTooLargeException.class, () -> {
            try (var producer = env.producer()) {
                return producer.send(new ProducerRecord<>(topic, Env.noise(5000, 1))).get();
            }
        }, "too large for the new limit");
    }

    private static void appendSubtract(Env env) throws Exception {
        Admin admin = env.admin();
        String topic = env.topic(1);
        alter(admin, topic, "cleanup.policy", "compact", OpType.APPEND);
        Suite.eventually(() -> Set.of(configs(admin, ofTopic(topic)).get("cleanup.policy").value().split(",")).equals(Set.of("delete", "compact")), "appended");
        alter(admin, topic, "cleanup.policy", "compact", OpType.SUBTRACT);
        Suite.eventually(() -> configs(admin, ofTopic(topic)).get("cleanup.policy").value().equals("delete"), "subtracted");
    }

    private static void invalidConfig(Env env) throws Exception {
        Admin admin = env.admin();
        String topic = env.topic(1);
        Suite.fails(InvalidConfigurationException.class, () -> env.topic(1, "no.such.config", "1"), "unknown config");
        Suite.fails(InvalidConfigurationException.class, () -> env.topic(1, "retention.ms", "soon"), "not a number");
        for (var bad : List.of(List.of("no.such.config", "1"), List.of("retention.ms", "soon"), List.of("cleanup.policy", "burn"))) {
            Suite.fails(InvalidConfigurationException.class, () -> {
                alter(admin, topic, bad.get(0), bad.get(1), OpType.SET);
                return null;
            }, bad.get(0));
        }
        Suite.fails(UnknownTopicOrPartitionException.class, () -> {
            alter(admin, env.name("no"), "retention.ms", "1", OpType.SET);
            return null;
        }, "unknown topic");
    }

    private static void listOffsets(Env env) throws Exception {
        String topic = env.topic(1);
        TopicPartition partition = new TopicPartition(topic, 0);
        Suite.same(env.admin().listOffsets(Map.of(partition, OffsetSpec.maxTimestamp())).partitionResult(partition).get().offset(), -1L, "no max timestamp yet");
        try (var producer = env.producer()) {
            for (long time : new long[] {1000, 5000, 3000}) producer.send(new ProducerRecord<>(topic, 0, time, null, Env.bytes("x"))).get();
        }
        Map<OffsetSpec, Long> wanted = new HashMap<>();
        wanted.put(OffsetSpec.earliest(), 0L);
        wanted.put(OffsetSpec.latest(), 3L);
        wanted.put(OffsetSpec.maxTimestamp(), 1L);
        wanted.put(OffsetSpec.forTimestamp(1001), 1L);
        wanted.put(OffsetSpec.forTimestamp(9999), -1L);
        wanted.put(OffsetSpec.earliestLocal(), 0L);
        for (var entry : wanted.entrySet()) {
            var found = env.admin().listOffsets(Map.of(partition, entry.getKey())).partitionResult(partition).get();
            Suite.same(found.offset(), entry.getValue(), entry.getKey().getClass().getSimpleName());
        }
        Suite.same(env.admin().listOffsets(Map.of(partition, OffsetSpec.maxTimestamp())).partitionResult(partition).get().timestamp(), 5000L, "max timestamp");
    }

    private static void deleteRecords(Env env) throws Exception {
        Admin admin = env.admin();
        String topic = env.topic(2);
        env.fill(topic, 2, 100);
        var one = new TopicPartition(topic, 0);
        var two = new TopicPartition(topic, 1);
        var done = admin.deleteRecords(Map.of(one, RecordsToDelete.beforeOffset(20), two, RecordsToDelete.beforeOffset(-1))).lowWatermarks();
        Suite.same(done.get(one).get().lowWatermark(), 20L, "low watermark");
        Suite.same(done.get(two).get().lowWatermark(), 50L, "low watermark of all");
        Suite.same(admin.listOffsets(Map.of(one, OffsetSpec.earliest())).partitionResult(one).get().offset(), 20L, "earliest");
        try (var consumer = env.consumer(null)) {
            consumer.assign(List.of(one));
            consumer.seek(one, 0);
            Suite.same(Env.take(consumer, 30).get(0).offset(), 20L, "reset to the new beginning");
        }
        Suite.fails(OffsetOutOfRangeException.class, () -> admin.deleteRecords(Map.of(one, RecordsToDelete.beforeOffset(51))).all().get(), "beyond the end");
    }

    private static void describeCluster(Env env) throws Exception {
        var found = env.admin().describeCluster(new DescribeClusterOptions().includeAuthorizedOperations(true));
        Suite.same(found.nodes().get().size(), 1, "brokers");
        Suite.holds(!found.clusterId().get().isEmpty(), "cluster id");
        Suite.same(found.controller().get().id(), found.nodes().get().iterator().next().id(), "controller");
        String host = env.bootstrap.substring(0, env.bootstrap.lastIndexOf(':'));
        Suite.same(found.nodes().get().iterator().next().host(), host, "host");
    }

    private static void describeLogDirs(Env env) throws Exception {
        String topic = env.topic(2);
        env.fill(topic, 2, 100);
        int broker = env.admin().describeCluster().nodes().get().iterator().next().id();
        var dirs = env.admin().describeLogDirs(List.of(broker)).allDescriptions().get().get(broker);
        Set<TopicPartition> seen = new HashSet<>();
        long size = 0;
        for (var dir : dirs.values()) {
            Suite.same(dir.error(), null, "error");
            for (var replica : dir.replicaInfos().entrySet()) {
                if (!replica.getKey().topic().equals(topic)) continue;
                seen.add(replica.getKey());
                size += replica.getValue().size();
            }
        }
        Suite.same(seen, Set.copyOf(Env.partitions(topic, 2)), "partitions");
        Suite.holds(size > 1000, "size " + size);
    }

    private static void listConfigResources(Env env) throws Exception {
        String topic = env.topic(1, "retention.ms", "99000");
        var found = env.admin().listConfigResources(Set.of(ConfigResource.Type.TOPIC), new org.apache.kafka.clients.admin.ListConfigResourcesOptions()).all().get();
        Suite.holds(found.contains(ofTopic(topic)), "the topic is listed");
    }

    private static void describeFeatures(Env env) throws ExecutionException, InterruptedException {
        Suite.holds(env.admin().describeFeatures().featureMetadata().get() != null, "features");
    }

    private static void retentionAccepted(Env env) throws Exception {
        String topic = env.topic(1, "retention.bytes", "100000", "segment.bytes", "1048576", "retention.ms", "3600000");
        env.fill(topic, 1, 100);
        Suite.same(env.readAll(topic, 1, 100).get(0).offset(), 0L, "nothing is deleted below the limits");
    }
}
