import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.RecordDeserializationException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Deserializer;

/** Share groups (KIP-932): consumers share the records of a partition, and each record is acknowledged for itself. */
final class ShareCases {
    static void add(Suite suite) {
        suite.add("share-implicit", ShareCases::implicit);
        suite.add("share-explicit-accept", ShareCases::explicitAccept);
        suite.add("share-release-comes-again", ShareCases::release);
        suite.add("share-reject-comes-never-again", ShareCases::reject);
        suite.add("share-mixed-acknowledgements-in-a-batch", ShareCases::mixed);
        suite.add("share-delivery-count-and-limit", ShareCases::deliveryLimit);
        suite.add("share-delivery-limit-of-the-group", ShareCases::groupDeliveryLimit);
        suite.add("share-lock-expires", ShareCases::lockExpires);
        suite.add("share-renewed-lock", ShareCases::renew);
        suite.add("share-two-consumers-one-partition", ShareCases::twoConsumers);
        suite.add("share-three-consumers-many-records", ShareCases::threeConsumers);
        suite.add("share-many-partitions", ShareCases::manyPartitions);
        suite.add("share-two-topics", ShareCases::twoTopics);
        suite.add("share-close-releases", ShareCases::closeReleases);
        suite.add("share-close-without-another-poll", ShareCases::closeWithoutPoll);
        suite.add("share-begins-at-the-end", ShareCases::latest);
        suite.add("share-begins-by-duration", ShareCases::byDuration);
        suite.add("share-goes-on-after-restart", ShareCases::goesOn);
        suite.add("share-two-groups", ShareCases::twoGroups);
        suite.add("share-beside-a-consumer-group", ShareCases::besideConsumerGroup);
        suite.add("share-commit-sync", ShareCases::commitSync);
        suite.add("share-commit-async-callback", ShareCases::commitAsync);
        suite.add("share-unreadable-record-is-rejected", ShareCases::unreadable);
        suite.add("share-late-acknowledgement", ShareCases::lateAcknowledgement);
        suite.add("share-compressed-batches", ShareCases::compressed);
        suite.add("share-record-limit-mode", ShareCases::recordLimit);
        suite.add("share-read-uncommitted", ShareCases::readUncommitted);
        suite.add("share-read-committed", ShareCases::readCommitted);
        suite.add("share-topic-created-later", ShareCases::topicLater);
        suite.add("share-partitions-added", ShareCases::partitionsAdded);
        suite.add("share-subscription-changes", ShareCases::subscriptionChanges);
        suite.add("share-deleted-records-are-skipped", ShareCases::deletedRecords);
        suite.add("share-group-of-another-kind", ShareCases::otherKind);
    }

    /** A group that begins at the beginning. */
    static String group(Env env, String... configs) throws Exception {
        String group = env.name("group");
        String[] all = java.util.Arrays.copyOf(configs, configs.length + 2);
        all[configs.length] = "share.auto.offset.reset";
        all[configs.length + 1] = "earliest";
        env.configure(new ConfigResource(ConfigResource.Type.GROUP, group), all);
        return group;
    }

    static KafkaShareConsumer<byte[], byte[]> consumer(Env env, String group, String topic, Object... config) {
        var consumer = env.shareConsumer(group, config);
        consumer.subscribe(List.of(topic));
        return consumer;
    }

    private static KafkaShareConsumer<byte[], byte[]> explicit(Env env, String group, String topic, Object... config) {
        Object[] all = java.util.Arrays.copyOf(config, config.length + 2);
        all[config.length] = "share.acknowledgement.mode";
        all[config.length + 1] = "explicit";
        return consumer(env, group, topic, all);
    }

    /** Polls once and again until something comes, for 20 s. */
    private static List<ConsumerRecord<byte[], byte[]>> poll(KafkaShareConsumer<byte[], byte[]> consumer) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        long end = System.nanoTime() + 20_000_000_000L;
        while (records.isEmpty()) {
            Suite.holds(System.nanoTime() < end, "no record within 20 s");
            consumer.poll(Duration.ofMillis(200)).forEach(records::add);
        }
        return records;
    }

    /** Polls with implicit acknowledgement until so many have come. */
    static List<String> take(KafkaShareConsumer<byte[], byte[]> consumer, int count) {
        List<String> values = new ArrayList<>();
        while (values.size() < count) values.addAll(Env.values(poll(consumer)));
        return values;
    }

    private static void nothing(KafkaShareConsumer<byte[], byte[]> consumer, String what) {
        for (int i = 0; i < 6; i++) Suite.same(Env.values(consumer.poll(Duration.ofMillis(200))), List.of(), what);
    }

    private static void acknowledgeAll(KafkaShareConsumer<byte[], byte[]> consumer, Iterable<ConsumerRecord<byte[], byte[]>> records, AcknowledgeType type) {
        for (var record : records) consumer.acknowledge(record, type);
        for (var outcome : consumer.commitSync().entrySet()) Suite.same(outcome.getValue(), java.util.Optional.empty(), "acknowledgement of " + outcome.getKey());
    }

    private static void implicit(Env env) throws Exception {
        String topic = env.topic(1);
        String group = group(env);
        env.fill(topic, 1, 20);
        try (var consumer = consumer(env, group, topic)) {
            Suite.same(take(consumer, 20).size(), 20, "records");
            // The next poll acknowledges the last.
            nothing(consumer, "all were delivered");
        }
        env.fill(topic, 1, 1);
        try (var consumer = consumer(env, group, topic)) {
            var record = poll(consumer).get(0);
            Suite.same(record.offset(), 20L, "only the new one");
            Suite.same(record.deliveryCount(), java.util.Optional.of((short) 1), "delivery count");
        }
    }

    private static void explicitAccept(Env env) throws Exception {
        String topic = env.topic(1);
        String group = group(env);
        env.fill(topic, 1, 10);
        try (var consumer = explicit(env, group, topic)) {
            int seen = 0;
            while (seen < 10) {
                var records = poll(consumer);
                seen += records.size();
                acknowledgeAll(consumer, records, AcknowledgeType.ACCEPT);
            }
            nothing(consumer, "all were accepted");
        }
        try (var consumer = consumer(env, group, topic)) {
            nothing(consumer, "for another consumer too");
        }
    }

    private static void release(Env env) throws Exception {
        String topic = env.topic(1);
        String group = group(env);
        env.fill(topic, 1, 1);
        try (var consumer = explicit(env, group, topic)) {
            for (short count = 1; count <= 3; count++) {
                var records = poll(consumer);
                Suite.same(Env.values(records), List.of("v0"), "delivery " + count);
                Suite.same(records.get(0).deliveryCount(), java.util.Optional.of(count), "delivery count");
                acknowledgeAll(consumer, records, count < 3 ? AcknowledgeType.RELEASE : AcknowledgeType.ACCEPT);
            }
            nothing(consumer, "accepted at last");
        }
    }

    private static void reject(Env env) throws Exception {
        String topic = env.topic(1);
        String group = group(env);
        env.fill(topic, 1, 3);
        try (var consumer = explicit(env, group, topic)) {
            int seen = 0;
            while (seen < 3) {
                var records = poll(consumer);
                seen += records.size();
                acknowledgeAll(consumer, records, AcknowledgeType.REJECT);
            }
            nothing(consumer, "all were rejected");
        }
    }

    private static void mixed(Env env) throws Exception {
        String topic = env.topic(1);
        String group = group(env);
        env.fill(topic, 1, 9, "linger.ms", 500);
        try (var consumer = explicit(env, group, topic)) {
            Map<Long, Integer> deliveries = new HashMap<>();
            long end = System.nanoTime() + 20_000_000_000L;
            int done = 0;
            while (done < 9) {
                Suite.holds(System.nanoTime() < end, "nine records ended");
                for (var record : consumer.poll(Duration.ofMillis(200))) {
                    int count = deliveries.merge(record.offset(), 1, Integer::sum);
                    boolean again = record.offset() % 3 == 0 && count == 1;
                    consumer.acknowledge(record, again ? AcknowledgeType.RELEASE : record.offset() % 3 == 1 ? AcknowledgeType.REJECT : AcknowledgeType.ACCEPT);
                    if (!again) done++;
                }
                consumer.commitSync();
            }
            for (var entry : deliveries.entrySet()) Suite.same(entry.getValue(), entry.getKey() % 3 == 0 ? 2 : 1, "deliveries of " + entry.getKey());
            nothing(consumer, "all ended");
        }
    }

    /** After the fifth delivery that ends in a release the record is archived. */
    private static void deliveryLimit(Env env) throws Exception {
        String topic = env.topic(1);
        String group = group(env);
        env.fill(topic, 1, 1);
        try (var consumer = explicit(env, group, topic)) {
            for (short count = 1; count <= 5; count++) {
                var records = poll(consumer);
                Suite.same(records.get(0).deliveryCount(), java.util.Optional.of(count), "delivery count");
                acknowledgeAll(consumer, records, AcknowledgeType.RELEASE);
            }
            nothing(consumer, "a sixth delivery");
            env.fill(topic, 1, 1);
            Suite.same(poll(consumer).get(0).offset(), 1L, "the next record comes");
        }
    }

    private static void groupDeliveryLimit(Env env) throws Exception {
        String topic = env.topic(1);
        String group = group(env, "share.delivery.count.limit", "2");
        env.fill(topic, 1, 1);
        try (var consumer = explicit(env, group, topic)) {
            for (int count = 1; count <= 2; count++) acknowledgeAll(consumer, poll(consumer), AcknowledgeType.RELEASE);
            nothing(consumer, "a third delivery");
        }
    }

    /** Who does not acknowledge in time loses the record to the next. */
    private static void lockExpires(Env env) throws Exception {
        String topic = env.topic(1);
        String group = group(env, "share.record.lock.duration.ms", "2000");
        env.fill(topic, 1, 1);
        var slow = explicit(env, group, topic);
        Suite.same(poll(slow).get(0).offset(), 0L, "the first has it");
        try (var other = consumer(env, group, topic)) {
            var record = poll(other).get(0);
            Suite.same(record.deliveryCount(), java.util.Optional.of((short) 2), "delivery count");
        }
    }

    private static void renew(Env env) throws Exception {
        String topic = env.topic(1);
        String group = group(env, "share.record.lock.duration.ms", "3000");
        env.fill(topic, 1, 1);
        var holder = explicit(env, group, topic);
        var records = poll(holder);
        Suite.same(holder.acquisitionLockTimeoutMs(), java.util.Optional.of(3000), "the lock's time");
        try (var other = consumer(env, group, topic)) {
            for (int i = 0; i < 4; i++) {
                acknowledgeAll(holder, records, AcknowledgeType.RENEW);
                for (int j = 0; j < 3; j++) Suite.same(Env.values(other.poll(Duration.ofMillis(400))), List.of(), "another has it while the lock is renewed");
                // A renewed record is given again by the next poll, for the next acknowledgement.
                records = poll(holder);
                Suite.same(Env.values(records), List.of("v0"), "the renewed record");
                Suite.same(records.get(0).deliveryCount(), java.util.Optional.of((short) 1), "which was delivered once");
            }
            acknowledgeAll(holder, records, AcknowledgeType.ACCEPT);
            nothing(other, "accepted");
        }
    }

    private static void twoConsumers(Env env) throws Exception {
        String topic = env.topic(1);
        String group = group(env);
        var one = consumer(env, group, topic, "max.poll.records", 10);
        var two = consumer(env, group, topic, "max.poll.records", 10);
        List<String> first = new ArrayList<>();
        List<String> second = new ArrayList<>();
        // Small batches: a whole batch goes to one of them.
        long end = System.nanoTime() + 25_000_000_000L;
        for (int i = 0; i < 100; i++) env.fill(topic, 1, 1);
        while (first.size() + second.size() < 100) {
            Suite.holds(System.nanoTime() < end, "100 records: " + first.size() + " and " + second.size());
            first.addAll(Env.values(one.poll(Duration.ofMillis(50))));
            second.addAll(Env.values(two.poll(Duration.ofMillis(50))));
        }
        Suite.same(first.size() + second.size(), 100, "each record once");
        Suite.holds(!first.isEmpty() && !second.isEmpty(), "both got some: " + first.size() + " and " + second.size());
    }

    private static void threeConsumers(Env env) throws Exception {
        String topic = env.topic(2);
        String group = group(env);
        List<KafkaShareConsumer<byte[], byte[]>> consumers = new ArrayList<>();
        for (int i = 0; i < 3; i++) consumers.add(consumer(env, group, topic));
        env.fill(topic, 2, 3000, "batch.size", 2000);
        Map<String, Integer> seen = new HashMap<>();
        long end = System.nanoTime() + 25_000_000_000L;
        while (seen.size() < 3000) {
            Suite.holds(System.nanoTime() < end, "3000 records, got " + seen.size());
            for (var consumer : consumers) for (String value : Env.values(consumer.poll(Duration.ofMillis(50)))) seen.merge(value, 1, Integer::sum);
        }
        Suite.same(seen.values().stream().filter(count -> count > 1).count(), 0L, "records that came twice");
    }

    private static void manyPartitions(Env env) throws Exception {
        String topic = env.topic(8);
        String group = group(env);
        env.fill(topic, 8, 160);
        try (var consumer = consumer(env, group, topic)) {
            Suite.same(Set.copyOf(take(consumer, 160)).size(), 160, "records of eight partitions");
        }
    }

    private static void twoTopics(Env env) throws Exception {
        String one = env.topic(1);
        String two = env.topic(1);
        String group = group(env);
        env.fill(one, 1, 5);
        env.fill(two, 1, 5);
        try (var consumer = env.shareConsumer(group)) {
            consumer.subscribe(List.of(one, two));
            Suite.same(take(consumer, 10).size(), 10, "of both");
            Suite.same(consumer.subscription(), Set.of(one, two), "subscription");
        }
    }

    /** What a consumer got and did not acknowledge is released when it leaves. */
    private static void closeReleases(Env env) throws Exception {
        String topic = env.topic(1);
        String group = group(env);
        env.fill(topic, 1, 5, "linger.ms", 300);
        var one = explicit(env, group, topic);
        poll(one);
        one.close();
        try (var two = consumer(env, group, topic)) {
            Suite.same(Set.copyOf(take(two, 5)).size(), 5, "all come again");
        }
    }

    /** Implicit acknowledgement comes with the next poll; closing instead of polling gives the records back. */
    private static void closeWithoutPoll(Env env) throws Exception {
        String topic = env.topic(1);
        String group = group(env);
        env.fill(topic, 1, 1);
        try (var one = consumer(env, group, topic)) {
            take(one, 1);
        }
        try (var two = consumer(env, group, topic)) {
            Suite.same(poll(two).get(0).deliveryCount(), java.util.Optional.of((short) 2), "delivery count");
        }
    }

    private static void latest(Env env) throws Exception {
        String topic = env.topic(1);
        env.fill(topic, 1, 5);
        try (var consumer = consumer(env, env.name("group"), topic)) {
            nothing(consumer, "what was there before the group");
            env.fill(topic, 1, 2);
            Suite.same(poll(consumer).get(0).offset(), 5L, "what came after");
        }
    }

    private static void byDuration(Env env) throws Exception {
        String topic = env.topic(1);
        String group = env.name("group");
        env.configure(new ConfigResource(ConfigResource.Type.GROUP, group), "share.auto.offset.reset", "by_duration:PT1H");
        long now = System.currentTimeMillis();
        try (var producer = env.producer()) {
            producer.send(new ProducerRecord<>(topic, 0, now - 7_200_000, null, Env.bytes("two hours old"))).get();
            producer.send(new ProducerRecord<>(topic, 0, now - 60_000, null, Env.bytes("a minute old"))).get();
        }
        try (var consumer = consumer(env, group, topic)) {
            Suite.same(take(consumer, 1), List.of("a minute old"), "of the last hour");
        }
    }

    private static void goesOn(Env env) throws Exception {
        String topic = env.topic(1);
        String group = group(env);
        env.fill(topic, 1, 30);
        Set<Long> seen = new HashSet<>();
        for (int life = 0; seen.size() < 30; life++) {
            Suite.holds(life < 20, "30 records in 20 lives, got " + seen.size());
            try (var consumer = explicit(env, group, topic, "max.poll.records", 10, "share.acquire.mode", "record_limit")) {
                var records = poll(consumer);
                // One of each is left unacknowledged, and comes again in the next life.
                int kept = 0;
                for (var record : records) {
                    if (kept++ == 0 && records.size() > 1) continue;
                    Suite.holds(seen.add(record.offset()), "acknowledged record " + record.offset() + " came again");
                    consumer.acknowledge(record);
                }
                consumer.commitSync();
            }
        }
    }

    private static void twoGroups(Env env) throws Exception {
        String topic = env.topic(1);
        env.fill(topic, 1, 5);
        for (String group : List.of(group(env), group(env))) {
            try (var consumer = consumer(env, group, topic)) {
                Suite.same(take(consumer, 5).size(), 5, "each group gets all");
            }
        }
    }

    private static void besideConsumerGroup(Env env) throws Exception {
        String topic = env.topic(1);
        env.fill(topic, 1, 5);
        try (var shared = consumer(env, group(env), topic); var member = env.member(env.name("group"))) {
            member.subscribe(List.of(topic));
            Suite.same(Env.take(member, 5).size(), 5, "the consumer group");
            Suite.same(take(shared, 5).size(), 5, "the share group");
        }
    }

    private static void commitSync(Env env) throws Exception {
        String topic = env.topic(2);
        String group = group(env);
        env.fill(topic, 2, 2);
        try (var consumer = consumer(env, group, topic)) {
            take(consumer, 2);
            for (var outcome : consumer.commitSync().values()) Suite.same(outcome, java.util.Optional.empty(), "outcome");
            Suite.same(consumer.commitSync(), Map.of(), "nothing left to commit");
        }
        try (var consumer = consumer(env, group, topic)) {
            nothing(consumer, "committed");
        }
    }

    private static void commitAsync(Env env) throws Exception {
        String topic = env.topic(1);
        String group = group(env);
        env.fill(topic, 1, 5);
        try (var consumer = consumer(env, group, topic)) {
            Set<Long> told = new HashSet<>();
            AtomicReference<Exception> failure = new AtomicReference<>();
            consumer.setAcknowledgementCommitCallback((offsets, error) -> {
                if (error != null) failure.set(error);
                offsets.values().forEach(told::addAll);
            });
            take(consumer, 5);
            consumer.commitAsync();
            Suite.eventually(() -> {
                consumer.poll(Duration.ofMillis(100));
                return told.size() == 5;
            }, "the callback tells all five");
            Suite.same(failure.get(), null, "error");
        }
    }

    /** A record that cannot be read is rejected by its offset, and the next ones come. */
    private static void unreadable(Env env) throws Exception {
        String topic = env.topic(1);
        String group = group(env);
        for (String value : List.of("bad", "good")) {
            try (var producer = env.producer()) {
                producer.send(new ProducerRecord<>(topic, Env.bytes(value))).get();
            }
        }
        Deserializer<String> picky = (name, bytes) -> {
            if (Env.text(bytes).equals("bad")) throw new SerializationException("unreadable");
            return Env.text(bytes);
        };
        var settings = env.settings("group.id", group, "share.acknowledgement.mode", "explicit");
        try (var consumer = new KafkaShareConsumer<>(settings, new ByteArrayDeserializer(), picky)) {
            consumer.subscribe(List.of(topic));
            List<String> values = new ArrayList<>();
            Suite.eventually(() -> {
                try {
                    for (var record : consumer.poll(Duration.ofMillis(200))) {
                        values.add(record.value());
                        consumer.acknowledge(record);
                    }
                } catch (RecordDeserializationException e) {
                    Suite.same(e.offset(), 0L, "offset of the unreadable record");
                    consumer.acknowledge(topic, 0, e.offset(), AcknowledgeType.REJECT);
                }
                return !values.isEmpty();
            }, "the record behind it");
            for (var outcome : consumer.commitSync().values()) Suite.same(outcome, java.util.Optional.empty(), "outcome");
            Suite.same(values, List.of("good"), "values");
        }
        try (var consumer = consumer(env, group, topic)) {
            nothing(consumer, "both ended");
        }
    }

    /** An acknowledgement after the lock's time is refused: another may have the record. */
    private static void lateAcknowledgement(Env env) throws Exception {
        String topic = env.topic(1);
        String group = group(env, "share.record.lock.duration.ms", "1500");
        env.fill(topic, 1, 1);
        var slow = explicit(env, group, topic);
        var records = poll(slow);
        try (var other = explicit(env, group, topic)) {
            var again = poll(other);
            for (var record : records) slow.acknowledge(record);
            for (var outcome : slow.commitSync().values()) Suite.holds(outcome.isPresent(), "the late one was taken");
            acknowledgeAll(other, again, AcknowledgeType.ACCEPT);
        }
    }

    private static void compressed(Env env) throws Exception {
        String topic = env.topic(1);
        String group = group(env);
        env.fill(topic, 1, 200, "linger.ms", 300, "compression.type", "zstd", "batch.size", 100_000);
        try (var consumer = consumer(env, group, topic, "max.poll.records", 7)) {
            Suite.same(Set.copyOf(take(consumer, 200)).size(), 200, "records of one batch, a few at a time");
        }
    }

    /** In this mode a poll takes no more than max.poll.records, though a batch has more. */
    private static void recordLimit(Env env) throws Exception {
        String topic = env.topic(1);
        String group = group(env);
        env.fill(topic, 1, 100, "linger.ms", 500, "batch.size", 100_000);
        try (var consumer = explicit(env, group, topic, "max.poll.records", 10, "share.acquire.mode", "record_limit")) {
            var records = poll(consumer);
            Suite.same(records.size(), 10, "records of a poll");
            try (var other = explicit(env, group, topic, "max.poll.records", 10, "share.acquire.mode", "record_limit")) {
                Suite.same(poll(other).get(0).offset(), 10L, "the next ten are for another");
            }
        }
    }

    private static void transactions(Env env, String topic) throws Exception {
        var producer = env.transactional(env.name("id"));
        for (boolean commit : new boolean[] {false, true}) {
            producer.beginTransaction();
            for (int i = 0; i < 3; i++) producer.send(new ProducerRecord<>(topic, 0, null, Env.bytes((commit ? "committed" : "aborted") + i)));
            producer.flush();
            if (commit) producer.commitTransaction();
            else producer.abortTransaction();
        }
    }

    private static void readUncommitted(Env env) throws Exception {
        String topic = env.topic(1);
        String group = group(env);
        transactions(env, topic);
        try (var consumer = consumer(env, group, topic)) {
            Suite.same(take(consumer, 6).size(), 6, "aborted ones too");
        }
    }

    private static void readCommitted(Env env) throws Exception {
        String topic = env.topic(1);
        String group = group(env, "share.isolation.level", "read_committed");
        transactions(env, topic);
        try (var consumer = consumer(env, group, topic)) {
            Suite.same(take(consumer, 3), List.of("committed0", "committed1", "committed2"), "committed ones");
            nothing(consumer, "aborted ones");
        }
    }

    private static void topicLater(Env env) throws Exception {
        String topic = env.name("later");
        String group = group(env);
        try (var consumer = consumer(env, group, topic)) {
            nothing(consumer, "no topic, or an empty one that asking for it has created");
            env.awaitTopic(topic);
            env.fill(topic, 1, 3);
            Suite.same(take(consumer, 3).size(), 3, "records of the new topic");
        }
    }

    private static void partitionsAdded(Env env) throws Exception {
        String topic = env.topic(1);
        String group = group(env);
        env.fill(topic, 1, 2);
        try (var consumer = consumer(env, group, topic, "metadata.max.age.ms", 1000)) {
            take(consumer, 2);
            env.admin().createPartitions(Map.of(topic, org.apache.kafka.clients.admin.NewPartitions.increaseTo(3))).all().get();
            Suite.eventually(() -> env.admin().describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size() == 3, "three partitions");
            env.fill(topic, 3, 30);
            Suite.same(take(consumer, 30).size(), 30, "records of all partitions");
        }
    }

    private static void subscriptionChanges(Env env) throws Exception {
        String one = env.topic(1);
        String two = env.topic(1);
        String group = group(env);
        env.fill(one, 1, 2);
        try (var consumer = consumer(env, group, one)) {
            take(consumer, 2);
            consumer.subscribe(List.of(two));
            env.fill(two, 1, 3);
            Suite.same(take(consumer, 3).size(), 3, "of the new topic");
            consumer.unsubscribe();
            Suite.same(consumer.subscription(), Set.of(), "subscription");
        }
    }

    private static void deletedRecords(Env env) throws Exception {
        String topic = env.topic(1);
        String group = group(env);
        var partition = new org.apache.kafka.common.TopicPartition(topic, 0);
        for (int i = 0; i < 10; i++) env.fill(topic, 1, 1);
        try (var consumer = consumer(env, group, topic, "max.poll.records", 1, "share.acquire.mode", "record_limit")) {
            take(consumer, 2);
        }
        env.admin().deleteRecords(Map.of(partition, org.apache.kafka.clients.admin.RecordsToDelete.beforeOffset(7))).all().get();
        try (var consumer = consumer(env, group, topic)) {
            Suite.same(poll(consumer).get(0).offset(), 7L, "from the new beginning");
        }
    }

    private static void otherKind(Env env) throws Exception {
        String topic = env.topic(1);
        String group = env.name("group");
        var member = env.member(group);
        member.subscribe(List.of(topic));
        Env.pollUntil(() -> member.assignment().size() == 1, "a consumer group", List.of(member));
        var shared = consumer(env, group, topic);
        Suite.fails(KafkaException.class, () -> {
            for (int i = 0; i < 50; i++) shared.poll(Duration.ofMillis(200));
            return null;
        }, "a share consumer in a consumer group");
    }
}
