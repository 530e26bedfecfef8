import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TransactionalIdNotFoundException;

final class TransactionAdminCases {
    static void add(Suite suite) {
        suite.add("txn-admin-list", TransactionAdminCases::list);
        suite.add("txn-admin-list-filters", TransactionAdminCases::filters);
        suite.add("txn-admin-describe", TransactionAdminCases::describe);
        suite.add("txn-admin-describe-unknown", TransactionAdminCases::describeUnknown);
        suite.add("txn-admin-describe-producers", TransactionAdminCases::describeProducers);
        suite.add("txn-admin-abort", TransactionAdminCases::abort);
        suite.add("txn-admin-abort-old-epoch", TransactionAdminCases::abortOldEpoch);
        suite.add("txn-admin-fence-producers", TransactionAdminCases::fence);
        suite.add("txn-admin-terminate", TransactionAdminCases::terminate);
        suite.add("txn-admin-list-offsets-by-isolation", TransactionAdminCases::listOffsets);
    }

    /** A transaction that stays open, with one record in partition 0. */
    private static KafkaProducer<byte[], byte[]> open(Env env, String id, String topic) {
        var producer = env.transactional(id);
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(topic, 0, null, Env.bytes("open")));
        producer.flush();
        return producer;
    }

    private static ProducerState producerOf(Env env, TopicPartition partition) throws Exception {
        var found = env.admin().describeProducers(List.of(partition)).partitionResult(partition).get().activeProducers();
        Suite.same(found.size(), 1, "producers of " + partition);
        return found.get(0);
    }

    private static void list(Env env) throws Exception {
        String topic = env.topic(1);
        String id = env.name("id");
        var producer = open(env, id, topic);
        var listing = env.admin().listTransactions().all().get().stream().filter(one -> one.transactionalId().equals(id)).toList();
        Suite.same(listing.size(), 1, "listed once");
        Suite.same(listing.get(0).state(), TransactionState.ONGOING, "state");
        Suite.holds(listing.get(0).producerId() >= 0, "producer id");
        producer.commitTransaction();
        Suite.eventually(() -> env.admin().listTransactions().all().get().stream().anyMatch(one -> one.transactionalId().equals(id) && one.state() == TransactionState.COMPLETE_COMMIT), "complete");
    }

    private static void filters(Env env) throws Exception {
        String topic = env.topic(1);
        String going = env.name("going");
        String idle = env.name("idle");
        open(env, going, topic);
        env.transactional(idle);
        long producerId = env.admin().describeTransactions(List.of(going)).description(going).get().producerId();
        Suite.same(listed(env, new ListTransactionsOptions().filterStates(Set.of(TransactionState.ONGOING)), going, idle), List.of(going), "by state");
        Suite.same(listed(env, new ListTransactionsOptions().filterStates(Set.of(TransactionState.EMPTY)), going, idle), List.of(idle), "by the state EMPTY");
        Suite.same(listed(env, new ListTransactionsOptions().filterProducerIds(Set.of(producerId)), going, idle), List.of(going), "by producer id");
        Suite.same(listed(env, new ListTransactionsOptions().filterOnDuration(3_600_000), going), List.of(), "by duration: it is not that old");
        Suite.same(listed(env, new ListTransactionsOptions().filterOnTransactionalIdPattern(".*-idle[0-9]+"), going, idle), List.of(idle), "by pattern");
    }

    private static List<String> listed(Env env, ListTransactionsOptions options, String... ids) throws Exception {
        Set<String> mine = Set.of(ids);
        return env.admin().listTransactions(options).all().get().stream().map(one -> one.transactionalId()).filter(mine::contains).sorted().toList();
    }

    private static void describe(Env env) throws Exception {
        String topic = env.topic(2);
        String id = env.name("id");
        var producer = env.transactional(id, "transaction.timeout.ms", 54_321);
        producer.beginTransaction();
        for (int p = 0; p < 2; p++) producer.send(new ProducerRecord<>(topic, p, null, Env.bytes("x")));
        producer.flush();
        var found = env.admin().describeTransactions(List.of(id)).description(id).get();
        Suite.same(found.state(), TransactionState.ONGOING, "state");
        Suite.same(found.topicPartitions(), Set.copyOf(Env.partitions(topic, 2)), "partitions");
        Suite.same(found.transactionTimeoutMs(), 54_321L, "timeout");
        Suite.holds(Math.abs(found.transactionStartTimeMs().getAsLong() - System.currentTimeMillis()) < 60_000, "start time");
        producer.abortTransaction();
        Suite.eventually(() -> env.admin().describeTransactions(List.of(id)).description(id).get().state() == TransactionState.COMPLETE_ABORT, "aborted");
        Suite.same(env.admin().describeTransactions(List.of(id)).description(id).get().topicPartitions(), Set.of(), "no partitions then");
    }

    private static void describeUnknown(Env env) throws Exception {
        Suite.fails(TransactionalIdNotFoundException.class, () -> env.admin().describeTransactions(List.of(env.name("no"))).all().get(), "unknown id");
    }

    private static void describeProducers(Env env) throws Exception {
        String topic = env.topic(2);
        TopicPartition partition = new TopicPartition(topic, 0);
        env.fill(topic, 2, 4);
        Suite.same(producerOf(env, partition).currentTransactionStartOffset().isPresent(), false, "an idempotent producer has no transaction");
        String other = env.topic(1);
        String id = env.name("id");
        var producer = open(env, id, other);
        TopicPartition at = new TopicPartition(other, 0);
        var state = producerOf(env, at);
        var described = env.admin().describeTransactions(List.of(id)).description(id).get();
        Suite.same(state.currentTransactionStartOffset().getAsLong(), 0L, "start of the open transaction");
        Suite.same(state.producerId(), described.producerId(), "producer id");
        Suite.same(state.producerEpoch(), described.producerEpoch(), "producer epoch");
        Suite.same(state.lastSequence(), 0, "last sequence");
        producer.commitTransaction();
        Suite.eventually(() -> producerOf(env, at).currentTransactionStartOffset().isEmpty(), "no open transaction");
        Suite.holds(producerOf(env, at).coordinatorEpoch().isPresent(), "the coordinator's epoch of the marker");
    }

    private static AbortTransactionSpec spec(TopicPartition partition, ProducerState state, int epochs) {
        return new AbortTransactionSpec(partition, state.producerId(), (short) (state.producerEpoch() + epochs), state.coordinatorEpoch().orElse(0));
    }

    private static void abort(Env env) throws Exception {
        String topic = env.topic(1);
        TopicPartition partition = new TopicPartition(topic, 0);
        open(env, env.name("id"), topic);
        env.fill(topic, 1, 1);
        env.admin().abortTransaction(spec(partition, producerOfOpen(env, partition), 0)).all().get();
        try (var reader = env.committedReader(topic, 1)) {
            Suite.same(Env.values(Env.take(reader, 1)), List.of("v0"), "it holds nothing back any more");
        }
    }

    private static ProducerState producerOfOpen(Env env, TopicPartition partition) throws Exception {
        return env.admin().describeProducers(List.of(partition)).partitionResult(partition).get().activeProducers().stream()
            .filter(one -> one.currentTransactionStartOffset().isPresent()).findFirst().orElseThrow();
    }

    private static void abortOldEpoch(Env env) throws Exception {
        String topic = env.topic(1);
        TopicPartition partition = new TopicPartition(topic, 0);
        String id = env.name("id");
        env.transactional(id).close();
        var producer = open(env, id, topic);
        var state = producerOf(env, partition);
        Suite.fails(InvalidProducerEpochException.class, () -> env.admin().abortTransaction(spec(partition, state, -1)).all().get(), "an older epoch");
        producer.commitTransaction();
    }

    private static void fence(Env env) throws Exception {
        String topic = env.topic(1);
        String id = env.name("id");
        var producer = open(env, id, topic);
        var fenced = env.admin().fenceProducers(List.of(id));
        fenced.all().get();
        Suite.holds(fenced.producerId(id).get() >= 0 && fenced.epochId(id).get() > 0, "the new producer id and epoch");
        Suite.fails(ProducerFencedException.class, () -> {
            producer.commitTransaction();
            return null;
        }, "the fenced producer");
        try (var reader = env.committedReader(topic, 1)) {
            env.fill(topic, 1, 1);
            Suite.same(Env.values(Env.take(reader, 1)), List.of("v0"), "its transaction was aborted");
        }
    }

    private static void terminate(Env env) throws Exception {
        String topic = env.topic(1);
        String id = env.name("id");
        var producer = open(env, id, topic);
        env.admin().forceTerminateTransaction(id).result().get();
        env.fill(topic, 1, 1);
        try (var reader = env.committedReader(topic, 1)) {
            Suite.same(Env.values(Env.take(reader, 1)), List.of("v0"), "its transaction was aborted");
        }
        Suite.fails(KafkaException.class, () -> {
            producer.commitTransaction();
            return null;
        }, "its producer commits");
    }

    private static void listOffsets(Env env) throws Exception {
        String topic = env.topic(1);
        TopicPartition partition = new TopicPartition(topic, 0);
        env.fill(topic, 1, 3);
        var producer = open(env, env.name("id"), topic);
        var latest = java.util.Map.of(partition, OffsetSpec.latest());
        Suite.same(env.admin().listOffsets(latest, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED)).partitionResult(partition).get().offset(), 3L, "read_committed");
        Suite.same(env.admin().listOffsets(latest, new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED)).partitionResult(partition).get().offset(), 4L, "read_uncommitted");
        producer.abortTransaction();
    }
}
