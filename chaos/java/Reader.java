import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/** Reads everything from the beginning on, assigned or as a member of a group. */
final class Reader implements Runnable {
    private final Clients clients;
    private final History history;
    private final String name;
    private final String isolation;
    private final String groupProtocol;

    /** Without a `groupProtocol` the reader assigns itself all partitions. */
    Reader(Clients clients, History history, String name, String isolation, String groupProtocol) {
        this.clients = clients;
        this.history = history;
        this.name = name;
        this.isolation = isolation;
        this.groupProtocol = groupProtocol;
    }

    private KafkaConsumer<byte[], byte[]> open() {
        if (groupProtocol == null) {
            var consumer = clients.consumer("isolation.level", isolation);
            consumer.assign(clients.partitions());
            return consumer;
        }
        var consumer = clients.consumer("isolation.level", isolation, "group.id", clients.prefix + groupProtocol, "group.protocol", groupProtocol);
        consumer.subscribe(List.of(clients.data()));
        return consumer;
    }

    @Override
    public void run() {
        String shown = isolation.equals("read_committed") ? "c" : "u";
        for (long sequence = 0; !Chaos.stopped; sequence++) {
            var consumer = open();
            try {
                while (!Chaos.stopped) {
                    var records = new ArrayList<ConsumerRecord<byte[], byte[]>>();
                    consumer.poll(Duration.ofMillis(300)).forEach(records::add);
                    history.read(name, shown, groupProtocol == null ? sequence : -1, records);
                    if (groupProtocol != null && !records.isEmpty()) consumer.commitSync();
                }
            } catch (RuntimeException e) {
                history.add("stumbled", name, ",\"why\":" + History.quoted(String.valueOf(e)));
                Chaos.rest(200);
            }
            consumer.close(Duration.ofSeconds(2));
        }
    }
}
