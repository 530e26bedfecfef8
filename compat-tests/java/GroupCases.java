import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.FencedInstanceIdException;

final class GroupCases {
    private static final String ASSIGNORS = "org.apache.kafka.clients.consumer.";

    static void add(Suite suite) {
        suite.add("group-range-two-members", env -> twoMembers(env, ASSIGNORS + "RangeAssignor"));
        suite.add("group-round-robin-two-members", env -> twoMembers(env, ASSIGNORS + "RoundRobinAssignor"));
        suite.add("group-cooperative-sticky", GroupCases::cooperative);
        suite.add("group-static-membership", GroupCases::staticMember);
        suite.add("group-static-fencing", GroupCases::staticFencing);
        suite.add("group-commit-and-resume", GroupCases::commitAndResume);
        suite.add("group-auto-commit", GroupCases::autoCommit);
        suite.add("group-commit-metadata", GroupCases::commitMetadata);
        suite.add("group-commit-async", GroupCases::commitAsync);
        suite.add("group-slow-member-leaves", GroupCases::slowMember);
        suite.add("group-silent-member-expires", GroupCases::silentMember);
        suite.add("group-two-topics-different-subscriptions", GroupCases::differentSubscriptions);
        suite.add("group-partitions-added", GroupCases::partitionsAdded);
        suite.add("group-commit-without-membership", GroupCases::commitWithoutMembership);
        suite.add("group-enforce-rebalance", GroupCases::enforceRebalance);
        suite.add("group-five-members", GroupCases::fiveMembers);
    }

    private static boolean split(Collection<KafkaConsumer<byte[], byte[]>> members, int partitions) {
        Set<TopicPartition> seen = new HashSet<>();
        for (var member : members) {
            if (member.assignment().isEmpty()) return false;
            for (var partition : member.assignment()) if (!seen.add(partition)) return false;
        }
        return seen.size() == partitions;
    }

    private static void twoMembers(Env env, String assignor) throws Exception {
        String topic = env.topic(4);
        String group = env.name("group");
        var one = env.consumer(group, "partition.assignment.strategy", assignor);
        var two = env.consumer(group, "partition.assignment.strategy", assignor);
        one.subscribe(List.of(topic));
        two.subscribe(List.of(topic));
        Env.pollUntil(() -> split(List.of(one, two), 4), "both share the partitions", List.of(one, two));
        env.fill(topic, 4, 40);
        List<Object> got = new ArrayList<>();
        Env.pollUntil(() -> {
            one.poll(Duration.ofMillis(50)).forEach(got::add);
            two.poll(Duration.ofMillis(50)).forEach(got::add);
            return got.size() >= 40;
        }, "both read", List.of());
        Suite.same(got.size(), 40, "each record once");
        one.commitSync();
        two.commitSync();
        two.close();
        Env.pollUntil(() -> one.assignment().size() == 4, "the one that stays has all", List.of(one));
        env.fill(topic, 4, 8);
        Suite.same(Env.take(one, 8).size(), 8, "records after the rebalance");
    }

    private static final class Watcher implements ConsumerRebalanceListener {
        final AtomicInteger revoked = new AtomicInteger();
        final Set<TopicPartition> kept = new HashSet<>();

        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            revoked.addAndGet(partitions.size());
        }

        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            kept.addAll(partitions);
        }
    }

    /** Only the partitions that move are given up. */
    private static void cooperative(Env env) throws Exception {
        String topic = env.topic(4);
        String group = env.name("group");
        String assignor = ASSIGNORS + "CooperativeStickyAssignor";
        var one = env.consumer(group, "partition.assignment.strategy", assignor);
        var two = env.consumer(group, "partition.assignment.strategy", assignor);
        Watcher watcher = new Watcher();
        one.subscribe(List.of(topic), watcher);
        Env.pollUntil(() -> one.assignment().size() == 4, "the first has all", List.of(one));
        two.subscribe(List.of(topic));
        Env.pollUntil(() -> split(List.of(one, two), 4), "both share", List.of(one, two));
        Suite.same(watcher.revoked.get(), 2, "partitions that the first gave up");
        two.close();
        Env.pollUntil(() -> one.assignment().size() == 4, "all come back", List.of(one));
        Suite.same(watcher.revoked.get(), 2, "nothing was given up by growing");
    }

    /** A member that comes back under its instance id within the session gets its partitions without a rebalance. */
    private static void staticMember(Env env) throws Exception {
        String topic = env.topic(4);
        String group = env.name("group");
        var one = env.consumer(group, "group.instance.id", "one");
        Watcher watcher = new Watcher();
        one.subscribe(List.of(topic), watcher);
        var two = env.consumer(group, "group.instance.id", "two");
        two.subscribe(List.of(topic));
        Env.pollUntil(() -> split(List.of(one, two), 4), "both share", List.of(one, two));
        Set<TopicPartition> before = two.assignment();
        int revoked = watcher.revoked.get();
        int generation = one.groupMetadata().generationId();
        two.close();
        var again = env.consumer(group, "group.instance.id", "two");
        again.subscribe(List.of(topic));
        Env.pollUntil(() -> !again.assignment().isEmpty(), "the member is back", List.of(one, again));
        Suite.same(again.assignment(), before, "its partitions");
        Suite.same(watcher.revoked.get(), revoked, "revocations of the other member");
        Suite.same(one.groupMetadata().generationId(), generation, "generation");
    }

    private static void staticFencing(Env env) throws Exception {
        String topic = env.topic(1);
        String group = env.name("group");
        var one = env.consumer(group, "group.instance.id", "same");
        one.subscribe(List.of(topic));
        Env.pollUntil(() -> one.assignment().size() == 1, "the first is in", List.of(one));
        var two = env.consumer(group, "group.instance.id", "same");
        two.subscribe(List.of(topic));
        Env.pollUntil(() -> two.assignment().size() == 1, "the second is in", List.of(two));
        Suite.fails(FencedInstanceIdException.class, () -> {
            for (int i = 0; i < 50; i++) one.poll(Duration.ofMillis(200));
            return null;
        }, "the first goes on");
    }

    private static void commitAndResume(Env env) throws Exception {
        String topic = env.topic(1);
        String group = env.name("group");
        env.fill(topic, 1, 100);
        try (var consumer = env.consumer(group, "max.poll.records", 40)) {
            consumer.subscribe(List.of(topic));
            Suite.same(Env.take(consumer, 40).size(), 40, "first part");
            consumer.commitSync();
        }
        try (var consumer = env.consumer(group)) {
            consumer.subscribe(List.of(topic));
            var rest = Env.take(consumer, 60);
            Suite.same(rest.get(0).offset(), 40L, "first of the rest");
            Suite.same(rest.size(), 60, "the rest");
        }
    }

    private static void autoCommit(Env env) throws Exception {
        String topic = env.topic(2);
        String group = env.name("group");
        env.fill(topic, 2, 20);
        try (var consumer = env.consumer(group, "enable.auto.commit", true, "auto.commit.interval.ms", 200)) {
            consumer.subscribe(List.of(topic));
            Env.take(consumer, 20);
        }
        try (var consumer = env.consumer(group)) {
            var committed = consumer.committed(new HashSet<>(Env.partitions(topic, 2)));
            for (var offset : committed.values()) Suite.same(offset.offset(), 10L, "committed on close");
        }
    }

    private static void commitMetadata(Env env) throws Exception {
        String topic = env.topic(2);
        TopicPartition partition = new TopicPartition(topic, 0);
        var other = new TopicPartition(topic, 1);
        try (var consumer = env.consumer(env.name("group"))) {
            consumer.assign(List.of(partition, other));
            consumer.commitSync(Map.of(partition, new OffsetAndMetadata(7, java.util.Optional.of(0), "a note ☃")));
            var committed = consumer.committed(Set.of(partition, other));
            Suite.same(committed.get(partition).offset(), 7L, "offset");
            Suite.same(committed.get(partition).metadata(), "a note ☃", "metadata");
            Suite.same(committed.get(partition).leaderEpoch(), java.util.Optional.of(0), "leader epoch");
            Suite.same(committed.get(other), null, "nothing committed");
        }
    }

    private static void commitAsync(Env env) throws Exception {
        String topic = env.topic(1);
        env.fill(topic, 1, 10);
        try (var consumer = env.consumer(env.name("group"))) {
            consumer.subscribe(List.of(topic));
            Env.take(consumer, 10);
            AtomicReference<Object> outcome = new AtomicReference<>();
            consumer.commitAsync((offsets, error) -> outcome.set(error == null ? offsets : error));
            Env.pollUntil(() -> outcome.get() != null, "the callback", List.of(consumer));
            Suite.holds(outcome.get() instanceof Map, "commit failed: " + outcome.get());
        }
    }

    /** A member that does not poll leaves; its late commit is refused. */
    private static void slowMember(Env env) throws Exception {
        String topic = env.topic(2);
        String group = env.name("group");
        env.fill(topic, 2, 10);
        var slow = env.consumer(group, "max.poll.interval.ms", 2000, "session.timeout.ms", 6000);
        slow.subscribe(List.of(topic));
        Env.take(slow, 1);
        var other = env.consumer(group);
        other.subscribe(List.of(topic));
        Env.pollUntil(() -> other.assignment().size() == 2, "the other takes over", List.of(other));
        Suite.fails(CommitFailedException.class, () -> {
            slow.commitSync();
            return null;
        }, "late commit");
    }

    /** A member whose connection dies without a word is gone after its session time-out. */
    private static void silentMember(Env env) throws Exception {
        String topic = env.topic(2);
        String group = env.name("group");
        var silent = env.consumer(group, "session.timeout.ms", 6000, "heartbeat.interval.ms", 5900, "max.poll.interval.ms", 300000);
        silent.subscribe(List.of(topic));
        Env.pollUntil(() -> silent.assignment().size() == 2, "the first has all", List.of(silent));
        // Its heartbeat comes too rarely to hear of the rebalance in time, and nobody polls it.
        var other = env.consumer(group, "session.timeout.ms", 6000);
        other.subscribe(List.of(topic));
        long end = System.nanoTime() + 25_000_000_000L;
        boolean rejoined = false;
        while (other.assignment().isEmpty()) {
            Suite.holds(System.nanoTime() < end, "the other never got a partition");
            other.poll(Duration.ofMillis(100));
            if (!rejoined && System.nanoTime() > end - 17_000_000_000L) {
                rejoined = true;
                silent.close();
            }
        }
    }

    private static void differentSubscriptions(Env env) throws Exception {
        String left = env.topic(2);
        String right = env.topic(2);
        String group = env.name("group");
        var one = env.consumer(group);
        var two = env.consumer(group);
        one.subscribe(List.of(left));
        two.subscribe(List.of(right));
        Env.pollUntil(() -> one.assignment().size() == 2 && two.assignment().size() == 2, "each has its topic", List.of(one, two));
        Suite.same(one.assignment(), Set.copyOf(Env.partitions(left, 2)), "the first's");
        Suite.same(two.assignment(), Set.copyOf(Env.partitions(right, 2)), "the second's");
    }

    private static void partitionsAdded(Env env) throws Exception {
        String topic = env.topic(1);
        var consumer = env.consumer(env.name("group"), "metadata.max.age.ms", 500);
        consumer.subscribe(List.of(topic));
        Env.pollUntil(() -> consumer.assignment().size() == 1, "one partition", List.of(consumer));
        env.admin().createPartitions(Map.of(topic, org.apache.kafka.clients.admin.NewPartitions.increaseTo(3))).all().get();
        Env.pollUntil(() -> consumer.assignment().size() == 3, "three partitions", List.of(consumer));
        env.fill(topic, 3, 30);
        Env.take(consumer, 30);
    }

    private static void commitWithoutMembership(Env env) throws Exception {
        String topic = env.topic(1);
        String group = env.name("group");
        TopicPartition partition = new TopicPartition(topic, 0);
        var member = env.consumer(group);
        member.subscribe(List.of(topic));
        Env.pollUntil(() -> member.assignment().size() == 1, "a member is in", List.of(member));
        env.strangerMayNotCommit(group, partition);
    }

    private static void enforceRebalance(Env env) throws Exception {
        String topic = env.topic(2);
        var consumer = env.consumer(env.name("group"));
        consumer.subscribe(List.of(topic));
        Env.pollUntil(() -> consumer.assignment().size() == 2, "all", List.of(consumer));
        int generation = consumer.groupMetadata().generationId();
        consumer.enforceRebalance("a reason");
        Env.pollUntil(() -> consumer.groupMetadata().generationId() > generation && consumer.assignment().size() == 2, "a new generation", List.of(consumer));
    }

    private static void fiveMembers(Env env) throws Exception {
        String topic = env.topic(10);
        String group = env.name("group");
        List<KafkaConsumer<byte[], byte[]>> members = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            members.add(env.consumer(group));
            members.get(i).subscribe(List.of(topic));
        }
        Env.pollUntil(() -> split(members, 10), "five share ten", members);
        for (var member : members) Suite.same(member.assignment().size(), 2, "two each");
        members.remove(4).close();
        members.remove(3).close();
        Env.pollUntil(() -> split(members, 10), "three share ten", members);
    }
}
