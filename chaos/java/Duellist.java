import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Two of these share one transactional id and fence each other; only the last one to begin may commit. */
final class Duellist implements Runnable {
    private final Clients clients;
    private final History history;
    private final String name;
    private final Random random;
    private KafkaProducer<byte[], byte[]> producer;
    private long count;
    private long number;

    Duellist(Clients clients, History history, String name, long seed) {
        this.clients = clients;
        this.history = history;
        this.name = name;
        random = new Random(seed);
    }

    @Override
    public void run() {
        while (!Chaos.stopped) {
            try {
                if (producer == null) {
                    producer = clients.producer("transactional.id", clients.prefix + "duel", "transaction.timeout.ms", 15000);
                    producer.initTransactions();
                } else transaction();
                Chaos.rest(random.nextInt(300));
            } catch (Exception e) {
                if (producer != null) producer.close(Duration.ZERO);
                producer = null;
                Chaos.rest(500 + random.nextInt(1500));
            }
        }
        if (producer != null) producer.close(Duration.ZERO);
    }

    private void transaction() {
        String id = ",\"x\":\"" + name + ":" + ++number + "\"";
        producer.beginTransaction();
        history.add("begin", name, id + ",\"reads\":[]");
        try {
            for (int i = 0; i < 3; i++) {
                int partition = random.nextInt(Clients.PARTITIONS);
                String value = name + "." + ++count;
                history.add("send", name, id + ",\"p\":" + partition + ",\"v\":\"" + value + "\"");
                producer.send(new ProducerRecord<>(clients.data(), partition, null, value.getBytes(StandardCharsets.UTF_8)));
            }
            history.add("commit", name, id);
            producer.commitTransaction();
            history.add("ok", name, id + ",\"s\":[]");
        } catch (RuntimeException e) {
            history.add("unknown", name, id + ",\"why\":" + History.quoted(String.valueOf(e)));
            throw e;
        }
    }
}
