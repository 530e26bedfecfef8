import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListConfigResourcesOptions;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.GroupSubscribedToTopicException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.UnknownMemberIdException;

final class ConsumerGroupAdminCases {
    static void add(Suite suite) {
        suite.add("consumergroup-admin-list", ConsumerGroupAdminCases::list);
        suite.add("consumergroup-admin-describe", ConsumerGroupAdminCases::describe);
        suite.add("consumergroup-admin-describe-as-classic", ConsumerGroupAdminCases::describeAsClassic);
        suite.add("consumergroup-admin-delete", ConsumerGroupAdminCases::delete);
        suite.add("consumergroup-admin-alter-offsets", ConsumerGroupAdminCases::alterOffsets);
        suite.add("consumergroup-admin-delete-offsets", ConsumerGroupAdminCases::deleteOffsets);
        suite.add("consumergroup-admin-remove-static-member", ConsumerGroupAdminCases::removeMember);
        suite.add("config-group", ConsumerGroupAdminCases::groupConfig);
        suite.add("config-group-invalid", ConsumerGroupAdminCases::groupConfigInvalid);
    }

    private static KafkaConsumer<byte[], byte[]> living(Env env, String group, String topic, int partitions, Object... config) {
        var member = env.member(group, config);
        member.subscribe(List.of(topic));
        Env.pollUntil(() -> member.assignment().size() == partitions, "assignment", List.of(member));
        return member;
    }

    private static void list(Env env) throws Exception {
        String topic = env.topic(1);
        String group = env.name("new");
        String classic = env.name("old");
        living(env, group, topic, 1);
        var old = env.consumer(classic);
        old.subscribe(List.of(topic));
        Env.pollUntil(() -> old.assignment().size() == 1, "assignment", List.of(old));
        var found = env.admin().listGroups(new ListGroupsOptions().withTypes(Set.of(GroupType.CONSUMER))).all().get();
        var mine = found.stream().filter(one -> one.groupId().equals(group)).findFirst().orElseThrow();
        Suite.same(mine.type(), Optional.of(GroupType.CONSUMER), "type");
        Suite.same(mine.protocol(), "consumer", "protocol");
        Suite.same(mine.groupState(), Optional.of(GroupState.STABLE), "state");
        Suite.holds(found.stream().noneMatch(one -> one.groupId().equals(classic)), "the classic group is of another type");
        var classics = env.admin().listGroups(new ListGroupsOptions().withTypes(Set.of(GroupType.CLASSIC))).all().get();
        Suite.holds(classics.stream().noneMatch(one -> one.groupId().equals(group)), "and the other way round");
        Suite.holds(classics.stream().anyMatch(one -> one.groupId().equals(classic)), "classic groups");
    }

    private static void describe(Env env) throws Exception {
        String topic = env.topic(2);
        String group = env.name("group");
        living(env, group, topic, 2, "client.id", "a-client", "group.instance.id", "an-instance", "client.rack", "a-rack");
        var found = env.admin().describeConsumerGroups(List.of(group)).all().get().get(group);
        Suite.same(found.type(), GroupType.CONSUMER, "type");
        Suite.same(found.groupState(), GroupState.STABLE, "state");
        Suite.same(found.partitionAssignor(), "uniform", "assignor");
        Suite.same(found.groupEpoch(), found.targetAssignmentEpoch(), "epochs");
        var member = found.members().iterator().next();
        Suite.same(member.clientId(), "a-client", "client id");
        Suite.same(member.groupInstanceId(), Optional.of("an-instance"), "instance id");
        Suite.same(member.rackId(), Optional.of("a-rack"), "rack");
        Suite.same(member.memberEpoch(), found.groupEpoch(), "member epoch");
        Suite.same(member.upgraded(), Optional.of(true), "a member of the new protocol");
        Suite.same(member.assignment().topicPartitions(), Set.copyOf(Env.partitions(topic, 2)), "assignment");
        Suite.same(member.targetAssignment().orElseThrow().topicPartitions(), Set.copyOf(Env.partitions(topic, 2)), "target");
    }

    private static void describeAsClassic(Env env) throws Exception {
        String group = env.name("group");
        living(env, group, env.topic(1), 1);
        Suite.fails(GroupIdNotFoundException.class, () -> env.admin().describeClassicGroups(List.of(group)).all().get(), "described as a classic group");
        Suite.fails(GroupIdNotFoundException.class, () -> env.admin().describeShareGroups(List.of(group)).all().get(), "described as a share group");
    }

    private static void delete(Env env) throws Exception {
        String group = env.name("group");
        var member = living(env, group, env.topic(1), 1);
        Suite.fails(GroupNotEmptyException.class, () -> env.admin().deleteConsumerGroups(List.of(group)).all().get(), "a living group");
        member.close();
        env.admin().deleteConsumerGroups(List.of(group)).all().get();
        Suite.fails(GroupIdNotFoundException.class, () -> env.admin().describeConsumerGroups(List.of(group)).all().get(), "gone");
    }

    private static void alterOffsets(Env env) throws Exception {
        String topic = env.topic(1);
        String group = env.name("group");
        TopicPartition partition = new TopicPartition(topic, 0);
        env.fill(topic, 1, 10);
        var member = living(env, group, topic, 1);
        Suite.fails(UnknownMemberIdException.class, () -> env.admin().alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(1))).all().get(), "a living group");
        member.close();
        env.admin().alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(4))).all().get();
        try (var again = env.member(group)) {
            again.subscribe(List.of(topic));
            Suite.same(Env.take(again, 6).get(0).offset(), 4L, "first");
        }
    }

    private static void deleteOffsets(Env env) throws Exception {
        String topic = env.topic(1);
        String group = env.name("group");
        TopicPartition partition = new TopicPartition(topic, 0);
        var member = living(env, group, topic, 1);
        member.commitSync(Map.of(partition, new OffsetAndMetadata(3)));
        Suite.fails(GroupSubscribedToTopicException.class, () -> env.admin().deleteConsumerGroupOffsets(group, Set.of(partition)).all().get(), "still subscribed");
        member.close();
        env.admin().deleteConsumerGroupOffsets(group, Set.of(partition)).all().get();
        Suite.same(env.admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition), null, "gone");
    }

    private static void removeMember(Env env) throws Exception {
        String group = env.name("group");
        living(env, group, env.topic(1), 1, "group.instance.id", "fixed");
        env.admin().removeMembersFromConsumerGroup(group, new RemoveMembersFromConsumerGroupOptions(List.of(new MemberToRemove("fixed")))).all().get();
        Suite.same(env.admin().describeConsumerGroups(List.of(group)).all().get().get(group).members().size(), 0, "members");
    }

    private static void groupConfig(Env env) throws Exception {
        String group = env.name("group");
        var resource = new ConfigResource(ConfigResource.Type.GROUP, group);
        var before = env.admin().describeConfigs(List.of(resource)).all().get().get(resource);
        for (String name : List.of("consumer.session.timeout.ms", "consumer.heartbeat.interval.ms", "share.session.timeout.ms", "share.heartbeat.interval.ms",
            "share.record.lock.duration.ms", "share.auto.offset.reset", "share.isolation.level", "streams.session.timeout.ms")) Suite.holds(before.get(name) != null, "no " + name);
        Suite.same(before.get("consumer.session.timeout.ms").value(), "45000", "default");
        env.configure(resource, "consumer.session.timeout.ms", "46000");
        Suite.eventually(() -> env.admin().describeConfigs(List.of(resource)).all().get().get(resource).get("consumer.session.timeout.ms").value().equals("46000"), "set");
        var found = env.admin().describeConfigs(List.of(resource)).all().get().get(resource).get("consumer.session.timeout.ms");
        Suite.same(found.source(), ConfigEntry.ConfigSource.DYNAMIC_GROUP_CONFIG, "source");
        Suite.holds(env.admin().listConfigResources(Set.of(ConfigResource.Type.GROUP), new ListConfigResourcesOptions()).all().get().contains(resource), "listed");
        var delete = new AlterConfigOp(new ConfigEntry("consumer.session.timeout.ms", ""), AlterConfigOp.OpType.DELETE);
        env.admin().incrementalAlterConfigs(Map.of(resource, List.of(delete))).all().get();
        Suite.eventually(() -> env.admin().describeConfigs(List.of(resource)).all().get().get(resource).get("consumer.session.timeout.ms").value().equals("45000"), "back to the default");
    }

    private static void groupConfigInvalid(Env env) throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.GROUP, env.name("group"));
        for (var bad : List.of(List.of("no.such", "1"), List.of("consumer.session.timeout.ms", "soon"), List.of("consumer.session.timeout.ms", "1"), List.of("share.auto.offset.reset", "never"))) {
            Suite.fails(InvalidConfigurationException.class, () -> {
                env.configure(resource, bad.get(0), bad.get(1));
                return null;
            }, bad.toString());
        }
    }
}
