import java.time.Duration;
import java.util.Arrays;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Produced;

/** Counts the words of a topic until so many have been counted, then leaves its group: BOOTSTRAP ID INPUT OUTPUT PROTOCOL WORDS FOLDER. */
public final class StreamsApplication {
    public static void main(String[] args) throws Exception {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", args[0]);
        settings.put("application.id", args[1]);
        settings.put("group.protocol", args[4]);
        settings.put("state.dir", args[6]);
        settings.put("commit.interval.ms", "200");
        settings.put("statestore.cache.max.bytes", "0");
        settings.put("auto.offset.reset", "earliest");
        settings.put("default.key.serde", Serdes.StringSerde.class.getName());
        settings.put("default.value.serde", Serdes.StringSerde.class.getName());
        CountDownLatch counted = new CountDownLatch(Integer.parseInt(args[5]));
        StreamsBuilder builder = new StreamsBuilder();
        builder.<String, String>stream(args[2]).flatMapValues(line -> Arrays.asList(line.split(" "))).groupBy((key, word) -> word).count()
            .toStream().peek((word, count) -> counted.countDown()).to(args[3], Produced.with(Serdes.String(), Serdes.Long()));
        try (KafkaStreams streams = new KafkaStreams(builder.build(), settings)) {
            streams.start();
            boolean done = counted.await(50, TimeUnit.SECONDS);
            streams.close(new KafkaStreams.CloseOptions().leaveGroup(true).timeout(Duration.ofSeconds(10)));
            System.out.println(done ? "all words were counted" : "words are missing: " + counted.getCount());
            if (!done) Exit.exit(1);
        }
    }
}
