import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.SecurityDisabledException;
import org.apache.kafka.common.quota.ClientQuotaFilter;

/** The calls that user interfaces make when they connect and show a cluster, in their order: one that fails leaves them offline. */
final class InterfaceCases {
    static void add(Suite suite) {
        suite.add("interface-kafbat", InterfaceCases::kafbat);
        suite.add("interface-akhq", InterfaceCases::akhq);
    }

    /** kafbat: the version of the broker and what it can do, then the statistics that it collects every thirty seconds. */
    private static void kafbat(Env env) throws Exception {
        String topic = filled(env);
        Admin admin = env.admin();
        var cluster = admin.describeCluster(new DescribeClusterOptions().includeAuthorizedOperations(true));
        Node controller = cluster.controller().get();
        Suite.holds(!cluster.clusterId().get().isEmpty(), "cluster id");
        Suite.holds(!cluster.authorizedOperations().get().isEmpty(), "authorized operations");
        // It reads the release from the broker's configs, or else from the features.
        var configs = brokerConfigs(admin, controller.id());
        boolean old = configs.stream().anyMatch(entry -> entry.name().equals("inter.broker.protocol.version"));
        var features = admin.describeFeatures().featureMetadata().get().finalizedFeatures();
        Suite.holds(old || features.containsKey("metadata.version"), "the release can be told");
        Suite.holds(configs.stream().anyMatch(entry -> entry.name().equals("delete.topic.enable")), "delete.topic.enable");
        aclsAreOff(admin);
        Suite.holds(admin.describeClientQuotas(ClientQuotaFilter.all()).entities().get() != null, "quotas");
        admin.describeUserScramCredentials().all().get();

        Set<String> names = admin.listTopics(new ListTopicsOptions().listInternal(true)).names().get();
        Suite.holds(names.contains(topic), "the topic is listed");
        var described = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
        Suite.same(described.partitions().size(), 2, "partitions");
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        var shown = new DescribeConfigsOptions().includeSynonyms(true).includeDocumentation(true);
        var entries = admin.describeConfigs(List.of(resource), shown).all().get().get(resource).entries();
        Suite.holds(entries.stream().allMatch(entry -> !entry.documentation().isEmpty()), "each config is explained");
        logDirs(admin, controller.id(), topic);
        offsets(admin, topic);
        groups(env, admin, topic);
        var partition = new TopicPartition(topic, 0);
        Suite.same(admin.describeProducers(List.of(partition)).partitionResult(partition).get().activeProducers().size(), 1, "producers");
        Suite.same(admin.describeMetadataQuorum().quorumInfo().get().leaderId(), controller.id(), "leader of the quorum");
        admin.listPartitionReassignments().reassignments().get();
        admin.listTransactions().all().get();
    }

    /** akhq: topics with their configs and offsets, groups, nodes with their configs and directories. */
    private static void akhq(Env env) throws Exception {
        String topic = filled(env);
        Admin admin = env.admin();
        Suite.holds(admin.listTopics(new ListTopicsOptions().listInternal(true)).listings().get().stream().anyMatch(one -> one.name().equals(topic)), "listed");
        admin.describeTopics(List.of(topic)).allTopicNames().get();
        Collection<Node> nodes = admin.describeCluster().nodes().get();
        for (Node node : nodes) {
            logDirs(admin, node.id(), topic);
            brokerConfigs(admin, node.id());
        }
        try (var consumer = env.consumer(null)) {
            List<TopicPartition> partitions = Env.partitions(topic, 2);
            Suite.same(consumer.beginningOffsets(partitions).values().stream().mapToLong(Long::longValue).sum(), 0L, "beginning");
            Suite.same(consumer.endOffsets(partitions).values().stream().mapToLong(Long::longValue).sum(), 10L, "end");
        }
        groups(env, admin, topic);
        aclsAreOff(admin);
    }

    /** A topic of two partitions with ten records. */
    private static String filled(Env env) throws Exception {
        String topic = env.topic(2);
        env.fill(topic, 2, 10);
        return topic;
    }

    private static Collection<ConfigEntry> brokerConfigs(Admin admin, int broker) throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.BROKER, Integer.toString(broker));
        Collection<ConfigEntry> entries = admin.describeConfigs(List.of(resource)).all().get().get(resource).entries();
        Suite.holds(entries.size() >= 340, "configs of the broker");
        return entries;
    }

    private static void aclsAreOff(Admin admin) throws Exception {
        try {
            admin.describeAcls(AclBindingFilter.ANY).values().get();
            throw new AssertionError("there is an authorizer");
        } catch (ExecutionException e) {
            Suite.holds(e.getCause() instanceof SecurityDisabledException, "ACLs are off: " + e.getCause());
        }
    }

    private static void logDirs(Admin admin, int broker, String topic) throws Exception {
        var directories = admin.describeLogDirs(List.of(broker)).allDescriptions().get().get(broker);
        long size = directories.values().stream()
            .flatMap(directory -> directory.replicaInfos().entrySet().stream())
            .filter(replica -> replica.getKey().topic().equals(topic))
            .mapToLong(replica -> replica.getValue().size())
            .sum();
        Suite.holds(size > 0, "bytes of the topic");
    }

    private static void offsets(Admin admin, String topic) throws Exception {
        for (var wanted : Map.of(OffsetSpec.earliest(), 0L, OffsetSpec.latest(), 10L).entrySet()) {
            Map<TopicPartition, OffsetSpec> specs = new HashMap<>();
            for (TopicPartition partition : Env.partitions(topic, 2)) specs.put(partition, wanted.getKey());
            long sum = admin.listOffsets(specs).all().get().values().stream().mapToLong(found -> found.offset()).sum();
            Suite.same(sum, wanted.getValue(), "offsets");
        }
    }

    private static void groups(Env env, Admin admin, String topic) throws Exception {
        String group = env.name("g");
        try (var consumer = env.consumer(group)) {
            consumer.subscribe(List.of(topic));
            Env.take(consumer, 10);
            consumer.commitSync();
            List<String> ids = new ArrayList<>(admin.listGroups().all().get().stream().map(GroupListing::groupId).collect(Collectors.toList()));
            Suite.holds(ids.contains(group), "the group is listed");
            Suite.same(admin.describeConsumerGroups(List.of(group)).all().get().get(group).members().size(), 1, "members");
            var committed = admin.listConsumerGroupOffsets(Map.of(group, new ListConsumerGroupOffsetsSpec())).all().get().get(group);
            Suite.same(committed.values().stream().mapToLong(offset -> offset.offset()).sum(), 10L, "committed offsets");
        }
    }
}
