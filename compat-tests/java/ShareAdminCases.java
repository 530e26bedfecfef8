import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;

final class ShareAdminCases {
    static void add(Suite suite) {
        suite.add("share-admin-list", ShareAdminCases::list);
        suite.add("share-admin-describe", ShareAdminCases::describe);
        suite.add("share-admin-describe-unknown", ShareAdminCases::describeUnknown);
        suite.add("share-admin-list-offsets", ShareAdminCases::listOffsets);
        suite.add("share-admin-alter-offsets", ShareAdminCases::alterOffsets);
        suite.add("share-admin-alter-offsets-of-a-living-group", ShareAdminCases::alterLiving);
        suite.add("share-admin-delete-offsets", ShareAdminCases::deleteOffsets);
        suite.add("share-admin-delete-group", ShareAdminCases::deleteGroup);
    }

    private static KafkaShareConsumer<byte[], byte[]> consumed(Env env, String group, String topic, int count, Object... config) {
        var consumer = ShareCases.consumer(env, group, topic, config);
        ShareCases.take(consumer, count);
        consumer.commitSync();
        return consumer;
    }

    private static void list(Env env) throws Exception {
        String topic = env.topic(1);
        String group = ShareCases.group(env);
        env.fill(topic, 1, 1);
        consumed(env, group, topic, 1);
        var found = env.admin().listGroups(ListGroupsOptions.forShareGroups()).all().get();
        var mine = found.stream().filter(one -> one.groupId().equals(group)).findFirst().orElseThrow();
        Suite.same(mine.type(), Optional.of(GroupType.SHARE), "type");
        Suite.same(mine.groupState(), Optional.of(GroupState.STABLE), "state");
        Suite.holds(env.admin().listGroups(ListGroupsOptions.forConsumerGroups()).all().get().stream().noneMatch(one -> one.groupId().equals(group)), "no consumer group");
    }

    private static void describe(Env env) throws Exception {
        String topic = env.topic(2);
        String group = ShareCases.group(env);
        env.fill(topic, 2, 2);
        var consumer = consumed(env, group, topic, 2, "client.id", "a-client", "client.rack", "a-rack");
        var found = env.admin().describeShareGroups(List.of(group)).all().get().get(group);
        Suite.same(found.groupState(), GroupState.STABLE, "state");
        Suite.same(found.groupEpoch(), found.targetAssignmentEpoch(), "epochs");
        var member = found.members().iterator().next();
        Suite.same(member.clientId(), "a-client", "client id");
        Suite.same(member.rackId(), Optional.of("a-rack"), "rack");
        Suite.same(member.assignment().topicPartitions(), Set.copyOf(Env.partitions(topic, 2)), "assignment");
        consumer.close();
        Suite.eventually(() -> env.admin().describeShareGroups(List.of(group)).all().get().get(group).groupState() == GroupState.EMPTY, "empty");
    }

    private static void describeUnknown(Env env) throws Exception {
        Suite.fails(GroupIdNotFoundException.class, () -> env.admin().describeShareGroups(List.of(env.name("no"))).all().get(), "unknown group");
    }

    private static void listOffsets(Env env) throws Exception {
        String topic = env.topic(1);
        String group = ShareCases.group(env);
        TopicPartition partition = new TopicPartition(topic, 0);
        env.fill(topic, 1, 5);
        consumed(env, group, topic, 5);
        // The start offset may trail what was acknowledged; the lag does not.
        Suite.eventually(() -> lag(env, group, partition) == 0, "no lag");
        env.fill(topic, 1, 3);
        Suite.eventually(() -> lag(env, group, partition) == 3, "a lag of three");
        var asked = env.admin().listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec().topicPartitions(List.of(partition)))).partitionsToOffsetInfo(group).get();
        Suite.holds(asked.get(partition) != null, "asked for by name");
    }

    private static long lag(Env env, String group, TopicPartition partition) throws Exception {
        var found = env.admin().listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec())).partitionsToOffsetInfo(group).get().get(partition);
        return found == null ? -1 : found.lag().orElse(-1L);
    }

    private static void alterOffsets(Env env) throws Exception {
        String topic = env.topic(1);
        String group = ShareCases.group(env);
        TopicPartition partition = new TopicPartition(topic, 0);
        env.fill(topic, 1, 5);
        consumed(env, group, topic, 5).close();
        env.admin().alterShareGroupOffsets(group, Map.of(partition, 2L)).all().get();
        Suite.same(env.admin().listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec())).partitionsToOffsetInfo(group).get().get(partition).startOffset(), 2L, "start offset");
        try (var consumer = ShareCases.consumer(env, group, topic)) {
            Suite.same(ShareCases.take(consumer, 3), List.of("v2", "v3", "v4"), "from there on");
        }
    }

    private static void alterLiving(Env env) throws Exception {
        String topic = env.topic(1);
        String group = ShareCases.group(env);
        env.fill(topic, 1, 1);
        consumed(env, group, topic, 1);
        Suite.fails(GroupNotEmptyException.class, () -> env.admin().alterShareGroupOffsets(group, Map.of(new TopicPartition(topic, 0), 0L)).all().get(), "a living group");
    }

    private static void deleteOffsets(Env env) throws Exception {
        String topic = env.topic(1);
        String group = ShareCases.group(env);
        env.fill(topic, 1, 5);
        consumed(env, group, topic, 5).close();
        env.admin().deleteShareGroupOffsets(group, Set.of(topic)).all().get();
        Suite.same(env.admin().listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec())).partitionsToOffsetInfo(group).get().get(new TopicPartition(topic, 0)), null, "gone");
        try (var consumer = ShareCases.consumer(env, group, topic)) {
            Suite.same(ShareCases.take(consumer, 5).size(), 5, "from the beginning again");
        }
    }

    private static void deleteGroup(Env env) throws Exception {
        String topic = env.topic(1);
        String group = ShareCases.group(env);
        env.fill(topic, 1, 1);
        var consumer = consumed(env, group, topic, 1);
        Suite.fails(GroupNotEmptyException.class, () -> env.admin().deleteShareGroups(List.of(group)).all().get(), "a living group");
        consumer.close();
        env.admin().deleteShareGroups(List.of(group)).all().get();
        Suite.fails(GroupIdNotFoundException.class, () -> env.admin().describeShareGroups(List.of(group)).all().get(), "gone");
    }
}
