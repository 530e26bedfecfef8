import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AccessControlEntryFilter;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourcePatternFilter;
import org.apache.kafka.common.resource.ResourceType;

final class AclCases {
    static void add(Suite suite) {
        suite.add("acl-create-describe-delete", AclCases::createDescribeDelete);
        suite.add("acl-filters", AclCases::filters);
        suite.add("acl-invalid", AclCases::invalid);
        suite.add("acl-write", AclCases::write);
        suite.add("acl-read", AclCases::read);
        suite.add("acl-group", AclCases::group);
        suite.add("acl-group-of-the-new-protocol", AclCases::newGroup);
        suite.add("acl-share-group", AclCases::shareGroup);
        suite.add("acl-prefixed", AclCases::prefixed);
        suite.add("acl-wildcard-principal", AclCases::wildcardPrincipal);
        suite.add("acl-deny-wins", AclCases::denyWins);
        suite.add("acl-host", AclCases::host);
        suite.add("acl-removed-at-once", AclCases::removed);
        suite.add("acl-hidden-topics", AclCases::hiddenTopics);
        suite.add("acl-create-topics", AclCases::createTopics);
        suite.add("acl-delete-topics", AclCases::deleteTopics);
        suite.add("acl-alter-topics", AclCases::alterTopics);
        suite.add("acl-delete-records", AclCases::deleteRecords);
        suite.add("acl-configs", AclCases::configs);
        suite.add("acl-offsets", AclCases::offsets);
        suite.add("acl-groups-listed-and-deleted", AclCases::listGroups);
        suite.add("acl-transactional-id", AclCases::transactionalId);
        suite.add("acl-list-transactions", AclCases::listTransactions);
        suite.add("acl-cluster-operations", AclCases::clusterOperations);
        suite.add("acl-authorized-operations", AclCases::authorizedOperations);
        suite.add("acl-auto-creation-needs-a-right", AclCases::autoCreate);
        suite.add("acl-super-user", AclCases::superUser);
    }

    private static AclBinding binding(ResourceType type, String name, PatternType pattern, String principal, AclOperation operation, AclPermissionType permission, String host) {
        return new AclBinding(new ResourcePattern(type, name, pattern), new AccessControlEntry(principal, host, operation, permission));
    }

    /** A user who may nothing yet, known by name, and logged in. */
    private record Guest(String name, Env env) {
        String principal() {
            return "User:" + name;
        }
    }

    private static Guest guest(Env env) throws Exception {
        String name = env.name("guest");
        env.admin().alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(name, new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096), "secret"))).all().get();
        Env guest = env.as(Logins.scram("SCRAM-SHA-256", name, "secret"));
        Suite.succeedsSoon(() -> env.as(Logins.scram("SCRAM-SHA-256", name, "secret")).admin().listTopics().names().get(), "the guest logs in");
        return new Guest(name, guest);
    }

    private static void allow(Env env, Guest guest, ResourceType type, String name, AclOperation... operations) throws Exception {
        List<AclBinding> bindings = new ArrayList<>();
        for (var operation : operations) bindings.add(binding(type, name, PatternType.LITERAL, guest.principal(), operation, AclPermissionType.ALLOW, "*"));
        env.admin().createAcls(bindings).all().get();
    }

    private static Object send(Env env, String topic) throws Exception {
        try (var producer = env.producer("max.block.ms", 5000)) {
            return producer.send(new ProducerRecord<>(topic, Env.bytes("x"))).get();
        }
    }

    private static AclBindingFilter of(String name) {
        return new AclBindingFilter(new ResourcePatternFilter(ResourceType.TOPIC, name, PatternType.ANY), AccessControlEntryFilter.ANY);
    }

    private static void createDescribeDelete(Env env) throws Exception {
        String topic = env.name("topic");
        var one = binding(ResourceType.TOPIC, topic, PatternType.LITERAL, "User:x", AclOperation.READ, AclPermissionType.ALLOW, "*");
        var two = binding(ResourceType.TOPIC, topic, PatternType.PREFIXED, "User:x", AclOperation.WRITE, AclPermissionType.DENY, "10.0.0.1");
        env.admin().createAcls(List.of(one, two)).all().get();
        Suite.eventually(() -> Set.copyOf(env.admin().describeAcls(of(topic)).values().get()).equals(Set.of(one, two)), "both are there");
        env.admin().createAcls(List.of(one)).all().get();
        Suite.same(env.admin().describeAcls(of(topic)).values().get().size(), 2, "creating one again changes nothing");
        Suite.same(List.copyOf(env.admin().deleteAcls(List.of(one.toFilter())).all().get()), List.of(one), "deleted");
        Suite.eventually(() -> List.copyOf(env.admin().describeAcls(of(topic)).values().get()).equals(List.of(two)), "the other stays");
        Suite.same(env.admin().deleteAcls(List.of(of(topic))).all().get().size(), 1, "deleted by a wide filter");
    }

    private static void filters(Env env) throws Exception {
        String base = env.name("t");
        String topic = base + "-orders";
        var literal = binding(ResourceType.TOPIC, topic, PatternType.LITERAL, "User:a", AclOperation.READ, AclPermissionType.ALLOW, "*");
        var prefixed = binding(ResourceType.TOPIC, base, PatternType.PREFIXED, "User:b", AclOperation.READ, AclPermissionType.ALLOW, "*");
        var other = binding(ResourceType.TOPIC, topic, PatternType.LITERAL, "User:b", AclOperation.WRITE, AclPermissionType.DENY, "*");
        env.admin().createAcls(List.of(literal, prefixed, other)).all().get();
        Suite.eventually(() -> found(env, topic, PatternType.MATCH, null).equals(Set.of(literal, prefixed, other)), "all that match the topic");
        Suite.same(found(env, topic, PatternType.LITERAL, null), Set.of(literal, other), "literal");
        Suite.same(found(env, base, PatternType.PREFIXED, null), Set.of(prefixed), "prefixed");
        Suite.same(found(env, topic, PatternType.ANY, "User:b"), Set.of(other), "by principal");
        var denied = new AccessControlEntryFilter(null, null, AclOperation.ANY, AclPermissionType.DENY);
        Suite.same(Set.copyOf(env.admin().describeAcls(new AclBindingFilter(new ResourcePatternFilter(ResourceType.TOPIC, topic, PatternType.ANY), denied)).values().get()), Set.of(other), "by permission");
    }

    private static Set<AclBinding> found(Env env, String name, PatternType pattern, String principal) throws Exception {
        var entry = new AccessControlEntryFilter(principal, null, AclOperation.ANY, AclPermissionType.ANY);
        var all = env.admin().describeAcls(new AclBindingFilter(new ResourcePatternFilter(ResourceType.TOPIC, name, pattern), entry)).values().get();
        // A match finds those of the wildcard too, which other cases have.
        return all.stream().filter(one -> !one.pattern().name().equals("*")).collect(java.util.stream.Collectors.toSet());
    }

    private static void invalid(Env env) throws Exception {
        for (String name : List.of("", "not valid!")) {
            var bad = binding(ResourceType.TOPIC, name, PatternType.LITERAL, "User:x", AclOperation.READ, AclPermissionType.ALLOW, "*");
            if (name.isEmpty()) Suite.fails(InvalidRequestException.class, () -> env.admin().createAcls(List.of(bad)).all().get(), "a resource without a name");
            else env.admin().createAcls(List.of(bad)).all().get();
        }
        var noPrincipal = binding(ResourceType.TOPIC, "x", PatternType.LITERAL, "nobody", AclOperation.READ, AclPermissionType.ALLOW, "*");
        Suite.fails(InvalidRequestException.class, () -> env.admin().createAcls(List.of(noPrincipal)).all().get(), "a principal without a type");
        var cluster = binding(ResourceType.CLUSTER, "other", PatternType.LITERAL, "User:x", AclOperation.ALTER, AclPermissionType.ALLOW, "*");
        Suite.fails(InvalidRequestException.class, () -> env.admin().createAcls(List.of(cluster)).all().get(), "a cluster of another name");
    }

    private static void write(Env env) throws Exception {
        String topic = env.topic(1);
        Guest guest = guest(env);
        Suite.fails(TopicAuthorizationException.class, () -> send(guest.env(), topic), "without a right");
        allow(env, guest, ResourceType.TOPIC, topic, AclOperation.READ);
        Suite.failsSoon(TopicAuthorizationException.class, () -> send(guest.env(), topic), "with the right to read");
        allow(env, guest, ResourceType.TOPIC, topic, AclOperation.WRITE);
        Suite.succeedsSoon(() -> send(guest.env(), topic), "with the right to write");
    }

    private static void read(Env env) throws Exception {
        String topic = env.topic(1);
        env.fill(topic, 1, 1);
        Guest guest = guest(env);
        allow(env, guest, ResourceType.TOPIC, topic, AclOperation.DESCRIBE);
        Suite.failsSoon(TopicAuthorizationException.class, () -> guest.env().readAll(topic, 1, 1), "with the right to describe");
        allow(env, guest, ResourceType.TOPIC, topic, AclOperation.READ);
        Suite.succeedsSoon(() -> guest.env().readAll(topic, 1, 1), "with the right to read");
    }

    private static Object consume(Env env, String topic, String group, Object... config) {
        try (var consumer = env.consumer(group, config)) {
            consumer.subscribe(List.of(topic));
            return Env.take(consumer, 1);
        }
    }

    private static void group(Env env) throws Exception {
        groupRight(env, "classic");
    }

    private static void newGroup(Env env) throws Exception {
        groupRight(env, "consumer");
    }

    private static void groupRight(Env env, String protocol) throws Exception {
        String topic = env.topic(1);
        String group = env.name("group");
        env.fill(topic, 1, 1);
        Guest guest = guest(env);
        allow(env, guest, ResourceType.TOPIC, topic, AclOperation.READ);
        Suite.failsSoon(GroupAuthorizationException.class, () -> consume(guest.env(), topic, group, "group.protocol", protocol), "without a right on the group");
        allow(env, guest, ResourceType.GROUP, group, AclOperation.READ);
        Suite.succeedsSoon(() -> consume(guest.env(), topic, group, "group.protocol", protocol), "with it");
    }

    private static void shareGroup(Env env) throws Exception {
        String topic = env.topic(1);
        String group = ShareCases.group(env);
        env.fill(topic, 1, 1);
        Guest guest = guest(env);
        allow(env, guest, ResourceType.TOPIC, topic, AclOperation.READ);
        Suite.failsSoon(GroupAuthorizationException.class, () -> {
            try (var consumer = ShareCases.consumer(guest.env(), group, topic)) {
                return ShareCases.take(consumer, 1);
            }
        }, "without a right on the group");
        allow(env, guest, ResourceType.GROUP, group, AclOperation.READ);
        Suite.succeedsSoon(() -> {
            try (var consumer = ShareCases.consumer(guest.env(), group, topic)) {
                return ShareCases.take(consumer, 1);
            }
        }, "with it");
    }

    private static void prefixed(Env env) throws Exception {
        String topic = env.topic(1);
        Guest guest = guest(env);
        String prefix = topic.substring(0, topic.length() - 1);
        env.admin().createAcls(List.of(binding(ResourceType.TOPIC, prefix, PatternType.PREFIXED, guest.principal(), AclOperation.WRITE, AclPermissionType.ALLOW, "*"))).all().get();
        Suite.succeedsSoon(() -> send(guest.env(), topic), "by a prefix of the name");
        String other = env.topic(1);
        String outside = "x-" + other;
        env.admin().createTopics(List.of(new NewTopic(outside, 1, (short) 1))).all().get();
        env.awaitTopic(outside);
        Suite.fails(TopicAuthorizationException.class, () -> send(guest.env(), outside), "a name with another beginning");
    }

    private static void wildcardPrincipal(Env env) throws Exception {
        String topic = env.topic(1);
        Guest guest = guest(env);
        env.admin().createAcls(List.of(binding(ResourceType.TOPIC, topic, PatternType.LITERAL, "User:*", AclOperation.ALL, AclPermissionType.ALLOW, "*"))).all().get();
        Suite.succeedsSoon(() -> send(guest.env(), topic), "allowed for everybody");
    }

    private static void denyWins(Env env) throws Exception {
        String topic = env.topic(1);
        Guest guest = guest(env);
        allow(env, guest, ResourceType.TOPIC, topic, AclOperation.ALL);
        Suite.succeedsSoon(() -> send(guest.env(), topic), "allowed");
        env.admin().createAcls(List.of(binding(ResourceType.TOPIC, topic.substring(0, 3), PatternType.PREFIXED, guest.principal(), AclOperation.WRITE, AclPermissionType.DENY, "*"))).all().get();
        Suite.failsSoon(TopicAuthorizationException.class, () -> {
            // An idempotent producer may be refused before it gets to the topic, when there is none that it may write to.
            try (var producer = guest.env().producer("max.block.ms", 5000, "enable.idempotence", false)) {
                return producer.send(new ProducerRecord<>(topic, Env.bytes("x"))).get();
            }
        }, "denied by a prefix");
    }

    private static void host(Env env) throws Exception {
        String topic = env.topic(1);
        Guest guest = guest(env);
        env.admin().createAcls(List.of(binding(ResourceType.TOPIC, topic, PatternType.LITERAL, guest.principal(), AclOperation.WRITE, AclPermissionType.ALLOW, "10.1.2.3"))).all().get();
        Suite.eventually(() -> !env.admin().describeAcls(of(topic)).values().get().isEmpty(), "it is there");
        Suite.fails(TopicAuthorizationException.class, () -> send(guest.env(), topic), "from another host");
        env.admin().createAcls(List.of(binding(ResourceType.TOPIC, topic, PatternType.LITERAL, guest.principal(), AclOperation.WRITE, AclPermissionType.ALLOW, "127.0.0.1"))).all().get();
        Suite.succeedsSoon(() -> send(guest.env(), topic), "from this host");
    }

    /** A connection that is open already feels it. */
    private static void removed(Env env) throws Exception {
        String topic = env.topic(1);
        Guest guest = guest(env);
        allow(env, guest, ResourceType.TOPIC, topic, AclOperation.WRITE);
        var producer = guest.env().producer("max.block.ms", 5000);
        Suite.succeedsSoon(() -> producer.send(new ProducerRecord<>(topic, Env.bytes("x"))).get(), "allowed");
        env.admin().deleteAcls(List.of(of(topic))).all().get();
        Suite.failsSoon(TopicAuthorizationException.class, () -> producer.send(new ProducerRecord<>(topic, Env.bytes("x"))).get(), "the same producer");
    }

    private static void hiddenTopics(Env env) throws Exception {
        String mine = env.topic(1);
        String other = env.topic(1);
        Guest guest = guest(env);
        allow(env, guest, ResourceType.TOPIC, mine, AclOperation.DESCRIBE);
        Suite.eventually(() -> guest.env().admin().listTopics().names().get().contains(mine), "the one that may be described");
        Suite.holds(!guest.env().admin().listTopics().names().get().contains(other), "the other is listed");
        Suite.fails(TopicAuthorizationException.class, () -> guest.env().admin().describeTopics(List.of(other)).allTopicNames().get(), "described by name");
        Suite.fails(TopicAuthorizationException.class, () -> guest.env().admin().describeTopics(List.of(env.name("missing"))).allTopicNames().get(), "one that is not there");
    }

    private static void createTopics(Env env) throws Exception {
        Guest guest = guest(env);
        String topic = env.name("new");
        var wanted = List.of(new NewTopic(topic, 1, (short) 1));
        Suite.fails(TopicAuthorizationException.class, () -> guest.env().admin().createTopics(wanted).all().get(), "without a right");
        allow(env, guest, ResourceType.TOPIC, topic, AclOperation.CREATE);
        Suite.succeedsSoon(() -> guest.env().admin().createTopics(wanted).all().get(), "with the right to create this name");
        String other = env.name("other");
        allow(env, guest, ResourceType.CLUSTER, "kafka-cluster", AclOperation.CREATE);
        Suite.succeedsSoon(() -> guest.env().admin().createTopics(List.of(new NewTopic(other, 1, (short) 1))).all().get(), "with the right to create any");
    }

    private static void deleteTopics(Env env) throws Exception {
        String topic = env.topic(1);
        Guest guest = guest(env);
        Suite.fails(TopicAuthorizationException.class, () -> guest.env().admin().deleteTopics(List.of(topic)).all().get(), "without a right");
        allow(env, guest, ResourceType.TOPIC, topic, AclOperation.DELETE);
        Suite.succeedsSoon(() -> guest.env().admin().deleteTopics(List.of(topic)).all().get(), "with it");
    }

    private static void alterTopics(Env env) throws Exception {
        String topic = env.topic(1);
        Guest guest = guest(env);
        var more = Map.of(topic, org.apache.kafka.clients.admin.NewPartitions.increaseTo(2));
        Suite.fails(TopicAuthorizationException.class, () -> guest.env().admin().createPartitions(more).all().get(), "without a right");
        allow(env, guest, ResourceType.TOPIC, topic, AclOperation.ALTER);
        Suite.succeedsSoon(() -> guest.env().admin().createPartitions(more).all().get(), "with it");
    }

    private static void deleteRecords(Env env) throws Exception {
        String topic = env.topic(1);
        env.fill(topic, 1, 3);
        Guest guest = guest(env);
        var plan = Map.of(new TopicPartition(topic, 0), RecordsToDelete.beforeOffset(2));
        allow(env, guest, ResourceType.TOPIC, topic, AclOperation.DESCRIBE);
        Suite.failsSoon(TopicAuthorizationException.class, () -> guest.env().admin().deleteRecords(plan).all().get(), "without a right");
        allow(env, guest, ResourceType.TOPIC, topic, AclOperation.DELETE);
        Suite.succeedsSoon(() -> guest.env().admin().deleteRecords(plan).all().get(), "with it");
    }

    private static void configs(Env env) throws Exception {
        String topic = env.topic(1);
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Guest guest = guest(env);
        allow(env, guest, ResourceType.TOPIC, topic, AclOperation.DESCRIBE);
        Suite.failsSoon(TopicAuthorizationException.class, () -> guest.env().admin().describeConfigs(List.of(resource), new DescribeConfigsOptions()).all().get(), "describe");
        Suite.fails(TopicAuthorizationException.class, () -> {
            guest.env().configure(resource, "retention.ms", "1000000");
            return null;
        }, "alter");
        allow(env, guest, ResourceType.TOPIC, topic, AclOperation.ALTER_CONFIGS);
        Suite.succeedsSoon(() -> {
            guest.env().configure(resource, "retention.ms", "1000000");
            return guest.env().admin().describeConfigs(List.of(resource)).all().get();
        }, "who may alter configs may describe them");
        var cluster = new ConfigResource(ConfigResource.Type.BROKER, "1");
        Suite.fails(ClusterAuthorizationException.class, () -> guest.env().admin().describeConfigs(List.of(cluster)).all().get(), "the broker's");
    }

    private static void offsets(Env env) throws Exception {
        String topic = env.topic(1);
        String group = env.name("group");
        var partition = new TopicPartition(topic, 0);
        env.admin().alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(1))).all().get();
        Guest guest = guest(env);
        Suite.fails(GroupAuthorizationException.class, () -> guest.env().admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get(), "without a right");
        allow(env, guest, ResourceType.GROUP, group, AclOperation.DESCRIBE);
        Suite.succeedsSoon(() -> guest.env().admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get(), "with the right to describe the group");
        Suite.holds(!guest.env().admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().containsKey(partition), "offsets of a topic that is hidden");
        Suite.fails(TopicAuthorizationException.class, () -> guest.env().admin().listOffsets(Map.of(partition, OffsetSpec.latest())).all().get(), "end offset of a hidden topic");
        allow(env, guest, ResourceType.TOPIC, topic, AclOperation.DESCRIBE);
        Suite.eventually(() -> guest.env().admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().containsKey(partition), "and of one that is not");
        guest.env().admin().listOffsets(Map.of(partition, OffsetSpec.latest())).all().get();
    }

    private static void listGroups(Env env) throws Exception {
        String topic = env.topic(1);
        String group = env.name("group");
        env.admin().alterConsumerGroupOffsets(group, Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(1))).all().get();
        Guest guest = guest(env);
        Suite.same(guest.env().admin().listGroups().all().get().size(), 0, "groups without a right");
        Suite.fails(GroupAuthorizationException.class, () -> guest.env().admin().deleteConsumerGroups(List.of(group)).all().get(), "delete");
        allow(env, guest, ResourceType.GROUP, group, AclOperation.DESCRIBE);
        Suite.eventually(() -> guest.env().admin().listGroups().all().get().size() == 1, "the one that may be described");
        allow(env, guest, ResourceType.GROUP, group, AclOperation.DELETE);
        Suite.succeedsSoon(() -> guest.env().admin().deleteConsumerGroups(List.of(group)).all().get(), "delete with the right");
    }

    private static void transactionalId(Env env) throws Exception {
        String topic = env.topic(1);
        String id = env.name("id");
        Guest guest = guest(env);
        allow(env, guest, ResourceType.TOPIC, topic, AclOperation.WRITE);
        Suite.fails(TransactionalIdAuthorizationException.class, () -> guest.env().transactional(id), "without a right on the id");
        Suite.fails(TransactionalIdAuthorizationException.class, () -> guest.env().admin().describeTransactions(List.of(id)).all().get(), "describe");
        allow(env, guest, ResourceType.TRANSACTIONAL_ID, id, AclOperation.WRITE);
        Suite.succeedsSoon(() -> {
            var producer = guest.env().transactional(id);
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(topic, Env.bytes("x")));
            producer.commitTransaction();
            return null;
        }, "with it");
        guest.env().admin().describeTransactions(List.of(id)).all().get();
    }

    private static void listTransactions(Env env) throws Exception {
        String id = env.name("id");
        env.transactional(id);
        Guest guest = guest(env);
        Suite.same(guest.env().admin().listTransactions().all().get().size(), 0, "transactions without a right");
        allow(env, guest, ResourceType.TRANSACTIONAL_ID, id, AclOperation.DESCRIBE);
        Suite.eventually(() -> guest.env().admin().listTransactions().all().get().size() == 1, "the one that may be described");
    }

    private static void clusterOperations(Env env) throws Exception {
        Guest guest = guest(env);
        var admin = guest.env().admin();
        Suite.fails(ClusterAuthorizationException.class, () -> admin.describeAcls(AclBindingFilter.ANY).values().get(), "describe ACLs");
        Suite.fails(ClusterAuthorizationException.class, () -> admin.createAcls(List.of(binding(ResourceType.TOPIC, "x", PatternType.LITERAL, guest.principal(), AclOperation.ALL, AclPermissionType.ALLOW, "*"))).all().get(), "create ACLs");
        Suite.fails(ClusterAuthorizationException.class, () -> admin.deleteAcls(List.of(of("x"))).all().get(), "delete ACLs");
        Suite.fails(ClusterAuthorizationException.class, () -> admin.describeUserScramCredentials().all().get(), "describe credentials");
        Suite.fails(ClusterAuthorizationException.class, () -> admin.describeClientQuotas(org.apache.kafka.common.quota.ClientQuotaFilter.all()).entities().get(), "describe quotas");
        Suite.fails(ClusterAuthorizationException.class, () -> admin.describeMetadataQuorum().quorumInfo().get(), "describe the quorum");
        Suite.fails(ClusterAuthorizationException.class, () -> admin.listPartitionReassignments().reassignments().get(), "list reassignments");
        allow(env, guest, ResourceType.CLUSTER, "kafka-cluster", AclOperation.DESCRIBE);
        Suite.succeedsSoon(() -> admin.describeAcls(AclBindingFilter.ANY).values().get(), "with the right to describe the cluster");
        admin.describeMetadataQuorum().quorumInfo().get();
    }

    private static void authorizedOperations(Env env) throws Exception {
        String topic = env.topic(1);
        Guest guest = guest(env);
        allow(env, guest, ResourceType.TOPIC, topic, AclOperation.READ, AclOperation.ALTER_CONFIGS);
        var options = new DescribeTopicsOptions().includeAuthorizedOperations(true);
        Suite.eventually(() -> {
            try {
                return guest.env().admin().describeTopics(List.of(topic), options).allTopicNames().get().get(topic).authorizedOperations()
                    .equals(Set.of(AclOperation.READ, AclOperation.DESCRIBE, AclOperation.ALTER_CONFIGS, AclOperation.DESCRIBE_CONFIGS));
            } catch (java.util.concurrent.ExecutionException e) {
                return false;
            }
        }, "what is allowed and what that implies");
    }

    private static void autoCreate(Env env) throws Exception {
        String topic = env.name("auto");
        Guest guest = guest(env);
        allow(env, guest, ResourceType.TOPIC, topic, AclOperation.WRITE);
        Suite.failsSoon(TopicAuthorizationException.class, () -> send(guest.env(), topic), "the right to write does not create it");
        Suite.holds(!env.admin().listTopics().names().get().contains(topic), "it was created");
        allow(env, guest, ResourceType.TOPIC, topic, AclOperation.CREATE);
        Suite.succeedsSoon(() -> send(guest.env(), topic), "with the right to create");
    }

    private static void superUser(Env env) throws Exception {
        String topic = env.topic(1);
        env.admin().createAcls(List.of(binding(ResourceType.TOPIC, topic, PatternType.LITERAL, "User:admin", AclOperation.ALL, AclPermissionType.DENY, "*"))).all().get();
        Suite.eventually(() -> !env.admin().describeAcls(of(topic)).values().get().isEmpty(), "it is there");
        send(env, topic);
    }
}
