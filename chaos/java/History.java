import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** What the clients saw, a JSON object a line on stdout; times are milliseconds of one clock. */
final class History {
    private static final long BEGAN = System.nanoTime();
    private final BufferedWriter out = new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8), 1 << 16);

    static String place(int partition, long offset, String value) {
        return "[" + partition + "," + offset + ",\"" + value + "\"]";
    }

    static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "'").replaceAll("\\s+", " ") + "\"";
    }

    synchronized void add(String event, String worker, String more) {
        long micros = (System.nanoTime() - BEGAN) / 1000;
        try {
            out.write("{\"e\":\"" + event + "\",\"w\":\"" + worker + "\",\"t\":" + micros / 1000.0 + more + "}\n");
            out.flush();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    void read(String worker, String isolation, long poll, List<ConsumerRecord<byte[], byte[]>> records) {
        if (records.isEmpty()) return;
        var text = new StringBuilder(",\"iso\":\"" + isolation + "\",\"n\":" + poll + ",\"r\":[");
        for (var record : records) {
            if (text.charAt(text.length() - 1) != '[') text.append(',');
            text.append(place(record.partition(), record.offset(), new String(record.value(), StandardCharsets.UTF_8)));
        }
        add("read", worker, text.append(']').toString());
    }
}
