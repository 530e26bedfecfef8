import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidSessionTimeoutException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.OffsetMetadataTooLarge;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

final class ErrorCases {
    static void add(Suite suite) {
        suite.add("error-message-too-large", ErrorCases::messageTooLarge);
        suite.add("error-unknown-topic", ErrorCases::unknownTopic);
        suite.add("error-unknown-partition", ErrorCases::unknownPartition);
        suite.add("error-invalid-topic-names", ErrorCases::invalidTopicNames);
        suite.add("error-topic-exists", ErrorCases::topicExists);
        suite.add("error-colliding-topic-names", ErrorCases::collidingNames);
        suite.add("error-invalid-replication-and-partitions", ErrorCases::invalidNumbers);
        suite.add("error-timestamp-too-far", ErrorCases::timestampTooFar);
        suite.add("error-invalid-session-timeout", ErrorCases::invalidSessionTimeout);
        suite.add("error-commit-metadata-too-large", ErrorCases::metadataTooLarge);
        suite.add("error-one-bad-topic-of-two", ErrorCases::oneOfTwo);
    }

    private static Object send(Env env, String topic, byte[] value, Object... config) throws Exception {
        try (var producer = env.producer(config)) {
            return producer.send(new ProducerRecord<>(topic, value)).get();
        }
    }

    private static void messageTooLarge(Env env) throws Exception {
        String topic = env.topic(1, "max.message.bytes", "10000");
        Suite.fails(RecordTooLargeException.class, () -> send(env, topic, Env.noise(50_000, 1)), "by the topic's limit");
        String normal = env.topic(1);
        Suite.fails(RecordTooLargeException.class, () -> send(env, normal, Env.noise(1_200_000, 1), "max.request.size", 5_000_000), "by the broker's limit");
        send(env, topic, Env.noise(5000, 1));
        Suite.same(env.readAll(topic, 1, 1).get(0).offset(), 0L, "the refused record left no offset");
    }

    private static void unknownTopic(Env env) throws Exception {
        String topic = env.name("unknown");
        Suite.fails(UnknownTopicOrPartitionException.class, () -> env.admin().describeTopics(List.of(topic)).allTopicNames().get(), "describe");
        Suite.fails(UnknownTopicOrPartitionException.class, () -> env.admin().deleteTopics(List.of(topic)).all().get(), "delete");
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Suite.fails(UnknownTopicOrPartitionException.class, () -> env.admin().describeConfigs(List.of(resource)).all().get(), "describe configs");
        Suite.holds(!env.admin().listTopics().names().get().contains(topic), "asking must not create it");
    }

    private static void unknownPartition(Env env) throws Exception {
        String topic = env.topic(1);
        Suite.fails(TimeoutException.class, () -> {
            try (var producer = env.producer("max.block.ms", 1500)) {
                return producer.send(new ProducerRecord<>(topic, 7, null, Env.bytes("x"))).get();
            }
        }, "a partition that is not there");
    }

    private static void invalidTopicNames(Env env) throws Exception {
        for (String name : List.of("", ".", "..", "with space", "a/b", "ü", "x".repeat(250))) {
            Suite.fails(InvalidTopicException.class, () -> env.admin().createTopics(List.of(new NewTopic(name, 1, (short) 1))).all().get(), "create '" + name + "'");
        }
        Suite.fails(InvalidTopicException.class, () -> send(env, "not valid!", Env.bytes("x")), "produce");
        String longest = env.name("long");
        String padded = longest + "x".repeat(249 - longest.length());
        env.admin().createTopics(List.of(new NewTopic(padded, 1, (short) 1))).all().get();
    }

    private static void topicExists(Env env) throws Exception {
        String topic = env.topic(1);
        Suite.fails(TopicExistsException.class, () -> env.admin().createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get(), "twice");
    }

    private static void collidingNames(Env env) throws Exception {
        String topic = env.name("a.b");
        env.admin().createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
        String other = topic.replace('.', '_');
        Suite.fails(InvalidTopicException.class, () -> env.admin().createTopics(List.of(new NewTopic(other, 1, (short) 1))).all().get(), "a name that differs in . and _ only");
    }

    private static void invalidNumbers(Env env) throws Exception {
        Suite.fails(InvalidReplicationFactorException.class, () -> env.admin().createTopics(List.of(new NewTopic(env.name("t"), 1, (short) 5))).all().get(), "five replicas");
        Suite.fails(InvalidReplicationFactorException.class, () -> env.admin().createTopics(List.of(new NewTopic(env.name("t"), 1, (short) 0))).all().get(), "no replica");
        Suite.fails(InvalidPartitionsException.class, () -> env.admin().createTopics(List.of(new NewTopic(env.name("t"), 0, (short) 1))).all().get(), "no partition");
    }

    private static void timestampTooFar(Env env) throws Exception {
        String topic = env.topic(1, "message.timestamp.after.max.ms", "60000", "message.timestamp.before.max.ms", "60000");
        for (long shift : new long[] {600_000, -600_000}) {
            Suite.fails(InvalidTimestampException.class, () -> {
                try (var producer = env.producer()) {
                    return producer.send(new ProducerRecord<>(topic, 0, System.currentTimeMillis() + shift, null, Env.bytes("x"))).get();
                }
            }, "a record " + shift + " ms away");
        }
    }

    private static void invalidSessionTimeout(Env env) throws Exception {
        String topic = env.topic(1);
        try (var consumer = env.consumer(env.name("group"), "session.timeout.ms", 100, "heartbeat.interval.ms", 50)) {
            consumer.subscribe(List.of(topic));
            Suite.fails(InvalidSessionTimeoutException.class, () -> Env.take(consumer, 1), "a session of 100 ms");
        }
    }

    private static void metadataTooLarge(Env env) throws Exception {
        String topic = env.topic(1);
        var partition = new TopicPartition(topic, 0);
        try (var consumer = env.consumer(env.name("group"))) {
            consumer.assign(List.of(partition));
            Suite.fails(OffsetMetadataTooLarge.class, () -> {
                consumer.commitSync(Map.of(partition, new OffsetAndMetadata(1, "x".repeat(5000))));
                return null;
            }, "5,000 bytes of metadata");
        }
    }

    private static void oneOfTwo(Env env) throws Exception {
        String good = env.name("good");
        String bad = "bad name";
        var created = env.admin().createTopics(List.of(new NewTopic(good, 1, (short) 1), new NewTopic(bad, 1, (short) 1))).values();
        created.get(good).get();
        Suite.fails(InvalidTopicException.class, () -> created.get(bad).get(), "the bad one");
    }
}
