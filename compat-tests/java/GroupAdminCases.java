import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.GroupSubscribedToTopicException;
import org.apache.kafka.common.errors.UnknownMemberIdException;

final class GroupAdminCases {
    static void add(Suite suite) {
        suite.add("admin-list-groups", GroupAdminCases::listGroups);
        suite.add("admin-describe-groups", GroupAdminCases::describeGroups);
        suite.add("admin-describe-empty-and-unknown-group", GroupAdminCases::describeEmpty);
        suite.add("admin-delete-groups", GroupAdminCases::deleteGroups);
        suite.add("admin-list-group-offsets", GroupAdminCases::listOffsets);
        suite.add("admin-alter-group-offsets", GroupAdminCases::alterOffsets);
        suite.add("admin-delete-group-offsets", GroupAdminCases::deleteOffsets);
        suite.add("admin-remove-members", GroupAdminCases::removeMembers);
    }

    private static KafkaConsumer<byte[], byte[]> member(Env env, String topic, int partitions, String group, Object... config) {
        var consumer = env.consumer(group, config);
        consumer.subscribe(List.of(topic));
        Env.pollUntil(() -> consumer.assignment().size() == partitions, "assignment", List.of(consumer));
        return consumer;
    }

    private static void commit(Env env, String group, TopicPartition partition, long offset) {
        try (var consumer = env.consumer(group)) {
            consumer.assign(List.of(partition));
            consumer.commitSync(Map.of(partition, new OffsetAndMetadata(offset)));
        }
    }

    private static void listGroups(Env env) throws Exception {
        String topic = env.topic(1);
        String living = env.name("living");
        String empty = env.name("empty");
        member(env, topic, 1, living);
        commit(env, empty, new TopicPartition(topic, 0), 1);
        var all = env.admin().listGroups().all().get();
        Suite.holds(all.stream().anyMatch(g -> g.groupId().equals(living) && g.groupState().equals(java.util.Optional.of(GroupState.STABLE)) && g.protocol().equals("consumer")), "the living group");
        Suite.holds(all.stream().anyMatch(g -> g.groupId().equals(empty) && g.groupState().equals(java.util.Optional.of(GroupState.EMPTY))), "the empty group");
        var stable = env.admin().listGroups(new ListGroupsOptions().inGroupStates(Set.of(GroupState.STABLE))).all().get();
        Suite.holds(stable.stream().noneMatch(g -> g.groupId().equals(empty)), "filtered by state");
        Suite.holds(stable.stream().anyMatch(g -> g.groupId().equals(living)), "the filter keeps the living one");
        var consumers = env.admin().listGroups(ListGroupsOptions.forConsumerGroups()).all().get();
        Suite.holds(consumers.stream().anyMatch(g -> g.groupId().equals(living)), "filtered by type");
    }

    private static void describeGroups(Env env) throws Exception {
        String topic = env.topic(2);
        String group = env.name("group");
        member(env, topic, 2, group, "client.id", "a-client", "group.instance.id", "an-instance");
        var found = env.admin().describeConsumerGroups(List.of(group)).all().get().get(group);
        Suite.same(found.groupState(), GroupState.STABLE, "state");
        Suite.same(found.partitionAssignor(), "range", "assignor");
        Suite.same(found.members().size(), 1, "members");
        var member = found.members().iterator().next();
        Suite.same(member.clientId(), "a-client", "client id");
        Suite.same(member.groupInstanceId(), java.util.Optional.of("an-instance"), "instance id");
        Suite.same(member.assignment().topicPartitions(), Set.copyOf(Env.partitions(topic, 2)), "assignment");
        Suite.holds(found.coordinator() != null && found.coordinator().port() > 0, "coordinator");
    }

    private static void describeEmpty(Env env) throws Exception {
        String topic = env.topic(1);
        String group = env.name("group");
        commit(env, group, new TopicPartition(topic, 0), 1);
        var found = env.admin().describeConsumerGroups(List.of(group)).all().get().get(group);
        Suite.same(found.groupState(), GroupState.EMPTY, "state");
        Suite.fails(GroupIdNotFoundException.class, () -> env.admin().describeConsumerGroups(List.of(env.name("no"))).all().get(), "unknown group");
    }

    private static void deleteGroups(Env env) throws Exception {
        Admin admin = env.admin();
        String topic = env.topic(1);
        String living = env.name("living");
        String empty = env.name("empty");
        member(env, topic, 1, living);
        commit(env, empty, new TopicPartition(topic, 0), 1);
        admin.deleteConsumerGroups(List.of(empty)).all().get();
        Suite.holds(admin.listGroups().all().get().stream().noneMatch(g -> g.groupId().equals(empty)), "gone");
        Suite.fails(GroupNotEmptyException.class, () -> admin.deleteConsumerGroups(List.of(living)).all().get(), "a living group");
        Suite.fails(GroupIdNotFoundException.class, () -> admin.deleteConsumerGroups(List.of(empty)).all().get(), "twice");
    }

    private static void listOffsets(Env env) throws Exception {
        String topic = env.topic(3);
        String one = env.name("one");
        String two = env.name("two");
        var partition = new TopicPartition(topic, 1);
        commit(env, one, partition, 5);
        commit(env, two, partition, 6);
        var spec = new ListConsumerGroupOffsetsSpec();
        var found = env.admin().listConsumerGroupOffsets(Map.of(one, spec, two, spec)).all().get();
        Suite.same(found.get(one).get(partition).offset(), 5L, "of the first");
        Suite.same(found.get(two).get(partition).offset(), 6L, "of the second");
        Suite.same(found.get(one).size(), 1, "only what was committed");
        var asked = env.admin().listConsumerGroupOffsets(Map.of(one, new ListConsumerGroupOffsetsSpec().topicPartitions(List.of(new TopicPartition(topic, 2))))).all().get();
        Suite.same(asked.get(one).get(new TopicPartition(topic, 2)), null, "nothing committed");
    }

    private static void alterOffsets(Env env) throws Exception {
        String topic = env.topic(1);
        String group = env.name("group");
        var partition = new TopicPartition(topic, 0);
        env.fill(topic, 1, 10);
        env.admin().alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(4))).all().get();
        try (var consumer = env.consumer(group)) {
            consumer.subscribe(List.of(topic));
            Suite.same(Env.take(consumer, 6).get(0).offset(), 4L, "first");
        }
        member(env, topic, 1, group);
        Suite.fails(UnknownMemberIdException.class, () -> env.admin().alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(1))).all().get(), "a living group");
    }

    private static void deleteOffsets(Env env) throws Exception {
        String topic = env.topic(1);
        String group = env.name("group");
        var partition = new TopicPartition(topic, 0);
        commit(env, group, partition, 3);
        env.admin().deleteConsumerGroupOffsets(group, Set.of(partition)).all().get();
        Suite.same(env.admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition), null, "gone");
        String living = env.name("living");
        member(env, topic, 1, living).commitSync();
        Suite.fails(GroupSubscribedToTopicException.class, () -> env.admin().deleteConsumerGroupOffsets(living, Set.of(partition)).all().get(), "still subscribed");
    }

    private static void removeMembers(Env env) throws Exception {
        String topic = env.topic(1);
        String group = env.name("group");
        member(env, topic, 1, group, "group.instance.id", "fixed");
        env.admin().removeMembersFromConsumerGroup(group, new RemoveMembersFromConsumerGroupOptions(List.of(new MemberToRemove("fixed")))).all().get();
        Suite.same(env.admin().describeConsumerGroups(List.of(group)).all().get().get(group).members().size(), 0, "members");
    }
}
