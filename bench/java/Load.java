import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * `Load transactions BOOTSTRAP TOPIC PRODUCERS SECONDS`: each producer commits transactions of one record of 1 KiB, one after another.
 * `Load groups BOOTSTRAP TOPIC GROUPS SECONDS`: so many groups of one member; then each commits again and again.
 * Prints one line of JSON.
 */
public final class Load {
    private static final long WARM_UP_NS = 3_000_000_000L;

    private Load() {}

    public static void main(String[] args) throws Exception {
        int count = Integer.parseInt(args[3]);
        long ns = Long.parseLong(args[4]) * 1_000_000_000L;
        String result = args[0].equals("transactions") ? transactions(args[1], args[2], count, ns) : groups(args[1], args[2], count, ns);
        System.out.println(result);
        System.exit(0);
    }

    private static String transactions(String bootstrap, String topic, int producers, long ns) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(producers);
        List<Future<List<Long>>> running = new ArrayList<>();
        for (int i = 0; i < producers; i++) running.add(threads.submit(producer(bootstrap, topic, topic + "-" + i, ns)));
        return "{\"seconds\":" + ns / 1e9 + "," + times(running) + "}";
    }

    private static Callable<List<Long>> producer(String bootstrap, String topic, String id, long ns) {
        return () -> {
            Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", bootstrap, "transactional.id", id, "linger.ms", 0));
            List<Long> times = new ArrayList<>();
            try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
                producer.initTransactions();
                long measured = System.nanoTime() + WARM_UP_NS;
                for (long began = System.nanoTime(); began < measured + ns; began = System.nanoTime()) {
                    producer.beginTransaction();
                    producer.send(new ProducerRecord<>(topic, new byte[1024]));
                    producer.commitTransaction();
                    if (began >= measured) times.add(System.nanoTime() - began);
                }
            }
            return times;
        };
    }

    private static KafkaConsumer<byte[], byte[]> member(String bootstrap, String topic, String group) {
        Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", bootstrap, "group.id", group));
        settings.put("enable.auto.commit", false);
        settings.put("auto.offset.reset", "earliest");
        var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        consumer.subscribe(List.of(topic));
        return consumer;
    }

    /** A few threads serve the members in turn, as one that polled each for itself would need a core for switching alone. */
    private static String groups(String bootstrap, String topic, int count, long ns) throws Exception {
        int lanes = 4;
        long began = System.nanoTime();
        ExecutorService threads = Executors.newFixedThreadPool(lanes);
        var barrier = new java.util.concurrent.CyclicBarrier(lanes);
        var ready = new long[1];
        List<Future<List<Long>>> running = new ArrayList<>();
        for (int lane = 0; lane < lanes; lane++) {
            int first = lane;
            running.add(threads.submit(() -> {
                List<KafkaConsumer<byte[], byte[]>> members = new ArrayList<>();
                for (int i = first; i < count; i += lanes) members.add(member(bootstrap, topic, topic + "-" + i));
                List<KafkaConsumer<byte[], byte[]>> waiting = new ArrayList<>(members);
                while (!waiting.isEmpty()) waiting.removeIf(one -> {
                    one.poll(Duration.ofMillis(5));
                    return !one.assignment().isEmpty();
                });
                if (barrier.await() == 0) ready[0] = System.nanoTime() - began;
                List<Long> times = new ArrayList<>();
                for (long end = System.nanoTime() + ns; System.nanoTime() < end; ) {
                    for (var one : members) {
                        one.poll(Duration.ZERO);
                        long asked = System.nanoTime();
                        one.commitSync();
                        times.add(System.nanoTime() - asked);
                    }
                }
                return times;
            }));
        }
        String times = times(running);
        return "{\"seconds\":" + ns / 1e9 + ",\"readyMs\":" + ready[0] / 1e6 + "," + times + "}";
    }

    private static String times(List<Future<List<Long>>> running) throws Exception {
        List<Long> all = new ArrayList<>();
        for (var one : running) all.addAll(one.get());
        Collections.sort(all);
        return "\"count\":" + all.size() + ",\"p50Ms\":" + all.get(all.size() / 2) / 1e6 + ",\"p99Ms\":" + all.get(all.size() * 99 / 100) / 1e6;
    }
}
