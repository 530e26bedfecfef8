import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** An idempotent producer without transactions. */
final class Writer implements Runnable {
    private final Clients clients;
    private final History history;
    private final String name;
    private final Random random;

    Writer(Clients clients, History history, String name, long seed) {
        this.clients = clients;
        this.history = history;
        this.name = name;
        random = new Random(seed);
    }

    @Override
    public void run() {
        KafkaProducer<byte[], byte[]> producer = clients.producer();
        for (long count = 1; !Chaos.stopped; count++) {
            int partition = random.nextInt(Clients.PARTITIONS);
            String value = name + "." + count;
            history.add("send", name, ",\"p\":" + partition + ",\"v\":\"" + value + "\"");
            try {
                producer.send(new ProducerRecord<>(clients.data(), partition, null, value.getBytes(StandardCharsets.UTF_8)), (at, error) -> {
                    if (error == null) history.add("acked", name, ",\"s\":[" + History.place(at.partition(), at.offset(), value) + "]");
                    else history.add("unsure", name, ",\"v\":\"" + value + "\",\"why\":" + History.quoted(String.valueOf(error)));
                });
            } catch (RuntimeException e) {
                history.add("unsure", name, ",\"v\":\"" + value + "\",\"why\":" + History.quoted(String.valueOf(e)));
            }
            Chaos.rest(3 + random.nextInt(15));
        }
        producer.close(Duration.ofSeconds(15));
    }
}
