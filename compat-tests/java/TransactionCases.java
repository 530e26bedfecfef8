import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.AppInfoParser;

final class TransactionCases {
    static void add(Suite suite) {
        addOlder(suite);
        suite.add("txn-offsets-of-a-consumer-group", env -> offsetsOfGroup(env, "consumer"));
    }

    /** What a client knows that is older than the new group protocols. */
    static void addOlder(Suite suite) {
        suite.add("txn-commit", TransactionCases::commit);
        suite.add("txn-abort", TransactionCases::abort);
        suite.add("txn-nothing-before-commit", TransactionCases::nothingBeforeCommit);
        suite.add("txn-many-partitions-at-once", TransactionCases::manyPartitions);
        suite.add("txn-two-topics", TransactionCases::twoTopics);
        suite.add("txn-without-records", TransactionCases::withoutRecords);
        suite.add("txn-fifty-in-a-row", TransactionCases::fiftyInARow);
        for (String codec : List.of("gzip", "lz4", "zstd")) suite.add("txn-compressed-" + codec, env -> compressed(env, codec));
        suite.add("txn-large", TransactionCases::large);
        suite.add("txn-open-one-holds-back-others", TransactionCases::holdsBack);
        suite.add("txn-two-producers-interleaved", TransactionCases::interleaved);
        suite.add("txn-idempotent-producer-beside", TransactionCases::idempotentBeside);
        suite.add("txn-markers-take-offsets", TransactionCases::markersTakeOffsets);
        suite.add("txn-seek-into-aborted", TransactionCases::seekIntoAborted);
        suite.add("txn-end-offsets-by-isolation", TransactionCases::endOffsets);
        suite.add("txn-lag-by-isolation", TransactionCases::lag);
        suite.add("txn-offsets-committed", TransactionCases::offsetsCommitted);
        suite.add("txn-offsets-aborted", TransactionCases::offsetsAborted);
        suite.add("txn-offsets-pending", TransactionCases::offsetsPending);
        suite.add("txn-offsets-of-a-stranger", TransactionCases::offsetsOfStranger);
        suite.add("txn-offsets-of-a-classic-group", env -> offsetsOfGroup(env, "classic"));
        suite.add("txn-consume-transform-produce", TransactionCases::consumeTransformProduce);
        suite.add("txn-second-producer-fences-first", TransactionCases::fenced);
        suite.add("txn-fencing-aborts-open", TransactionCases::fencingAborts);
        suite.add("txn-same-producer-goes-on-after-restart", TransactionCases::restart);
        suite.add("txn-timeout-aborts", TransactionCases::timeout);
        suite.add("txn-timeout-too-large", TransactionCases::timeoutTooLarge);
        suite.add("txn-refused-record-then-abort", TransactionCases::refusedRecord);
        suite.add("txn-commit-after-refused-record-fails", TransactionCases::commitAfterRefused);
        suite.add("txn-closed-without-end", TransactionCases::closedWithoutEnd);
        suite.add("txn-ids-beside-each-other", TransactionCases::manyIds);
    }

    private static void send(KafkaProducer<byte[], byte[]> producer, String topic, int partition, String value) {
        producer.send(new ProducerRecord<>(topic, partition, null, Env.bytes(value)));
    }

    /** One transaction with these values, in partition 0. */
    private static void transaction(KafkaProducer<byte[], byte[]> producer, String topic, boolean commit, String... values) {
        producer.beginTransaction();
        for (String value : values) send(producer, topic, 0, value);
        // What is not sent when an abort begins is never sent.
        producer.flush();
        if (commit) producer.commitTransaction();
        else producer.abortTransaction();
    }

    private static void commit(Env env) throws Exception {
        String topic = env.topic(1);
        transaction(env.transactional(env.name("id")), topic, true, "a", "b", "c");
        try (var reader = env.committedReader(topic, 1)) {
            Suite.same(Env.values(Env.take(reader, 3)), List.of("a", "b", "c"), "committed");
        }
    }

    private static void abort(Env env) throws Exception {
        String topic = env.topic(1);
        var producer = env.transactional(env.name("id"));
        transaction(producer, topic, false, "no", "neither");
        transaction(producer, topic, true, "yes");
        try (var reader = env.committedReader(topic, 1)) {
            Suite.same(Env.values(Env.take(reader, 1)), List.of("yes"), "only what was committed");
            Env.nothing(reader, "nothing more");
        }
        Suite.same(Env.values(env.readAll(topic, 1, 3)), List.of("no", "neither", "yes"), "read_uncommitted sees all");
    }

    private static void nothingBeforeCommit(Env env) throws Exception {
        String topic = env.topic(1);
        var producer = env.transactional(env.name("id"));
        producer.beginTransaction();
        send(producer, topic, 0, "early");
        producer.flush();
        Suite.same(Env.values(env.readAll(topic, 1, 1)), List.of("early"), "read_uncommitted sees it");
        try (var reader = env.committedReader(topic, 1)) {
            Env.nothing(reader, "before the commit");
            producer.commitTransaction();
            Suite.same(Env.values(Env.take(reader, 1)), List.of("early"), "after the commit");
        }
    }

    private static void manyPartitions(Env env) throws Exception {
        String topic = env.topic(20);
        var producer = env.transactional(env.name("id"));
        producer.beginTransaction();
        for (int i = 0; i < 100; i++) send(producer, topic, i % 20, "v" + i);
        producer.flush();
        try (var reader = env.committedReader(topic, 20)) {
            Env.nothing(reader, "before the commit");
            producer.commitTransaction();
            Suite.same(Set.copyOf(Env.values(Env.take(reader, 100))).size(), 100, "all of it");
        }
    }

    private static void twoTopics(Env env) throws Exception {
        String one = env.topic(1);
        String two = env.topic(1);
        var producer = env.transactional(env.name("id"));
        for (boolean end : new boolean[] {false, true}) {
            producer.beginTransaction();
            send(producer, one, 0, "one " + end);
            send(producer, two, 0, "two " + end);
            producer.flush();
            if (end) producer.commitTransaction();
            else producer.abortTransaction();
        }
        try (var reader = env.committedReader(one, 1)) {
            reader.assign(List.of(new TopicPartition(one, 0), new TopicPartition(two, 0)));
            Suite.same(Set.copyOf(Env.values(Env.take(reader, 2))), Set.of("one true", "two true"), "both or none");
        }
    }

    private static void withoutRecords(Env env) throws Exception {
        String topic = env.topic(1);
        var producer = env.transactional(env.name("id"));
        for (int i = 0; i < 3; i++) {
            producer.beginTransaction();
            producer.commitTransaction();
            producer.beginTransaction();
            producer.abortTransaction();
        }
        transaction(producer, topic, true, "then one");
        try (var reader = env.committedReader(topic, 1)) {
            Suite.same(Env.take(reader, 1).get(0).offset(), 0L, "empty transactions leave nothing in the log");
        }
    }

    private static void fiftyInARow(Env env) throws Exception {
        String topic = env.topic(1);
        var producer = env.transactional(env.name("id"));
        List<String> wanted = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            transaction(producer, topic, i % 3 != 0, "a" + i, "b" + i);
            if (i % 3 != 0) wanted.addAll(List.of("a" + i, "b" + i));
        }
        try (var reader = env.committedReader(topic, 1)) {
            Suite.same(Env.values(Env.take(reader, wanted.size())), wanted, "in order, without the aborted");
        }
    }

    private static void compressed(Env env, String codec) throws Exception {
        String topic = env.topic(1);
        var producer = env.transactional(env.name("id"), "compression.type", codec, "linger.ms", 50);
        String[] values = IntStream.range(0, 200).mapToObj(i -> "value " + i).toArray(String[]::new);
        transaction(producer, topic, false, values);
        transaction(producer, topic, true, values);
        try (var reader = env.committedReader(topic, 1)) {
            Suite.same(Env.values(Env.take(reader, 200)), List.of(values), "the committed half");
        }
    }

    /** Many batches, so that reading takes several fetches of which most see no marker. */
    private static void large(Env env) throws Exception {
        String topic = env.topic(2);
        var producer = env.transactional(env.name("id"), "linger.ms", 5);
        for (boolean end : new boolean[] {false, true}) {
            producer.beginTransaction();
            for (int i = 0; i < 3000; i++) producer.send(new ProducerRecord<>(topic, i % 2, Env.bytes("" + end), Env.noise(1000, i)));
            producer.flush();
            if (end) producer.commitTransaction();
            else producer.abortTransaction();
        }
        try (var reader = env.consumer(null, "isolation.level", "read_committed", "max.partition.fetch.bytes", 100_000)) {
            reader.assign(Env.partitions(topic, 2));
            var records = Env.take(reader, 3000);
            Suite.same(records.size(), 3000, "records");
            for (var record : records) Suite.same(Env.text(record.key()), "true", "of the committed transaction");
        }
    }

    /** What comes after the first record of an open transaction waits for its end, whoever sent it. */
    private static void holdsBack(Env env) throws Exception {
        String topic = env.topic(1);
        var producer = env.transactional(env.name("id"));
        env.fill(topic, 1, 1);
        producer.beginTransaction();
        send(producer, topic, 0, "in the transaction");
        producer.flush();
        env.fill(topic, 1, 2);
        try (var reader = env.committedReader(topic, 1)) {
            Suite.same(Env.values(Env.take(reader, 1)), List.of("v0"), "up to the open transaction");
            Env.nothing(reader, "behind an open transaction");
            producer.abortTransaction();
            Suite.same(Env.values(Env.take(reader, 2)), List.of("v0", "v1"), "after its end");
        }
    }

    private static void interleaved(Env env) throws Exception {
        String topic = env.topic(1);
        var good = env.transactional(env.name("id"));
        var bad = env.transactional(env.name("id"));
        good.beginTransaction();
        bad.beginTransaction();
        for (int i = 0; i < 10; i++) {
            send(i % 2 == 0 ? good : bad, topic, 0, (i % 2 == 0 ? "good" : "bad") + i);
            (i % 2 == 0 ? good : bad).flush();
        }
        good.commitTransaction();
        try (var reader = env.committedReader(topic, 1)) {
            Suite.same(Env.values(Env.take(reader, 1)), List.of("good0"), "up to the open one");
            Env.nothing(reader, "the other is open");
            bad.abortTransaction();
            Suite.same(Env.values(Env.take(reader, 4)), List.of("good2", "good4", "good6", "good8"), "the rest");
        }
    }

    private static void idempotentBeside(Env env) throws Exception {
        String topic = env.topic(1);
        transaction(env.transactional(env.name("id")), topic, false, "aborted");
        env.fill(topic, 1, 3);
        try (var reader = env.committedReader(topic, 1)) {
            Suite.same(Env.values(Env.take(reader, 3)), List.of("v0", "v1", "v2"), "of the idempotent producer");
        }
    }

    private static void markersTakeOffsets(Env env) throws Exception {
        String topic = env.topic(1);
        var producer = env.transactional(env.name("id"));
        transaction(producer, topic, true, "a", "b");
        transaction(producer, topic, false, "c");
        transaction(producer, topic, true, "d");
        try (var reader = env.committedReader(topic, 1)) {
            Suite.same(Env.take(reader, 3).stream().map(record -> record.offset()).toList(), List.of(0L, 1L, 5L), "offsets");
            // The position goes over the marker at the end.
            Suite.eventually(() -> {
                reader.poll(java.time.Duration.ofMillis(100));
                return reader.position(new TopicPartition(topic, 0)) == 7;
            }, "position after the last marker");
        }
    }

    private static void seekIntoAborted(Env env) throws Exception {
        String topic = env.topic(1);
        var producer = env.transactional(env.name("id"));
        transaction(producer, topic, false, "a", "b", "c");
        transaction(producer, topic, true, "d");
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var reader = env.committedReader(topic, 1)) {
            for (long offset : new long[] {1, 2, 3, 4}) {
                reader.seek(partition, offset);
                Suite.same(Env.take(reader, 1).get(0).offset(), 4L, "first after a seek to " + offset);
            }
        }
    }

    private static void endOffsets(Env env) throws Exception {
        String topic = env.topic(1);
        TopicPartition partition = new TopicPartition(topic, 0);
        var producer = env.transactional(env.name("id"));
        env.fill(topic, 1, 2);
        producer.beginTransaction();
        send(producer, topic, 0, "open");
        producer.flush();
        try (var committed = env.committedReader(topic, 1); var all = env.consumer(null)) {
            Suite.same(committed.endOffsets(Set.of(partition)).get(partition), 2L, "last stable offset");
            Suite.same(all.endOffsets(Set.of(partition)).get(partition), 3L, "high watermark");
            producer.commitTransaction();
            Suite.eventually(() -> committed.endOffsets(Set.of(partition)).get(partition) == 4L, "both are the same then");
        }
    }

    private static void lag(Env env) throws Exception {
        String topic = env.topic(1);
        TopicPartition partition = new TopicPartition(topic, 0);
        var producer = env.transactional(env.name("id"));
        env.fill(topic, 1, 5);
        producer.beginTransaction();
        for (int i = 0; i < 5; i++) send(producer, topic, 0, "open");
        producer.flush();
        try (var reader = env.consumer(null, "isolation.level", "read_committed", "max.poll.records", 2)) {
            reader.assign(List.of(partition));
            Env.take(reader, 2);
            Suite.same(reader.currentLag(partition).orElse(-1), 3L, "lag up to the last stable offset");
        }
        producer.abortTransaction();
    }

    private static void offsetsCommitted(Env env) throws Exception {
        String topic = env.topic(2);
        String group = env.name("group");
        TopicPartition partition = new TopicPartition(topic, 1);
        var producer = env.transactional(env.name("id"));
        producer.beginTransaction();
        send(producer, topic, 0, "beside");
        producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(42, "a note")), new ConsumerGroupMetadata(group));
        producer.commitTransaction();
        var found = env.admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition);
        Suite.same(found.offset(), 42L, "offset");
        Suite.same(found.metadata(), "a note", "metadata");
    }

    private static void offsetsAborted(Env env) throws Exception {
        String topic = env.topic(1);
        String group = env.name("group");
        TopicPartition partition = new TopicPartition(topic, 0);
        env.admin().alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(7))).all().get();
        var producer = env.transactional(env.name("id"));
        producer.beginTransaction();
        producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(42)), new ConsumerGroupMetadata(group));
        producer.abortTransaction();
        Suite.same(env.admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition).offset(), 7L, "the older offset stays");
    }

    /** Who wants stable offsets waits for the end of the transaction; who does not sees the older ones. */
    private static void offsetsPending(Env env) throws Exception {
        String topic = env.topic(1);
        String group = env.name("group");
        TopicPartition partition = new TopicPartition(topic, 0);
        env.admin().alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(7))).all().get();
        var producer = env.transactional(env.name("id"));
        producer.beginTransaction();
        producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(42)), new ConsumerGroupMetadata(group));
        try (var unstable = env.consumer(group); var stable = env.consumer(group, "isolation.level", "read_committed")) {
            // The offsets are sent before the call above returns, and are pending from then on.
            Suite.same(env.admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition).offset(), 7L, "the older offset");
            Suite.fails(TimeoutException.class, () -> stable.committed(Set.of(partition), java.time.Duration.ofSeconds(2)), "a stable offset");
            producer.commitTransaction();
            Suite.same(stable.committed(Set.of(partition)).get(partition).offset(), 42L, "after the commit");
        }
    }

    private static void offsetsOfStranger(Env env) throws Exception {
        String topic = env.topic(1);
        String group = env.name("group");
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var member = env.consumer(group)) {
            member.subscribe(List.of(topic));
            Env.pollUntil(() -> member.assignment().size() == 1, "a member is in", List.of(member));
            var producer = env.transactional(env.name("id"));
            producer.beginTransaction();
            var wrong = new ConsumerGroupMetadata(group, 99, "nobody", java.util.Optional.empty());
            Suite.fails(CommitFailedException.class, () -> {
                producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(1)), wrong);
                producer.commitTransaction();
                return null;
            }, "offsets of one who is no member");
            producer.abortTransaction();
            Suite.same(env.admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition), null, "nothing was committed");
        }
    }

    private static void offsetsOfGroup(Env env, String protocol) throws Exception {
        String topic = env.topic(1);
        String group = env.name("group");
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var member = env.consumer(group, "group.protocol", protocol)) {
            member.subscribe(List.of(topic));
            Env.pollUntil(() -> member.assignment().size() == 1, "a member is in", List.of(member));
            var producer = env.transactional(env.name("id"));
            producer.beginTransaction();
            producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(5)), member.groupMetadata());
            producer.commitTransaction();
            // A fetch that the member began before may still be under way, so somebody else asks.
            try (var other = env.consumer(group)) {
                Suite.same(other.committed(Set.of(partition)).get(partition).offset(), 5L, "committed");
            }
        }
    }

    /** Every input is copied exactly once, though the worker dies now and then between sending and committing. */
    private static void consumeTransformProduce(Env env) throws Exception {
        String input = env.topic(2);
        String output = env.topic(2);
        String group = env.name("group");
        String id = env.name("id");
        env.fill(input, 2, 200);
        int copied = 0;
        for (int life = 0; copied < 200 && life < 20; life++) {
            var producer = env.transactional(id);
            try (var consumer = env.consumer(group, "isolation.level", "read_committed", "max.poll.records", 30)) {
                consumer.subscribe(List.of(input));
                for (int round = 0; round < 3 && copied < 200; round++) {
                    var records = Env.take(consumer, 1);
                    producer.beginTransaction();
                    Map<TopicPartition, OffsetAndMetadata> positions = new HashMap<>();
                    for (var record : records) {
                        send(producer, output, record.partition(), "copy of " + Env.text(record.value()));
                        positions.put(new TopicPartition(input, record.partition()), new OffsetAndMetadata(record.offset() + 1));
                    }
                    producer.sendOffsetsToTransaction(positions, consumer.groupMetadata());
                    // Each life ends with a transaction that is sent and never committed, which the next one aborts.
                    if (round == 2) producer.flush();
                    else {
                        producer.commitTransaction();
                        copied += records.size();
                    }
                }
            }
        }
        try (var reader = env.committedReader(output, 2)) {
            var values = Env.values(Env.take(reader, 200));
            Suite.same(values.size(), 200, "copies");
            Suite.same(Set.copyOf(values).size(), 200, "different copies");
        }
    }

    private static void fenced(Env env) throws Exception {
        String topic = env.topic(1);
        String id = env.name("id");
        var first = env.transactional(id);
        transaction(first, topic, true, "first");
        var second = env.transactional(id);
        first.beginTransaction();
        // A client of version 2 sends the record at once; an older one asks the coordinator before, and hears it there.
        Class<? extends Exception> refusal = AppInfoParser.getVersion().startsWith("3.") ? ProducerFencedException.class : InvalidProducerEpochException.class;
        Suite.fails(refusal, () -> first.send(new ProducerRecord<>(topic, 0, null, Env.bytes("late"))).get(), "the first goes on");
        Suite.fails(ProducerFencedException.class, () -> {
            first.abortTransaction();
            return null;
        }, "and asks the coordinator");
        transaction(second, topic, true, "second");
        try (var reader = env.committedReader(topic, 1)) {
            Suite.same(Env.values(Env.take(reader, 2)), List.of("first", "second"), "what was committed");
            Env.nothing(reader, "of the fenced producer");
        }
    }

    private static void fencingAborts(Env env) throws Exception {
        String topic = env.topic(1);
        String id = env.name("id");
        var first = env.transactional(id);
        first.beginTransaction();
        send(first, topic, 0, "open");
        first.flush();
        var second = env.transactional(id);
        Suite.fails(KafkaException.class, () -> {
            first.commitTransaction();
            return null;
        }, "the first commits");
        transaction(second, topic, true, "second");
        try (var reader = env.committedReader(topic, 1)) {
            Suite.same(Env.values(Env.take(reader, 1)), List.of("second"), "the open transaction was aborted");
        }
    }

    private static void restart(Env env) throws Exception {
        String topic = env.topic(1);
        String id = env.name("id");
        for (int life = 0; life < 5; life++) {
            try (var producer = env.transactional(id)) {
                transaction(producer, topic, true, "life " + life);
            }
        }
        try (var reader = env.committedReader(topic, 1)) {
            Suite.same(Env.take(reader, 5).size(), 5, "records of five lives");
        }
    }

    private static void timeout(Env env) throws Exception {
        String topic = env.topic(1);
        var producer = env.transactional(env.name("id"), "transaction.timeout.ms", 1500);
        producer.beginTransaction();
        send(producer, topic, 0, "too slow");
        producer.flush();
        env.fill(topic, 1, 1);
        try (var reader = env.committedReader(topic, 1)) {
            Suite.same(Env.values(Env.take(reader, 1)), List.of("v0"), "the aborted one holds nothing back");
        }
        Suite.fails(KafkaException.class, () -> {
            send(producer, topic, 0, "later");
            producer.commitTransaction();
            return null;
        }, "it commits after that");
    }

    private static void timeoutTooLarge(Env env) {
        try {
            env.transactional(env.name("id"), "transaction.timeout.ms", 900_001);
        } catch (KafkaException e) {
            // The client names this error by its words only.
            String words = Errors.INVALID_TRANSACTION_TIMEOUT.message();
            Suite.holds(e.getMessage().contains(words), "want '" + words + "', got " + e);
            return;
        }
        throw new AssertionError("a timeout above transaction.max.timeout.ms was taken");
    }

    private static void refusedRecord(Env env) throws Exception {
        String topic = env.topic(1, "max.message.bytes", "2000");
        var producer = env.transactional(env.name("id"));
        producer.beginTransaction();
        send(producer, topic, 0, "small");
        producer.flush();
        var refused = producer.send(new ProducerRecord<>(topic, 0, null, Env.noise(10_000, 1)));
        producer.flush();
        Suite.fails(RecordTooLargeException.class, refused::get, "the large record");
        producer.abortTransaction();
        transaction(producer, topic, true, "after that");
        try (var reader = env.committedReader(topic, 1)) {
            Suite.same(Env.values(Env.take(reader, 1)), List.of("after that"), "the producer goes on");
        }
    }

    private static void commitAfterRefused(Env env) throws Exception {
        String topic = env.topic(1, "max.message.bytes", "2000");
        var producer = env.transactional(env.name("id"));
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(topic, 0, null, Env.noise(10_000, 1)));
        producer.flush();
        Suite.fails(KafkaException.class, () -> {
            producer.commitTransaction();
            return null;
        }, "a commit without one of its records");
        producer.abortTransaction();
    }

    /** Closing a producer leaves its transaction open; the next one with the id ends it. */
    private static void closedWithoutEnd(Env env) throws Exception {
        String topic = env.topic(1);
        String id = env.name("id");
        try (var producer = env.transactional(id)) {
            producer.beginTransaction();
            send(producer, topic, 0, "left");
            producer.flush();
        }
        transaction(env.transactional(id), topic, true, "next");
        try (var reader = env.committedReader(topic, 1)) {
            Suite.same(Env.values(Env.take(reader, 1)), List.of("next"), "what was left open is aborted");
        }
    }

    private static void manyIds(Env env) throws Exception {
        String topic = env.topic(4);
        String prefix = env.name("id");
        List<KafkaProducer<byte[], byte[]>> producers = new ArrayList<>();
        for (int i = 0; i < 10; i++) producers.add(env.transactional(prefix + i));
        for (var producer : producers) producer.beginTransaction();
        for (int i = 0; i < 10; i++) for (int p = 0; p < 4; p++) send(producers.get(i), topic, p, i + "/" + p);
        for (int i = 0; i < 10; i++) {
            producers.get(i).flush();
            if (i % 2 == 0) producers.get(i).commitTransaction();
            else producers.get(i).abortTransaction();
        }
        try (var reader = env.committedReader(topic, 4)) {
            var values = Env.values(Env.take(reader, 20));
            Suite.same(values.size(), 20, "records");
            for (String value : values) Suite.same(Integer.parseInt(value.split("/")[0]) % 2, 0, "of a committed transaction: " + value);
        }
    }
}
