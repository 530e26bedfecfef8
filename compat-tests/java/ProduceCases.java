import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;

final class ProduceCases {
    private static final int PARTITIONS = 3;
    private static final int COUNT = 600;

    static void add(Suite suite) {
        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) suite.add("produce-" + codec, env -> roundTrip(env, codec));
        suite.add("produce-headers-keys-nulls", ProduceCases::headersKeysNulls);
        suite.add("produce-big-message", ProduceCases::bigMessage);
        suite.add("produce-big-batches", ProduceCases::bigBatches);
        suite.add("produce-idempotent", ProduceCases::idempotent);
        suite.add("produce-not-idempotent", env -> order(env, "enable.idempotence", false, "max.in.flight.requests.per.connection", 1));
        suite.add("produce-acks-1", env -> order(env, "acks", "1", "enable.idempotence", false, "max.in.flight.requests.per.connection", 1));
        suite.add("produce-acks-0", ProduceCases::acksNone);
        suite.add("produce-many-partitions", ProduceCases::manyPartitions);
        suite.add("produce-timestamps", ProduceCases::timestamps);
        suite.add("produce-log-append-time", ProduceCases::logAppendTime);
        suite.add("produce-auto-create", ProduceCases::autoCreate);
        suite.add("produce-topic-compression", ProduceCases::topicCompression);
        suite.add("produce-two-producers", ProduceCases::twoProducers);
    }

    private static byte[] value(int i) {
        return i % 7 == 0 ? null : Env.bytes("value " + i + " " + "abc ".repeat(i % 50));
    }

    /** Keys, values, headers, times and order of every record come back, for one compression. */
    private static void roundTrip(Env env, String codec) throws Exception {
        String topic = env.topic(PARTITIONS);
        try (var producer = env.producer("compression.type", codec, "linger.ms", 20)) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int i = 0; i < COUNT; i++) {
                var record = new ProducerRecord<>(topic, i % PARTITIONS, 1_700_000_000_000L + i, Env.bytes("key " + i), value(i));
                if (i % 3 == 0) record.headers().add("number", Env.bytes("" + i)).add("empty", new byte[0]);
                sent.add(producer.send(record));
            }
            producer.flush();
            for (int i = 0; i < COUNT; i++) Suite.same(sent.get(i).get().offset(), (long) (i / PARTITIONS), "offset of record " + i);
        }
        for (var record : env.readAll(topic, PARTITIONS, COUNT)) {
            int i = (int) record.offset() * PARTITIONS + record.partition();
            Suite.same(Env.text(record.key()), "key " + i, "key");
            Suite.same(Env.text(record.value()), Env.text(value(i)), "value");
            Suite.same(record.timestamp(), 1_700_000_000_000L + i, "timestamp");
            Suite.same(record.timestampType(), TimestampType.CREATE_TIME, "timestamp type");
            Suite.same(record.headers().toArray().length, i % 3 == 0 ? 2 : 0, "headers");
            if (i % 3 == 0) Suite.same(Env.text(record.headers().lastHeader("number").value()), "" + i, "header");
        }
    }

    private static void headersKeysNulls(Env env) throws Exception {
        String topic = env.topic(1);
        List<Header> headers = List.of(new RecordHeader("a", Env.bytes("1")), new RecordHeader("a", Env.bytes("2")), new RecordHeader("nothing", (byte[]) null),
            new RecordHeader("", new byte[] {0, (byte) 255}), new RecordHeader("häder ☃", Env.bytes("ünïcode 雪")));
        byte[][][] pairs = {{null, null}, {new byte[0], new byte[0]}, {Env.bytes("k"), null}, {null, Env.bytes("v")}, {{0, 1, (byte) 0xff}, {(byte) 0xfe, 0}}};
        try (var producer = env.producer()) {
            for (byte[][] pair : pairs) producer.send(new ProducerRecord<>(topic, 0, null, pair[0], pair[1], headers)).get();
        }
        var records = env.readAll(topic, 1, pairs.length);
        for (int i = 0; i < pairs.length; i++) {
            Suite.holds(Arrays.equals(records.get(i).key(), pairs[i][0]), "key " + i);
            Suite.holds(Arrays.equals(records.get(i).value(), pairs[i][1]), "value " + i);
            Suite.same(StreamSupport.stream(records.get(i).headers().spliterator(), false).toList(), headers, "headers " + i);
        }
    }

    private static void bigMessage(Env env) throws Exception {
        String topic = env.topic(1);
        byte[] small = Env.noise(900_000, 1);
        try (var producer = env.producer("max.request.size", 20_000_000)) {
            producer.send(new ProducerRecord<>(topic, small)).get();
        }
        String wide = env.topic(1, "max.message.bytes", "12000000");
        byte[] large = Env.noise(10_000_000, 2);
        try (var producer = env.producer("max.request.size", 20_000_000, "buffer.memory", 64_000_000L)) {
            producer.send(new ProducerRecord<>(wide, large)).get();
        }
        Suite.holds(Arrays.equals(env.readAll(topic, 1, 1).get(0).value(), small), "900 kB came back changed");
        // Larger than any limit of the fetch: it must come all the same.
        Suite.holds(Arrays.equals(env.readAll(wide, 1, 1, "max.partition.fetch.bytes", 1000).get(0).value(), large), "10 MB came back changed");
    }

    private static void bigBatches(Env env) throws Exception {
        String topic = env.topic(2);
        int count = 4000;
        try (var producer = env.producer("batch.size", 262144, "linger.ms", 50, "compression.type", "none")) {
            for (int i = 0; i < count; i++) producer.send(new ProducerRecord<>(topic, i % 2, null, Env.noise(1000, i)));
            producer.flush();
        }
        for (var record : env.readAll(topic, 2, count)) {
            Suite.holds(Arrays.equals(record.value(), Env.noise(1000, record.offset() * 2 + record.partition())), "value at " + record.offset());
        }
    }

    private static void order(Env env, Object... config) throws Exception {
        String topic = env.topic(1);
        env.fill(topic, 1, 1000, config);
        var records = env.readAll(topic, 1, 1000);
        for (int i = 0; i < 1000; i++) Suite.same(Env.text(records.get(i).value()), "v" + i, "order");
    }

    private static void idempotent(Env env) throws Exception {
        String topic = env.topic(2);
        int count = 5000;
        var acked = env.fill(topic, 2, count, "enable.idempotence", true, "batch.size", 300, "max.in.flight.requests.per.connection", 5);
        for (int i = 0; i < count; i++) Suite.same(acked.get(i).offset(), (long) (i / 2), "offset");
        for (var record : env.readAll(topic, 2, count)) Suite.same(Env.text(record.value()), "v" + (record.offset() * 2 + record.partition()), "value");
    }

    private static void acksNone(Env env) throws Exception {
        String topic = env.topic(1);
        var acked = env.fill(topic, 1, 200, "acks", "0", "enable.idempotence", false);
        Suite.holds(!acked.get(0).hasOffset(), "without acks there is no offset");
        env.readAll(topic, 1, 200);
    }

    private static void manyPartitions(Env env) throws Exception {
        int partitions = 48;
        String topic = env.topic(partitions);
        env.fill(topic, partitions, partitions * 50);
        Map<Integer, Long> next = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> record : env.readAll(topic, partitions, partitions * 50)) {
            Suite.same(record.offset(), next.merge(record.partition(), 1L, Long::sum) - 1, "offset in order");
        }
    }

    private static void timestamps(Env env) throws Exception {
        String topic = env.topic(1);
        long[] times = {1_500_000_000_000L, 1_400_000_000_000L, 0, 1_600_000_000_000L};
        try (var producer = env.producer("linger.ms", 100)) {
            for (long time : times) producer.send(new ProducerRecord<>(topic, 0, time, null, Env.bytes("x")));
        }
        var records = env.readAll(topic, 1, times.length);
        for (int i = 0; i < times.length; i++) Suite.same(records.get(i).timestamp(), times[i], "timestamp " + i);
    }

    private static void logAppendTime(Env env) throws Exception {
        String topic = env.topic(1, "message.timestamp.type", "LogAppendTime");
        long before = System.currentTimeMillis();
        RecordMetadata acked;
        try (var producer = env.producer("compression.type", "lz4")) {
            acked = producer.send(new ProducerRecord<>(topic, 0, 1_000_000L, null, Env.bytes("x"))).get();
        }
        var record = env.readAll(topic, 1, 1).get(0);
        Suite.same(record.timestampType(), TimestampType.LOG_APPEND_TIME, "timestamp type");
        Suite.holds(record.timestamp() >= before - 1000 && record.timestamp() <= System.currentTimeMillis() + 1000, "time " + record.timestamp());
        Suite.same(acked.timestamp(), record.timestamp(), "time in the ack");
    }

    private static void autoCreate(Env env) throws Exception {
        String topic = env.name("auto");
        try (var producer = env.producer()) {
            Suite.same(producer.send(new ProducerRecord<>(topic, Env.bytes("first"))).get().offset(), 0L, "offset");
        }
        Suite.same(Env.text(env.readAll(topic, 1, 1).get(0).value()), "first", "value");
    }

    /** The topic's own compression replaces that of the producer; what is read stays the same. */
    private static void topicCompression(Env env) throws Exception {
        String topic = env.topic(1, "compression.type", "gzip");
        for (String codec : List.of("none", "snappy")) env.fill(topic, 1, 100, "compression.type", codec, "linger.ms", 50);
        var records = env.readAll(topic, 1, 200);
        for (int i = 0; i < 200; i++) Suite.same(Env.text(records.get(i).value()), "v" + i % 100, "value");
    }

    private static void twoProducers(Env env) throws Exception {
        String topic = env.topic(1);
        try (var one = env.producer(); var two = env.producer()) {
            for (int i = 0; i < 300; i++) {
                one.send(new ProducerRecord<>(topic, Env.bytes("one"), Env.bytes("" + i)));
                two.send(new ProducerRecord<>(topic, Env.bytes("two"), Env.bytes("" + i)));
            }
        }
        Map<String, Integer> next = new HashMap<>();
        for (var record : env.readAll(topic, 1, 600)) {
            Suite.same(Integer.parseInt(Env.text(record.value())), next.merge(Env.text(record.key()), 1, Integer::sum) - 1, "order of a producer");
        }
    }
}
