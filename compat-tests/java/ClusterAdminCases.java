import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConfigEntry.ConfigSource;
import org.apache.kafka.clients.admin.CreatePartitionsOptions;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.ListConfigResourcesOptions;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.BrokerIdNotRegisteredException;
import org.apache.kafka.common.errors.DelegationTokenDisabledException;
import org.apache.kafka.common.errors.UnsupportedByAuthenticationException;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidUpdateVersionException;
import org.apache.kafka.common.errors.NoReassignmentInProgressException;
import org.apache.kafka.common.errors.SecurityDisabledException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** What administrators and user interfaces ask of a cluster, answered for one node. */
final class ClusterAdminCases {
    static void add(Suite suite) {
        suite.add("admin-describe-quorum", ClusterAdminCases::quorum);
        suite.add("admin-elect-leaders", ClusterAdminCases::electLeaders);
        suite.add("admin-list-reassignments", ClusterAdminCases::listReassignments);
        suite.add("admin-reassign-to-the-same-broker", ClusterAdminCases::reassignSame);
        suite.add("admin-reassign-to-an-unknown-broker", ClusterAdminCases::reassignUnknown);
        suite.add("admin-cancel-no-reassignment", ClusterAdminCases::cancelReassignment);
        suite.add("admin-finalized-features", ClusterAdminCases::features);
        suite.add("admin-update-features-validate-only", ClusterAdminCases::updateFeatures);
        suite.add("admin-update-unknown-feature", ClusterAdminCases::unknownFeature);
        suite.add("admin-unregister-unknown-broker", ClusterAdminCases::unregister);
        suite.add("admin-describe-replica-log-dirs", ClusterAdminCases::replicaLogDirs);
        suite.add("admin-acls-without-authorizer", ClusterAdminCases::aclsDisabled);
        suite.add("admin-delegation-tokens-without-login", ClusterAdminCases::tokensRefused);
        suite.add("admin-create-partitions-validate-only", ClusterAdminCases::createPartitionsValidateOnly);
        suite.add("admin-describe-topics-in-pages", ClusterAdminCases::describeInPages);
        suite.add("admin-create-many-topics", ClusterAdminCases::manyTopics);
        suite.add("admin-describe-with-authorized-operations", ClusterAdminCases::authorizedOperations);
        suite.add("config-topic-synonyms", ClusterAdminCases::topicSynonyms);
        suite.add("config-broker-default-set-and-deleted", ClusterAdminCases::brokerDefault);
        suite.add("config-broker-set-and-deleted", ClusterAdminCases::brokerOwn);
        suite.add("config-broker-read-only", ClusterAdminCases::brokerReadOnly);
        suite.add("config-broker-unknown-broker", ClusterAdminCases::unknownBroker);
        suite.add("config-broker-logger", ClusterAdminCases::brokerLogger);
        suite.add("config-client-metrics", ClusterAdminCases::clientMetrics);
        suite.add("config-client-metrics-invalid", ClusterAdminCases::clientMetricsInvalid);
        suite.add("config-one-name-twice", ClusterAdminCases::sameConfigTwice);
    }

    private static int broker(Env env) throws Exception {
        return env.admin().describeCluster().nodes().get().iterator().next().id();
    }

    private static void quorum(Env env) throws Exception {
        var found = env.admin().describeMetadataQuorum().quorumInfo().get();
        Suite.same(found.leaderId(), broker(env), "leader");
        Suite.same(found.voters().stream().map(voter -> voter.replicaId()).toList(), List.of(broker(env)), "voters");
        Suite.same(found.observers().size(), 0, "observers");
    }

    private static void electLeaders(Env env) throws Exception {
        TopicPartition partition = new TopicPartition(env.topic(1), 0);
        TopicPartition unknown = new TopicPartition(env.name("no"), 0);
        for (ElectionType type : ElectionType.values()) {
            var found = env.admin().electLeaders(type, Set.of(partition, unknown)).partitions().get();
            Suite.holds(found.get(partition).orElse(null) instanceof ElectionNotNeededException, type + ": " + found.get(partition));
            Suite.holds(found.get(unknown).orElse(null) instanceof UnknownTopicOrPartitionException, type + ", unknown: " + found.get(unknown));
        }
    }

    private static void listReassignments(Env env) throws Exception {
        Suite.same(env.admin().listPartitionReassignments().reassignments().get(), Map.of(), "all");
        TopicPartition partition = new TopicPartition(env.topic(1), 0);
        Suite.same(env.admin().listPartitionReassignments(Set.of(partition)).reassignments().get(), Map.of(), "of a partition");
    }

    private static void reassignSame(Env env) throws Exception {
        TopicPartition partition = new TopicPartition(env.topic(1), 0);
        env.admin().alterPartitionReassignments(Map.of(partition, Optional.of(new NewPartitionReassignment(List.of(broker(env)))))).all().get();
        Suite.same(env.admin().listPartitionReassignments(Set.of(partition)).reassignments().get(), Map.of(), "nothing is under way");
    }

    private static void reassignUnknown(Env env) throws Exception {
        TopicPartition partition = new TopicPartition(env.topic(1), 0);
        Suite.fails(InvalidReplicaAssignmentException.class, () -> env.admin().alterPartitionReassignments(Map.of(partition, Optional.of(new NewPartitionReassignment(List.of(99))))).all().get(), "broker 99");
        TopicPartition unknown = new TopicPartition(env.name("no"), 0);
        Suite.fails(UnknownTopicOrPartitionException.class, () -> env.admin().alterPartitionReassignments(Map.of(unknown, Optional.of(new NewPartitionReassignment(List.of(1))))).all().get(), "unknown topic");
    }

    private static void cancelReassignment(Env env) throws Exception {
        TopicPartition partition = new TopicPartition(env.topic(1), 0);
        Suite.fails(NoReassignmentInProgressException.class, () -> env.admin().alterPartitionReassignments(Map.of(partition, Optional.empty())).all().get(), "nothing to cancel");
    }

    private static void features(Env env) throws Exception {
        var found = env.admin().describeFeatures().featureMetadata().get();
        Map<String, Integer> levels = Map.of("transaction.version", 2, "group.version", 1, "share.version", 1, "streams.version", 1);
        for (var level : levels.entrySet()) {
            var finalized = found.finalizedFeatures().get(level.getKey());
            Suite.holds(finalized != null, "no " + level.getKey());
            Suite.same((int) finalized.maxVersionLevel(), level.getValue(), level.getKey());
            Suite.holds(found.supportedFeatures().get(level.getKey()).maxVersion() >= level.getValue(), "supported " + level.getKey());
        }
        Suite.holds(found.finalizedFeatures().get("metadata.version").maxVersionLevel() >= 25, "metadata.version");
    }

    private static void updateFeatures(Env env) throws Exception {
        var options = new UpdateFeaturesOptions().validateOnly(true);
        env.admin().updateFeatures(Map.of("share.version", new FeatureUpdate((short) 0, FeatureUpdate.UpgradeType.SAFE_DOWNGRADE)), options).all().get();
        Suite.same((int) env.admin().describeFeatures().featureMetadata().get().finalizedFeatures().get("share.version").maxVersionLevel(), 1, "nothing has changed");
        Suite.fails(InvalidUpdateVersionException.class, () -> env.admin().updateFeatures(Map.of("share.version", new FeatureUpdate((short) 99, FeatureUpdate.UpgradeType.UPGRADE)), options).all().get(), "a level that is not supported");
    }

    private static void unknownFeature(Env env) throws Exception {
        Suite.fails(InvalidUpdateVersionException.class, () -> env.admin().updateFeatures(Map.of("no.such.version", new FeatureUpdate((short) 1, FeatureUpdate.UpgradeType.UPGRADE)), new UpdateFeaturesOptions()).all().get(), "an unknown feature");
    }

    private static void unregister(Env env) throws Exception {
        Suite.fails(BrokerIdNotRegisteredException.class, () -> env.admin().unregisterBroker(77).all().get(), "broker 77");
    }

    private static void replicaLogDirs(Env env) throws Exception {
        var replica = new TopicPartitionReplica(env.topic(1), 0, broker(env));
        var found = env.admin().describeReplicaLogDirs(List.of(replica)).all().get().get(replica);
        Suite.holds(found.getCurrentReplicaLogDir() != null, "a folder");
        Suite.same(found.getFutureReplicaLogDir(), null, "no other folder to come");
    }

    private static void aclsDisabled(Env env) throws Exception {
        Suite.fails(SecurityDisabledException.class, () -> env.admin().describeAcls(AclBindingFilter.ANY).values().get(), "describe");
        Suite.fails(SecurityDisabledException.class, () -> env.admin().deleteAcls(List.of(AclBindingFilter.ANY)).all().get(), "delete");
    }

    private static void tokensRefused(Env env) throws Exception {
        try {
            env.admin().createDelegationToken().delegationToken().get();
        } catch (java.util.concurrent.ExecutionException e) {
            boolean expected = e.getCause() instanceof DelegationTokenDisabledException || e.getCause() instanceof UnsupportedByAuthenticationException;
            Suite.holds(expected, "got " + e.getCause());
            return;
        }
        throw new AssertionError("a token for somebody who did not log in");
    }

    private static void createPartitionsValidateOnly(Env env) throws Exception {
        String topic = env.topic(1);
        env.admin().createPartitions(Map.of(topic, NewPartitions.increaseTo(5)), new CreatePartitionsOptions().validateOnly(true)).all().get();
        Suite.same(env.admin().describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size(), 1, "partitions");
    }

    private static void describeInPages(Env env) throws Exception {
        String one = env.topic(7);
        String two = env.topic(6);
        var found = env.admin().describeTopics(List.of(one, two), new DescribeTopicsOptions().partitionSizeLimitPerResponse(4)).allTopicNames().get();
        Suite.same(found.get(one).partitions().size(), 7, "partitions of the first");
        Suite.same(found.get(two).partitions().size(), 6, "partitions of the second");
    }

    private static void manyTopics(Env env) throws Exception {
        List<NewTopic> topics = new java.util.ArrayList<>();
        for (int i = 0; i < 50; i++) topics.add(new NewTopic(env.name("t"), 2, (short) 1));
        env.admin().createTopics(topics).all().get();
        Set<String> names = topics.stream().map(NewTopic::name).collect(java.util.stream.Collectors.toSet());
        Suite.eventually(() -> env.admin().listTopics().names().get().containsAll(names), "all are listed");
        env.admin().deleteTopics(names).all().get();
        Suite.eventually(() -> env.admin().listTopics().names().get().stream().noneMatch(names::contains), "none is listed");
    }

    private static void authorizedOperations(Env env) throws Exception {
        String topic = env.topic(1);
        var found = env.admin().describeTopics(List.of(topic), new DescribeTopicsOptions().includeAuthorizedOperations(true)).allTopicNames().get().get(topic);
        Suite.same(found.authorizedOperations().size(), 8, "operations on a topic: " + found.authorizedOperations());
        var cluster = env.admin().describeCluster(new org.apache.kafka.clients.admin.DescribeClusterOptions().includeAuthorizedOperations(true)).authorizedOperations().get();
        Suite.same(cluster.size(), 7, "operations on the cluster: " + cluster);
    }

    private static Config describe(Env env, ConfigResource resource) throws Exception {
        return env.admin().describeConfigs(List.of(resource), new DescribeConfigsOptions().includeSynonyms(true)).all().get().get(resource);
    }

    private static void topicSynonyms(Env env) throws Exception {
        var found = describe(env, new ConfigResource(ConfigResource.Type.TOPIC, env.topic(1, "max.message.bytes", "12345"))).get("max.message.bytes");
        Suite.same(found.synonyms().get(0).name(), "max.message.bytes", "the topic's own first");
        Suite.same(found.synonyms().get(0).source(), ConfigSource.DYNAMIC_TOPIC_CONFIG, "its source");
        var last = found.synonyms().get(found.synonyms().size() - 1);
        Suite.same(last.name(), "message.max.bytes", "the broker's default last");
        Suite.same(last.source(), ConfigSource.DEFAULT_CONFIG, "its source");
        Suite.same(last.value(), "1048588", "its value");
    }

    private static void setAndDelete(Env env, ConfigResource resource, ConfigSource source, String name, String value) throws Exception {
        String before = describe(env, new ConfigResource(ConfigResource.Type.BROKER, "" + broker(env))).get(name).value();
        env.configure(resource, name, value);
        Suite.eventually(() -> {
            var found = describe(env, resource).get(name);
            return found != null && found.value().equals(value) && found.source() == source;
        }, "set, with the source " + source);
        Suite.eventually(() -> describe(env, new ConfigResource(ConfigResource.Type.BROKER, "" + broker(env))).get(name).value().equals(value), "the broker has it");
        env.admin().incrementalAlterConfigs(Map.of(resource, List.of(new AlterConfigOp(new ConfigEntry(name, ""), AlterConfigOp.OpType.DELETE)))).all().get();
        Suite.eventually(() -> describe(env, new ConfigResource(ConfigResource.Type.BROKER, "" + broker(env))).get(name).value().equals(before), "as before");
    }

    private static void brokerDefault(Env env) throws Exception {
        setAndDelete(env, new ConfigResource(ConfigResource.Type.BROKER, ""), ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG, "log.message.timestamp.after.max.ms", "7200000");
    }

    private static void brokerOwn(Env env) throws Exception {
        setAndDelete(env, new ConfigResource(ConfigResource.Type.BROKER, "" + broker(env)), ConfigSource.DYNAMIC_BROKER_CONFIG, "max.connections", "100000");
    }

    private static void brokerReadOnly(Env env) throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.BROKER, "" + broker(env));
        Suite.holds(describe(env, resource).get("auto.create.topics.enable").isReadOnly(), "auto.create.topics.enable is read-only");
        Suite.fails(InvalidRequestException.class, () -> {
            env.configure(resource, "auto.create.topics.enable", "false");
            return null;
        }, "set all the same");
    }

    private static void unknownBroker(Env env) throws Exception {
        try {
            var resource = new ConfigResource(ConfigResource.Type.BROKER, "88");
            env.admin().describeConfigs(List.of(resource)).all().get(3, java.util.concurrent.TimeUnit.SECONDS);
        } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
            return;
        }
        throw new AssertionError("configs of a broker that is not there");
    }

    private static void brokerLogger(Env env) throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.BROKER_LOGGER, "" + broker(env));
        var loggers = describe(env, resource).entries();
        Suite.holds(!loggers.isEmpty(), "no loggers");
        String name = loggers.stream().map(ConfigEntry::name).filter(one -> one.equals("root")).findFirst().orElseGet(() -> loggers.iterator().next().name());
        String before = describe(env, resource).get(name).value();
        env.configure(resource, name, "ERROR");
        Suite.eventually(() -> describe(env, resource).get(name).value().equals("ERROR"), "set");
        env.configure(resource, name, before);
        Suite.fails(InvalidConfigurationException.class, () -> {
            env.configure(resource, name, "LOUD");
            return null;
        }, "no level");
    }

    private static void clientMetrics(Env env) throws Exception {
        String name = env.name("metrics");
        var resource = new ConfigResource(ConfigResource.Type.CLIENT_METRICS, name);
        env.configure(resource, "metrics", "org.apache.kafka.producer.", "interval.ms", "5000", "match", "client_software_name=no-such");
        Suite.eventually(() -> describe(env, resource).get("interval.ms").value().equals("5000"), "set");
        Suite.holds(env.admin().listConfigResources(Set.of(ConfigResource.Type.CLIENT_METRICS), new ListConfigResourcesOptions()).all().get().contains(resource), "listed");
        for (String config : List.of("metrics", "interval.ms", "match"))
            env.admin().incrementalAlterConfigs(Map.of(resource, List.of(new AlterConfigOp(new ConfigEntry(config, ""), AlterConfigOp.OpType.DELETE)))).all().get();
        Suite.eventually(() -> !env.admin().listConfigResources(Set.of(ConfigResource.Type.CLIENT_METRICS), new ListConfigResourcesOptions()).all().get().contains(resource), "no longer listed");
    }

    private static void clientMetricsInvalid(Env env) throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.CLIENT_METRICS, env.name("metrics"));
        Suite.fails(InvalidRequestException.class, () -> {
            env.configure(resource, "interval.ms", "1");
            return null;
        }, "too often");
        Suite.fails(InvalidRequestException.class, () -> {
            env.configure(resource, "no.such", "x");
            return null;
        }, "an unknown config");
        Suite.fails(InvalidConfigurationException.class, () -> {
            env.configure(resource, "match", "no_such_label=x");
            return null;
        }, "an unknown label");
    }

    private static void sameConfigTwice(Env env) throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, env.topic(1));
        Suite.fails(InvalidRequestException.class, () -> {
            env.configure(resource, "retention.ms", "1000", "retention.ms", "2000");
            return null;
        }, "one name with two values");
    }
}
