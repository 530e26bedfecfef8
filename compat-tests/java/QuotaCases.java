import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.quota.ClientQuotaFilterComponent;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

final class QuotaCases {
    static void add(Suite suite) {
        suite.add("quota-set-describe-remove", QuotaCases::setDescribeRemove);
        suite.add("quota-filters", QuotaCases::filters);
        suite.add("quota-defaults", QuotaCases::defaults);
        suite.add("quota-invalid", QuotaCases::invalid);
        suite.add("quota-validate-only", QuotaCases::validateOnly);
        suite.add("quota-producer-is-throttled", QuotaCases::producer);
        suite.add("quota-consumer-is-throttled", QuotaCases::consumer);
        suite.add("quota-of-a-user", QuotaCases::ofUser);
        suite.add("quota-controller-mutations", 60, QuotaCases::mutations);
    }

    private static ClientQuotaEntity entity(String... pairs) {
        Map<String, String> entries = new HashMap<>();
        for (int i = 0; i < pairs.length; i += 2) entries.put(pairs[i], pairs[i + 1]);
        return new ClientQuotaEntity(entries);
    }

    /** A null value removes the quota. */
    private static void set(Env env, ClientQuotaEntity entity, String name, Double value) throws Exception {
        env.admin().alterClientQuotas(List.of(new ClientQuotaAlteration(entity, List.of(new ClientQuotaAlteration.Op(name, value))))).all().get();
    }

    private static Map<String, Double> quotas(Env env, ClientQuotaEntity entity) throws Exception {
        return env.admin().describeClientQuotas(ClientQuotaFilter.all()).entities().get().getOrDefault(entity, Map.of());
    }

    private static void setDescribeRemove(Env env) throws Exception {
        var both = entity("user", env.name("user"), "client-id", env.name("client"));
        set(env, both, "producer_byte_rate", 1000.0);
        set(env, both, "consumer_byte_rate", 2000.0);
        set(env, both, "request_percentage", 12.5);
        Suite.eventually(() -> quotas(env, both).equals(Map.of("producer_byte_rate", 1000.0, "consumer_byte_rate", 2000.0, "request_percentage", 12.5)), "set");
        set(env, both, "consumer_byte_rate", null);
        Suite.eventually(() -> quotas(env, both).equals(Map.of("producer_byte_rate", 1000.0, "request_percentage", 12.5)), "one is removed");
        set(env, both, "producer_byte_rate", null);
        set(env, both, "request_percentage", null);
        Suite.eventually(() -> !env.admin().describeClientQuotas(ClientQuotaFilter.all()).entities().get().containsKey(both), "nothing is left");
    }

    private static void filters(Env env) throws Exception {
        String name = env.name("user");
        var user = entity("user", name);
        var both = entity("user", name, "client-id", "c");
        set(env, user, "producer_byte_rate", 1.0);
        set(env, both, "producer_byte_rate", 2.0);
        var component = ClientQuotaFilterComponent.ofEntity("user", name);
        Suite.eventually(() -> env.admin().describeClientQuotas(ClientQuotaFilter.contains(List.of(component))).entities().get().keySet().equals(java.util.Set.of(user, both)), "contains");
        Suite.same(env.admin().describeClientQuotas(ClientQuotaFilter.containsOnly(List.of(component))).entities().get().keySet(), java.util.Set.of(user), "contains only");
        var any = ClientQuotaFilter.contains(List.of(component, ClientQuotaFilterComponent.ofEntityType("client-id")));
        Suite.same(env.admin().describeClientQuotas(any).entities().get().keySet(), java.util.Set.of(both), "of a type");
    }

    private static void defaults(Env env) throws Exception {
        // Of client ids of a user that nobody is, so that no other case feels it.
        var entity = entity("user", env.name("user"), "client-id", null);
        set(env, entity, "producer_byte_rate", 5.0);
        Suite.eventually(() -> quotas(env, entity).equals(Map.of("producer_byte_rate", 5.0)), "of the default client id");
        var found = env.admin().describeClientQuotas(ClientQuotaFilter.contains(List.of(ClientQuotaFilterComponent.ofDefaultEntity("client-id")))).entities().get();
        Suite.holds(found.containsKey(entity), "found as a default");
        set(env, entity, "producer_byte_rate", null);
    }

    private static void invalid(Env env) throws Exception {
        var user = entity("user", env.name("user"));
        Suite.fails(InvalidRequestException.class, () -> {
            set(env, user, "no_such_rate", 1.0);
            return null;
        }, "an unknown quota");
        Suite.fails(InvalidRequestException.class, () -> {
            set(env, user, "producer_byte_rate", -1.0);
            return null;
        }, "a negative rate");
        Suite.fails(InvalidRequestException.class, () -> {
            set(env, entity("ip", "not an address"), "connection_creation_rate", 1.0);
            return null;
        }, "an address that is none");
        Suite.fails(InvalidRequestException.class, () -> {
            set(env, entity("ip", "127.0.0.9", "user", "x"), "connection_creation_rate", 1.0);
            return null;
        }, "an address and a user");
    }

    private static void validateOnly(Env env) throws Exception {
        var user = entity("user", env.name("user"));
        var change = new ClientQuotaAlteration(user, List.of(new ClientQuotaAlteration.Op("producer_byte_rate", 1.0)));
        env.admin().alterClientQuotas(List.of(change), new org.apache.kafka.clients.admin.AlterClientQuotasOptions().validateOnly(true)).all().get();
        Suite.same(quotas(env, user), Map.of(), "nothing is set");
    }

    private static double metric(Map<MetricName, ? extends Metric> metrics, String name) {
        for (var entry : metrics.entrySet()) if (entry.getKey().name().equals(name) && entry.getValue().metricValue() instanceof Double value && value > 0) return value;
        return 0;
    }

    private static void throttledProducer(Env env, String client, String topic) throws Exception {
        try (var producer = env.producer("client.id", client, "batch.size", 20_000)) {
            Suite.eventually(() -> {
                for (int i = 0; i < 5; i++) producer.send(new ProducerRecord<>(topic, Env.noise(10_000, i)));
                producer.flush();
                return metric(producer.metrics(), "produce-throttle-time-max") > 0;
            }, "the producer is told to wait");
        }
    }

    private static void producer(Env env) throws Exception {
        String client = env.name("client");
        set(env, entity("client-id", client), "producer_byte_rate", 20_000.0);
        throttledProducer(env, client, env.topic(1));
    }

    private static void consumer(Env env) throws Exception {
        String topic = env.topic(1);
        String client = env.name("client");
        try (var producer = env.producer()) {
            for (int i = 0; i < 100; i++) producer.send(new ProducerRecord<>(topic, Env.noise(10_000, i)));
        }
        set(env, entity("client-id", client), "consumer_byte_rate", 20_000.0);
        try (var consumer = env.consumer(null, "client.id", client, "max.partition.fetch.bytes", 20_000)) {
            consumer.assign(Env.partitions(topic, 1));
            Suite.eventually(() -> {
                consumer.poll(java.time.Duration.ofMillis(200));
                return metric(consumer.metrics(), "fetch-throttle-time-max") > 0;
            }, "the consumer is told to wait");
        }
    }

    private static Env user(Env env, String user) throws Exception {
        env.admin().alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(user, new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096), "secret"))).all().get();
        Env other = env.as(Logins.scram("SCRAM-SHA-256", user, "secret"));
        Suite.succeedsSoon(() -> env.as(Logins.scram("SCRAM-SHA-256", user, "secret")).admin().listTopics().names().get(), "the user logs in");
        return other;
    }

    private static void allow(Env env, String user, ResourceType type, String name) throws Exception {
        env.admin().createAcls(List.of(new AclBinding(new ResourcePattern(type, name, PatternType.LITERAL), new AccessControlEntry("User:" + user, "*", AclOperation.ALL, AclPermissionType.ALLOW)))).all().get();
    }

    private static void ofUser(Env env) throws Exception {
        String topic = env.topic(1);
        String name = env.name("user");
        Env user = user(env, name);
        allow(env, name, ResourceType.TOPIC, topic);
        set(env, entity("user", name), "producer_byte_rate", 20_000.0);
        throttledProducer(user, env.name("client"), topic);
    }

    /** The client waits and asks again by itself: all topics are there in the end, and it took time. */
    private static void mutations(Env env) throws Exception {
        String name = env.name("user");
        Env user = user(env, name);
        allow(env, name, ResourceType.CLUSTER, "kafka-cluster");
        set(env, entity("user", name), "controller_mutation_rate", 1.0);
        Suite.eventually(() -> quotas(env, entity("user", name)).size() == 1, "set");
        // A burst may take what eleven windows of a second allow; what comes then is refused.
        Suite.failsSoon(org.apache.kafka.common.errors.ThrottlingQuotaExceededException.class, () -> {
            var options = new org.apache.kafka.clients.admin.CreateTopicsOptions().retryOnQuotaViolation(false);
            return user.admin().createTopics(List.of(new NewTopic(env.name("t"), 8, (short) 1)), options).all().get();
        }, "more than the quota allows");
    }
}
