import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/** `Chaos BOOTSTRAP PREFIX SEED`: clients at work until a line comes on stdin; then all that is committed is read once more. */
public final class Chaos {
    static volatile boolean stopped;

    private Chaos() {}

    static void rest(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    public static void main(String[] args) throws Exception {
        var clients = new Clients(args[0], args[1]);
        long seed = Long.parseLong(args[2]);
        var history = new History();
        try (Admin admin = Admin.create(clients.settings())) {
            admin.createTopics(List.of(new NewTopic(clients.data(), Clients.PARTITIONS, (short) 1), new NewTopic(clients.mark().topic(), 1, (short) 1))).all().get();
        }
        List<Thread> threads = new ArrayList<>();
        for (int i = 1; i <= 3; i++) threads.add(start(new Transactor(clients, history, "t" + i, seed + i)));
        for (int i = 1; i <= 2; i++) threads.add(start(new Duellist(clients, history, "d" + i, seed + 10 + i)));
        for (int i = 1; i <= 2; i++) threads.add(start(new Writer(clients, history, "w" + i, seed + 20 + i)));
        threads.add(start(new Reader(clients, history, "rc", "read_committed", null)));
        threads.add(start(new Reader(clients, history, "ru", "read_uncommitted", null)));
        for (String protocol : List.of("classic", "consumer"))
            for (int i = 1; i <= 2; i++) threads.add(start(new Reader(clients, history, protocol + i, "read_committed", protocol)));
        threads.add(start(() -> watch(clients, history)));
        System.in.read();
        stopped = true;
        for (Thread thread : threads) thread.join();
        readAll(clients, history);
        System.exit(0);
    }

    private static Thread start(Runnable work) {
        var thread = new Thread(work);
        thread.start();
        return thread;
    }

    /** Asks again and again where the partitions end. */
    private static void watch(Clients clients, History history) {
        try (Admin admin = Admin.create(clients.settings("default.api.timeout.ms", 5000))) {
            while (!stopped) {
                for (var isolation : IsolationLevel.values()) {
                    try {
                        var ends = ends(admin, clients, isolation);
                        var text = new StringBuilder();
                        for (int i = 0; i < Clients.PARTITIONS; i++) text.append(i == 0 ? "" : ",").append(ends.get(new TopicPartition(clients.data(), i)));
                        history.add("ends", isolation == IsolationLevel.READ_COMMITTED ? "lso" : "hwm", ",\"ends\":[" + text + "]");
                    } catch (Exception e) {
                        rest(100); // The broker is away: nothing is known.
                    }
                }
                rest(200);
            }
        }
    }

    private static Map<TopicPartition, Long> ends(Admin admin, Clients clients, IsolationLevel isolation) throws Exception {
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        for (var partition : clients.partitions()) asked.put(partition, OffsetSpec.latest());
        Map<TopicPartition, Long> ends = new HashMap<>();
        admin.listOffsets(asked, new ListOffsetsOptions(isolation)).all().get().forEach((partition, info) -> ends.put(partition, info.offset()));
        return ends;
    }

    /** Waits until no transaction is open, then reads what is committed from the beginning to the end. */
    private static void readAll(Clients clients, History history) throws Exception {
        Map<TopicPartition, Long> ends;
        try (Admin admin = Admin.create(clients.settings())) {
            for (int i = 0; ; i++) {
                ends = ends(admin, clients, IsolationLevel.READ_COMMITTED);
                if (ends.equals(ends(admin, clients, IsolationLevel.READ_UNCOMMITTED))) break;
                if (i > 120) {
                    history.add("hanging", "final", "");
                    break;
                }
                rest(500);
            }
        }
        try (var consumer = clients.consumer("isolation.level", "read_committed")) {
            consumer.assign(clients.partitions());
            consumer.seekToBeginning(clients.partitions());
            long until = System.nanoTime() + 60_000_000_000L;
            while (!reached(consumer, ends) && System.nanoTime() < until) {
                var records = new ArrayList<ConsumerRecord<byte[], byte[]>>();
                consumer.poll(Duration.ofMillis(500)).forEach(records::add);
                history.read("final", "c", 0, records);
            }
            history.add(reached(consumer, ends) ? "end" : "unread", "final", "");
        }
    }

    private static boolean reached(org.apache.kafka.clients.consumer.KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends) {
        for (var end : ends.entrySet()) if (consumer.position(end.getKey()) < end.getValue()) return false;
        return true;
    }
}
