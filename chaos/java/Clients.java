import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Clients that give up after seconds, not minutes, so that a fault is felt and over within a run. */
final class Clients {
    static final int PARTITIONS = 6;
    final String bootstrap;
    final String prefix;

    Clients(String bootstrap, String prefix) {
        this.bootstrap = bootstrap;
        this.prefix = prefix;
    }

    String data() {
        return prefix + "data";
    }

    /** Only named in committed offsets: the offset is the number of the transaction. */
    TopicPartition mark() {
        return new TopicPartition(prefix + "mark", 0);
    }

    List<TopicPartition> partitions() {
        List<TopicPartition> all = new ArrayList<>();
        for (int i = 0; i < PARTITIONS; i++) all.add(new TopicPartition(data(), i));
        return all;
    }

    Map<String, Object> settings(Object... pairs) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("request.timeout.ms", 4000);
        settings.put("reconnect.backoff.max.ms", 300);
        settings.put("socket.connection.setup.timeout.ms", 2000);
        for (int i = 0; i < pairs.length; i += 2) settings.put((String) pairs[i], pairs[i + 1]);
        return settings;
    }

    KafkaProducer<byte[], byte[]> producer(Object... pairs) {
        Map<String, Object> settings = settings("acks", "all", "delivery.timeout.ms", 12000, "max.block.ms", 12000, "linger.ms", 2);
        settings.putAll(settings(pairs));
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    KafkaConsumer<byte[], byte[]> consumer(Object... pairs) {
        Map<String, Object> settings = settings("auto.offset.reset", "earliest", "enable.auto.commit", false, "default.api.timeout.ms", 12000);
        settings.putAll(settings(pairs));
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }
}
