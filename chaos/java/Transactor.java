import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Consumes, transforms and produces in transactions. Each commits an offset that is its own number beside those of what it read: after
 * an outcome that is not known, the group tells which transaction was the last.
 */
final class Transactor implements Runnable {
    private final Clients clients;
    private final History history;
    private final String name;
    private final Random random;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private KafkaProducer<byte[], byte[]> producer;
    private long count;
    private long number;
    private long poll;

    Transactor(Clients clients, History history, String name, long seed) {
        this.clients = clients;
        this.history = history;
        this.name = name;
        random = new Random(seed);
        consumer = clients.consumer("group.id", clients.prefix + name, "isolation.level", "read_committed", "max.poll.records", 50);
        consumer.assign(clients.partitions());
    }

    @Override
    public void run() {
        while (!Chaos.stopped) {
            try {
                if (producer == null) recover();
                else transaction();
                // A new producer now and then, though all is well: it asks the group what was committed.
                if (producer != null && random.nextInt(15) == 0) retire();
            } catch (Exception e) {
                if (producer != null) producer.close(Duration.ZERO);
                producer = null;
                Chaos.rest(200);
            }
        }
        if (producer != null) producer.close(Duration.ofSeconds(5));
        consumer.close(Duration.ofSeconds(2));
    }

    private void retire() {
        producer.close(Duration.ofSeconds(5));
        producer = null;
    }

    /** A new producer ends what the old one left open; then the group's offsets are stable and tell what was committed. */
    private void recover() {
        var made = clients.producer("transactional.id", clients.prefix + name, "transaction.timeout.ms", 15000);
        try {
            made.initTransactions();
            Set<TopicPartition> asked = new HashSet<>(clients.partitions());
            asked.add(clients.mark());
            Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(asked);
            var mark = committed.get(clients.mark());
            history.add("mark", name, ",\"mark\":" + (mark == null ? -1 : mark.offset()));
            for (var partition : clients.partitions()) {
                var offset = committed.get(partition);
                consumer.seek(partition, offset == null ? 0 : offset.offset());
            }
            poll += 1; // A new sequence: the position may have gone back.
            producer = made;
        } catch (RuntimeException e) {
            made.close(Duration.ZERO);
            throw e;
        }
    }

    private void transaction() throws Exception {
        var records = new ArrayList<org.apache.kafka.clients.consumer.ConsumerRecord<byte[], byte[]>>();
        consumer.poll(Duration.ofMillis(50)).forEach(records::add);
        long mine = ++number;
        String id = ",\"x\":\"" + name + ":" + mine + "\"";
        history.read(name, "c", poll, records);
        producer.beginTransaction();
        history.add("begin", name, id + ",\"reads\":" + values(records));
        try {
            List<String> sent = new ArrayList<>();
            List<Future<RecordMetadata>> futures = new ArrayList<>();
            for (int i = 1 + random.nextInt(4); i > 0; i--) send(id, sent, futures);
            if (random.nextInt(6) == 0) abort(id);
            else commit(id, mine, sent, futures);
        } catch (Exception e) {
            history.add("unknown", name, id + ",\"why\":" + History.quoted(String.valueOf(e)));
            throw e;
        }
    }

    private static String values(List<org.apache.kafka.clients.consumer.ConsumerRecord<byte[], byte[]>> records) {
        var text = new StringBuilder("[");
        for (var record : records) {
            if (text.length() > 1) text.append(',');
            text.append('"').append(new String(record.value(), StandardCharsets.UTF_8)).append('"');
        }
        return text.append(']').toString();
    }

    private void send(String id, List<String> sent, List<Future<RecordMetadata>> futures) {
        int partition = random.nextInt(Clients.PARTITIONS);
        String value = name + "." + ++count;
        history.add("send", name, id + ",\"p\":" + partition + ",\"v\":\"" + value + "\"");
        futures.add(producer.send(new ProducerRecord<>(clients.data(), partition, null, value.getBytes(StandardCharsets.UTF_8))));
        sent.add(value);
    }

    private void abort(String id) {
        if (random.nextBoolean()) producer.flush();
        history.add("abort", name, id);
        producer.abortTransaction();
        history.add("aborted", name, id);
        // What was read in it is read again.
        rewind();
    }

    private void rewind() {
        Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(new HashSet<>(clients.partitions()));
        for (var partition : clients.partitions()) {
            var offset = committed.get(partition);
            consumer.seek(partition, offset == null ? 0 : offset.offset());
        }
        poll += 1;
    }

    private void commit(String id, long mine, List<String> sent, List<Future<RecordMetadata>> futures) throws Exception {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (var partition : clients.partitions()) offsets.put(partition, new OffsetAndMetadata(consumer.position(partition)));
        offsets.put(clients.mark(), new OffsetAndMetadata(mine));
        producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
        history.add("commit", name, id + ",\"mark\":" + mine);
        producer.commitTransaction();
        var places = new StringBuilder();
        for (int i = 0; i < sent.size(); i++) {
            var at = futures.get(i).get();
            places.append(i == 0 ? "" : ",").append(History.place(at.partition(), at.offset(), sent.get(i)));
        }
        history.add("ok", name, id + ",\"s\":[" + places + "]");
    }
}
