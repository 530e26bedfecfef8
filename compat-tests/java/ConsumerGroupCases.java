import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidRegularExpression;
import org.apache.kafka.common.errors.UnreleasedInstanceIdException;
import org.apache.kafka.common.errors.UnsupportedAssignorException;

/** Groups of KIP-848 (`group.protocol=consumer`), where the broker assigns. */
final class ConsumerGroupCases {
    static void add(Suite suite) {
        suite.add("consumergroup-alone", ConsumerGroupCases::alone);
        suite.add("consumergroup-uniform", env -> twoMembers(env, "uniform"));
        suite.add("consumergroup-range", env -> twoMembers(env, "range"));
        suite.add("consumergroup-range-keeps-partitions-together", ConsumerGroupCases::rangeTogether);
        suite.add("consumergroup-unknown-assignor", ConsumerGroupCases::unknownAssignor);
        suite.add("consumergroup-only-what-moves-is-revoked", ConsumerGroupCases::onlyWhatMoves);
        suite.add("consumergroup-five-members", ConsumerGroupCases::fiveMembers);
        suite.add("consumergroup-more-members-than-partitions", ConsumerGroupCases::moreMembers);
        suite.add("consumergroup-pattern", ConsumerGroupCases::pattern);
        suite.add("consumergroup-pattern-sees-new-topics", ConsumerGroupCases::patternNewTopic);
        suite.add("consumergroup-invalid-pattern", ConsumerGroupCases::invalidPattern);
        suite.add("consumergroup-java-pattern", ConsumerGroupCases::javaPattern);
        suite.add("consumergroup-static-member-comes-back", ConsumerGroupCases::staticMember);
        suite.add("consumergroup-static-member-twice", ConsumerGroupCases::staticTwice);
        suite.add("consumergroup-static-member-leaves", ConsumerGroupCases::staticLeaves);
        suite.add("consumergroup-silent-member-expires", ConsumerGroupCases::silentMember);
        suite.add("consumergroup-slow-member-leaves", ConsumerGroupCases::slowMember);
        suite.add("consumergroup-partitions-added", ConsumerGroupCases::partitionsAdded);
        suite.add("consumergroup-topic-created-later", ConsumerGroupCases::topicLater);
        suite.add("consumergroup-topic-deleted", ConsumerGroupCases::topicDeleted);
        suite.add("consumergroup-different-subscriptions", ConsumerGroupCases::differentSubscriptions);
        suite.add("consumergroup-subscription-changes", ConsumerGroupCases::subscriptionChanges);
        suite.add("consumergroup-commit-and-resume", ConsumerGroupCases::commitAndResume);
        suite.add("consumergroup-auto-commit", ConsumerGroupCases::autoCommit);
        suite.add("consumergroup-commit-async", ConsumerGroupCases::commitAsync);
        suite.add("consumergroup-commit-of-a-stranger", ConsumerGroupCases::commitOfStranger);
        suite.add("consumergroup-handover-without-loss", ConsumerGroupCases::handover);
        suite.add("consumergroup-upgrade-online", 60, ConsumerGroupCases::upgrade);
        suite.add("consumergroup-downgrade-online", 60, ConsumerGroupCases::downgrade);
        suite.add("consumergroup-empty-classic-converts", ConsumerGroupCases::emptyConverts);
        suite.add("consumergroup-range-member-of-both-protocols", 60, ConsumerGroupCases::mixed);
    }

    private static boolean split(Collection<KafkaConsumer<byte[], byte[]>> members, int partitions) {
        Set<TopicPartition> seen = new HashSet<>();
        for (var member : members) {
            if (member.assignment().isEmpty()) return false;
            for (var partition : member.assignment()) if (!seen.add(partition)) return false;
        }
        return seen.size() == partitions;
    }

    private static KafkaConsumer<byte[], byte[]> subscribed(Env env, String group, List<String> topics, Object... config) {
        var member = env.member(group, config);
        member.subscribe(topics);
        return member;
    }

    private static void alone(Env env) throws Exception {
        String topic = env.topic(3);
        env.fill(topic, 3, 30);
        var member = subscribed(env, env.name("group"), List.of(topic));
        Suite.same(Env.take(member, 30).size(), 30, "records");
        Suite.same(member.assignment(), Set.copyOf(Env.partitions(topic, 3)), "assignment");
        Suite.holds(member.groupMetadata().generationId() > 0, "member epoch");
    }

    private static void twoMembers(Env env, String assignor) throws Exception {
        String topic = env.topic(4);
        String group = env.name("group");
        var one = subscribed(env, group, List.of(topic), "group.remote.assignor", assignor);
        var two = subscribed(env, group, List.of(topic), "group.remote.assignor", assignor);
        Env.pollUntil(() -> split(List.of(one, two), 4), "both share", List.of(one, two));
        Suite.same(one.assignment().size(), 2, "half each");
        Suite.same(env.admin().describeConsumerGroups(List.of(group)).all().get().get(group).partitionAssignor(), assignor, "assignor");
        env.fill(topic, 4, 40);
        List<String> got = new ArrayList<>();
        Env.pollUntil(() -> {
            for (var member : List.of(one, two)) got.addAll(Env.values(member.poll(Duration.ofMillis(50))));
            return got.size() >= 40;
        }, "both read", List.of());
        Suite.same(Set.copyOf(got).size(), got.size(), "each record once");
        two.close();
        Env.pollUntil(() -> one.assignment().size() == 4, "the one that stays has all", List.of(one));
    }

    /** With equal subscriptions the range assignor gives the same partitions of each topic to the same member. */
    private static void rangeTogether(Env env) throws Exception {
        String left = env.topic(4);
        String right = env.topic(4);
        String group = env.name("group");
        var members = List.of(subscribed(env, group, List.of(left, right), "group.remote.assignor", "range"), subscribed(env, group, List.of(left, right), "group.remote.assignor", "range"));
        Env.pollUntil(() -> split(members, 8), "both share", members);
        for (var member : members) {
            Set<Integer> ofLeft = new HashSet<>();
            Set<Integer> ofRight = new HashSet<>();
            for (var partition : member.assignment()) (partition.topic().equals(left) ? ofLeft : ofRight).add(partition.partition());
            Suite.same(ofLeft, ofRight, "partition numbers");
        }
    }

    private static void unknownAssignor(Env env) throws Exception {
        String topic = env.topic(1);
        var member = subscribed(env, env.name("group"), List.of(topic), "group.remote.assignor", "no-such");
        Suite.fails(UnsupportedAssignorException.class, () -> Env.take(member, 1), "an unknown assignor");
    }

    private static final class Watcher implements ConsumerRebalanceListener {
        final List<TopicPartition> revoked = new ArrayList<>();

        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            revoked.addAll(partitions);
        }

        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {}
    }

    private static void onlyWhatMoves(Env env) throws Exception {
        String topic = env.topic(6);
        String group = env.name("group");
        var one = env.member(group);
        Watcher watcher = new Watcher();
        one.subscribe(List.of(topic), watcher);
        Env.pollUntil(() -> one.assignment().size() == 6, "the first has all", List.of(one));
        var two = subscribed(env, group, List.of(topic));
        Env.pollUntil(() -> split(List.of(one, two), 6), "both share", List.of(one, two));
        Suite.same(watcher.revoked.size(), 3, "revoked");
        var kept = one.assignment();
        two.close();
        Env.pollUntil(() -> one.assignment().size() == 6, "all come back", List.of(one));
        Suite.same(watcher.revoked.size(), 3, "nothing is given up by growing");
        Suite.holds(one.assignment().containsAll(kept), "what it had it kept");
    }

    private static void fiveMembers(Env env) throws Exception {
        String topic = env.topic(10);
        String group = env.name("group");
        List<KafkaConsumer<byte[], byte[]>> members = new ArrayList<>();
        for (int i = 0; i < 5; i++) members.add(subscribed(env, group, List.of(topic)));
        Env.pollUntil(() -> split(members, 10) && members.stream().allMatch(member -> member.assignment().size() == 2), "two each", members);
        members.remove(4).close();
        members.remove(3).close();
        Env.pollUntil(() -> split(members, 10), "three share ten", members);
    }

    private static void moreMembers(Env env) throws Exception {
        String topic = env.topic(2);
        String group = env.name("group");
        List<KafkaConsumer<byte[], byte[]>> members = new ArrayList<>();
        for (int i = 0; i < 3; i++) members.add(subscribed(env, group, List.of(topic)));
        Suite.eventually(() -> {
            for (var member : members) member.poll(Duration.ofMillis(50));
            return members.stream().mapToInt(member -> member.assignment().size()).sorted().boxed().toList().equals(List.of(0, 1, 1));
        }, "one has none");
        int busy = members.get(0).assignment().isEmpty() ? 1 : 0;
        members.remove(busy).close();
        Env.pollUntil(() -> split(members, 2), "the idle one takes over", members);
    }

    private static void pattern(Env env) throws Exception {
        String prefix = env.name("p");
        for (String name : List.of("-orders", "-payments", "-other")) env.admin().createTopics(List.of(new org.apache.kafka.clients.admin.NewTopic(prefix + name, 1, (short) 1))).all().get();
        for (String name : List.of("-orders", "-payments", "-other")) env.awaitTopic(prefix + name);
        var member = env.member(env.name("group"));
        member.subscribe(new SubscriptionPattern(prefix + "-(orders|pay.*)"));
        Env.pollUntil(() -> member.assignment().size() == 2, "the two that match", List.of(member));
        Suite.same(member.assignment(), Set.of(new TopicPartition(prefix + "-orders", 0), new TopicPartition(prefix + "-payments", 0)), "assignment");
    }

    private static void patternNewTopic(Env env) throws Exception {
        String prefix = env.name("p");
        env.admin().createTopics(List.of(new org.apache.kafka.clients.admin.NewTopic(prefix + "-1", 1, (short) 1))).all().get();
        env.awaitTopic(prefix + "-1");
        var member = env.member(env.name("group"));
        member.subscribe(new SubscriptionPattern(prefix + "-[0-9]+"));
        Env.pollUntil(() -> member.assignment().size() == 1, "the first", List.of(member));
        for (String name : List.of("-22", "-x")) env.admin().createTopics(List.of(new org.apache.kafka.clients.admin.NewTopic(prefix + name, 1, (short) 1))).all().get();
        Env.pollUntil(() -> member.assignment().size() == 2, "the new one that matches", List.of(member));
        Suite.holds(member.assignment().contains(new TopicPartition(prefix + "-22", 0)), "assignment " + member.assignment());
    }

    private static void invalidPattern(Env env) throws Exception {
        var member = env.member(env.name("group"));
        member.subscribe(new SubscriptionPattern("(unclosed"));
        Suite.fails(InvalidRegularExpression.class, () -> Env.take(member, 1), "a pattern that is none");
    }

    private static void javaPattern(Env env) throws Exception {
        String topic = env.topic(2);
        env.fill(topic, 2, 10);
        var member = env.member(env.name("group"));
        member.subscribe(java.util.regex.Pattern.compile(java.util.regex.Pattern.quote(topic)));
        Suite.same(Env.take(member, 10).size(), 10, "records");
    }

    private static void staticMember(Env env) throws Exception {
        String topic = env.topic(4);
        String group = env.name("group");
        var one = subscribed(env, group, List.of(topic), "group.instance.id", "one");
        var two = subscribed(env, group, List.of(topic), "group.instance.id", "two");
        Env.pollUntil(() -> split(List.of(one, two), 4), "both share", List.of(one, two));
        Set<TopicPartition> before = two.assignment();
        int epoch = env.admin().describeConsumerGroups(List.of(group)).all().get().get(group).groupEpoch().orElseThrow();
        two.close();
        var again = subscribed(env, group, List.of(topic), "group.instance.id", "two");
        Env.pollUntil(() -> again.assignment().size() == 2, "the member is back", List.of(one, again));
        Suite.same(again.assignment(), before, "its partitions");
        Suite.same(env.admin().describeConsumerGroups(List.of(group)).all().get().get(group).groupEpoch().orElseThrow(), epoch, "group epoch");
    }

    private static void staticTwice(Env env) throws Exception {
        String topic = env.topic(1);
        String group = env.name("group");
        var one = subscribed(env, group, List.of(topic), "group.instance.id", "same");
        Env.pollUntil(() -> one.assignment().size() == 1, "the first is in", List.of(one));
        var two = subscribed(env, group, List.of(topic), "group.instance.id", "same");
        Suite.fails(UnreleasedInstanceIdException.class, () -> Env.take(two, 1), "a second with the same id");
    }

    private static void staticLeaves(Env env) throws Exception {
        String topic = env.topic(2);
        String group = env.name("group");
        var one = subscribed(env, group, List.of(topic), "group.instance.id", "one");
        var two = subscribed(env, group, List.of(topic), "group.instance.id", "two");
        Env.pollUntil(() -> split(List.of(one, two), 2), "both share", List.of(one, two));
        two.close(CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
        Env.pollUntil(() -> one.assignment().size() == 2, "the other takes over at once", List.of(one));
    }

    /** A member that is gone without a word is expired after the group's session timeout, which is a config of the group. */
    private static void silentMember(Env env) throws Exception {
        String topic = env.topic(2);
        String group = env.name("group");
        env.configure(new ConfigResource(ConfigResource.Type.GROUP, group), "consumer.session.timeout.ms", "3000");
        var silent = subscribed(env, group, List.of(topic));
        Env.pollUntil(() -> silent.assignment().size() == 2, "the first has all", List.of(silent));
        silent.close(CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.REMAIN_IN_GROUP));
        var other = subscribed(env, group, List.of(topic));
        Env.pollUntil(() -> other.assignment().size() == 2, "the other takes over", List.of(other));
    }

    private static void slowMember(Env env) throws Exception {
        String topic = env.topic(2);
        String group = env.name("group");
        env.fill(topic, 2, 10);
        var slow = subscribed(env, group, List.of(topic), "max.poll.interval.ms", 2000);
        var last = Env.take(slow, 1).get(0);
        var other = subscribed(env, group, List.of(topic));
        Env.pollUntil(() -> other.assignment().size() == 2, "the other takes over", List.of(other));
        Suite.fails(CommitFailedException.class, () -> {
            slow.commitSync(Map.of(new TopicPartition(topic, last.partition()), new OffsetAndMetadata(last.offset() + 1)));
            return null;
        }, "late commit");
    }

    private static void partitionsAdded(Env env) throws Exception {
        String topic = env.topic(1);
        var member = subscribed(env, env.name("group"), List.of(topic));
        Env.pollUntil(() -> member.assignment().size() == 1, "one partition", List.of(member));
        env.admin().createPartitions(Map.of(topic, NewPartitions.increaseTo(3))).all().get();
        Env.pollUntil(() -> member.assignment().size() == 3, "three partitions", List.of(member));
    }

    private static void topicLater(Env env) throws Exception {
        String topic = env.name("later");
        var member = subscribed(env, env.name("group"), List.of(topic), "allow.auto.create.topics", false);
        for (int i = 0; i < 5; i++) member.poll(Duration.ofMillis(200));
        Suite.same(member.assignment(), Set.of(), "nothing yet");
        env.admin().createTopics(List.of(new org.apache.kafka.clients.admin.NewTopic(topic, 2, (short) 1))).all().get();
        Env.pollUntil(() -> member.assignment().size() == 2, "its partitions", List.of(member));
    }

    private static void topicDeleted(Env env) throws Exception {
        String stays = env.topic(1);
        String goes = env.topic(2);
        var member = subscribed(env, env.name("group"), List.of(stays, goes), "allow.auto.create.topics", false);
        Env.pollUntil(() -> member.assignment().size() == 3, "both topics", List.of(member));
        env.admin().deleteTopics(List.of(goes)).all().get();
        Env.pollUntil(() -> member.assignment().size() == 1, "one topic", List.of(member));
    }

    private static void differentSubscriptions(Env env) throws Exception {
        String left = env.topic(2);
        String right = env.topic(2);
        String group = env.name("group");
        var one = subscribed(env, group, List.of(left));
        var two = subscribed(env, group, List.of(right));
        Env.pollUntil(() -> one.assignment().size() == 2 && two.assignment().size() == 2, "each has its topic", List.of(one, two));
        Suite.same(one.assignment(), Set.copyOf(Env.partitions(left, 2)), "the first's");
        Suite.same(two.assignment(), Set.copyOf(Env.partitions(right, 2)), "the second's");
    }

    private static void subscriptionChanges(Env env) throws Exception {
        String left = env.topic(1);
        String right = env.topic(1);
        var member = subscribed(env, env.name("group"), List.of(left));
        Env.pollUntil(() -> member.assignment().equals(Set.of(new TopicPartition(left, 0))), "the first topic", List.of(member));
        member.subscribe(List.of(right));
        Env.pollUntil(() -> member.assignment().equals(Set.of(new TopicPartition(right, 0))), "the second topic", List.of(member));
        member.unsubscribe();
        Suite.same(member.assignment(), Set.of(), "nothing");
        member.subscribe(List.of(left, right));
        Env.pollUntil(() -> member.assignment().size() == 2, "both", List.of(member));
    }

    private static void commitAndResume(Env env) throws Exception {
        String topic = env.topic(1);
        String group = env.name("group");
        env.fill(topic, 1, 100);
        try (var member = subscribed(env, group, List.of(topic), "max.poll.records", 40)) {
            Suite.same(Env.take(member, 40).size(), 40, "first part");
            member.commitSync();
        }
        try (var member = subscribed(env, group, List.of(topic))) {
            Suite.same(Env.take(member, 60).get(0).offset(), 40L, "first of the rest");
            Suite.same(member.committed(Set.of(new TopicPartition(topic, 0))).get(new TopicPartition(topic, 0)).offset(), 40L, "committed");
        }
    }

    private static void autoCommit(Env env) throws Exception {
        String topic = env.topic(2);
        String group = env.name("group");
        env.fill(topic, 2, 20);
        try (var member = subscribed(env, group, List.of(topic), "enable.auto.commit", true, "auto.commit.interval.ms", 200)) {
            Env.take(member, 20);
        }
        var committed = env.admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
        for (var partition : Env.partitions(topic, 2)) Suite.same(committed.get(partition).offset(), 10L, "committed on close");
    }

    private static void commitAsync(Env env) throws Exception {
        String topic = env.topic(1);
        env.fill(topic, 1, 10);
        var member = subscribed(env, env.name("group"), List.of(topic));
        Env.take(member, 10);
        List<Object> outcome = new ArrayList<>();
        member.commitAsync((offsets, error) -> outcome.add(error == null ? offsets : error));
        Env.pollUntil(() -> !outcome.isEmpty(), "the callback", List.of(member));
        Suite.holds(outcome.get(0) instanceof Map, "commit failed: " + outcome.get(0));
    }

    private static void commitOfStranger(Env env) throws Exception {
        String topic = env.topic(1);
        String group = env.name("group");
        TopicPartition partition = new TopicPartition(topic, 0);
        var member = subscribed(env, group, List.of(topic));
        Env.pollUntil(() -> member.assignment().size() == 1, "a member is in", List.of(member));
        env.strangerMayNotCommit(group, partition);
    }

    /** Members come and go while records are read and committed: none is lost, and none comes twice once committed. */
    private static void handover(Env env) throws Exception {
        String topic = env.topic(4);
        String group = env.name("group");
        env.fill(topic, 4, 400);
        List<String> seen = new ArrayList<>();
        var one = subscribed(env, group, List.of(topic), "max.poll.records", 20);
        while (seen.size() < 60) seen.addAll(pollAndCommit(one));
        var two = subscribed(env, group, List.of(topic), "max.poll.records", 20);
        Env.pollUntil(() -> {
            seen.addAll(pollAndCommit(one));
            seen.addAll(pollAndCommit(two));
            return split(List.of(one, two), 4);
        }, "both share", List.of());
        one.close();
        Env.pollUntil(() -> {
            seen.addAll(pollAndCommit(two));
            return seen.size() >= 400;
        }, "all records", List.of());
        Suite.same(Set.copyOf(seen).size(), 400, "different records");
        Suite.same(seen.size(), 400, "records");
    }

    private static List<String> pollAndCommit(KafkaConsumer<byte[], byte[]> member) {
        var values = Env.values(member.poll(Duration.ofMillis(100)));
        if (!values.isEmpty()) member.commitSync();
        return values;
    }

    private static GroupType typeOf(Env env, String group) throws Exception {
        return env.admin().describeConsumerGroups(List.of(group)).all().get().get(group).type();
    }

    /** Classic members and one of the new protocol share the partitions; when the classic ones are gone the group is new. */
    private static void upgrade(Env env) throws Exception {
        String topic = env.topic(4);
        String group = env.name("group");
        env.fill(topic, 4, 40);
        var old = env.consumer(group);
        old.subscribe(List.of(topic));
        Env.take(old, 40);
        old.commitSync();
        Suite.same(typeOf(env, group), GroupType.CLASSIC, "type before");
        var member = subscribed(env, group, List.of(topic));
        Env.pollUntil(() -> split(List.of(old, member), 4), "both share", List.of(old, member));
        Suite.same(typeOf(env, group), GroupType.CONSUMER, "type after");
        env.fill(topic, 4, 8);
        List<String> got = new ArrayList<>();
        Env.pollUntil(() -> {
            for (var one : List.of(old, member)) got.addAll(Env.values(one.poll(Duration.ofMillis(50))));
            return got.size() >= 8;
        }, "both read from what was committed", List.of());
        Suite.same(got.size(), 8, "nothing comes again");
        old.close();
        Env.pollUntil(() -> member.assignment().size() == 4, "the new member has all", List.of(member));
    }

    private static void downgrade(Env env) throws Exception {
        String topic = env.topic(4);
        String group = env.name("group");
        var member = subscribed(env, group, List.of(topic));
        Env.pollUntil(() -> member.assignment().size() == 4, "the new member has all", List.of(member));
        var old = env.consumer(group);
        old.subscribe(List.of(topic));
        Env.pollUntil(() -> split(List.of(old, member), 4), "both share", List.of(old, member));
        member.close();
        Env.pollUntil(() -> old.assignment().size() == 4, "the classic member has all", List.of(old));
        Suite.eventually(() -> {
            old.poll(Duration.ofMillis(100));
            return typeOf(env, group) == GroupType.CLASSIC;
        }, "a classic group again");
    }

    private static void emptyConverts(Env env) throws Exception {
        String topic = env.topic(1);
        String group = env.name("group");
        env.fill(topic, 1, 10);
        try (var old = env.consumer(group, "max.poll.records", 4)) {
            old.subscribe(List.of(topic));
            Env.take(old, 4);
            old.commitSync();
        }
        try (var member = subscribed(env, group, List.of(topic))) {
            Suite.same(Env.take(member, 6).get(0).offset(), 4L, "the offsets stay");
            Suite.same(typeOf(env, group), GroupType.CONSUMER, "type");
        }
        Suite.eventually(() -> env.admin().describeConsumerGroups(List.of(group)).all().get().get(group).groupState() == GroupState.EMPTY, "empty");
        try (var old = env.consumer(group)) {
            old.subscribe(List.of(topic));
            Env.pollUntil(() -> old.assignment().size() == 1, "a classic member joins the empty group", List.of(old));
            Suite.same(typeOf(env, group), GroupType.CLASSIC, "type after the way back");
        }
    }

    /** A rolling upgrade of three members, one after the other. */
    private static void mixed(Env env) throws Exception {
        String topic = env.topic(6);
        String group = env.name("group");
        List<KafkaConsumer<byte[], byte[]>> members = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            var old = env.consumer(group, "partition.assignment.strategy", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor");
            old.subscribe(List.of(topic));
            members.add(old);
        }
        Env.pollUntil(() -> split(members, 6), "three classic members", members);
        for (int i = 0; i < 3; i++) {
            members.remove(0).close();
            members.add(subscribed(env, group, List.of(topic)));
            Env.pollUntil(() -> split(members, 6), "after the change of member " + i, members);
        }
        Suite.same(typeOf(env, group), GroupType.CONSUMER, "type");
        Env.pollUntil(() -> split(members, 6) && members.stream().allMatch(member -> member.assignment().size() == 2), "two each", members);
    }
}
