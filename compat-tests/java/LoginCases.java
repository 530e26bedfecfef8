import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.CreateDelegationTokenOptions;
import org.apache.kafka.clients.admin.DescribeDelegationTokenOptions;
import org.apache.kafka.clients.admin.ExpireDelegationTokenOptions;
import org.apache.kafka.clients.admin.RenewDelegationTokenOptions;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialDeletion;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.errors.DelegationTokenNotFoundException;
import org.apache.kafka.common.errors.ResourceNotFoundException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnacceptableCredentialException;
import org.apache.kafka.common.errors.UnsupportedSaslMechanismException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.security.auth.KafkaPrincipal;

final class LoginCases {
    private static final List<ScramMechanism> MECHANISMS = List.of(ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512);

    static void add(Suite suite) {
        suite.add("sasl-plain", LoginCases::plain);
        suite.add("sasl-plain-wrong-password", env -> refused(env, Logins.plain("alice", "wrong")));
        suite.add("sasl-plain-unknown-user", env -> refused(env, Logins.plain("nobody", "alice-secret")));
        suite.add("sasl-unknown-mechanism", LoginCases::unknownMechanism);
        suite.add("sasl-no-login", LoginCases::noLogin);
        suite.add("sasl-produce-and-consume", Env::produceAndConsume);
        for (ScramMechanism mechanism : MECHANISMS) {
            String name = mechanism.mechanismName().toLowerCase(java.util.Locale.ROOT).replace("scram-", "");
            suite.add("scram-" + name + "-create-and-log-in", env -> scram(env, mechanism));
            suite.add("scram-" + name + "-wrong-password", env -> refused(env, Logins.scram(mechanism.mechanismName(), user(env, mechanism, "right"), "wrong")));
            suite.add("scram-" + name + "-unknown-user", env -> refused(env, Logins.scram(mechanism.mechanismName(), env.name("nobody"), "x")));
            suite.add("token-" + name + "-log-in", env -> token(env, mechanism));
        }
        suite.add("scram-describe", LoginCases::describe);
        suite.add("scram-change-password", LoginCases::changePassword);
        suite.add("scram-delete", LoginCases::delete);
        suite.add("scram-too-few-iterations", LoginCases::fewIterations);
        suite.add("scram-password-with-special-characters", LoginCases::specialPassword);
        suite.add("token-describe", LoginCases::describeTokens);
        suite.add("token-renew", LoginCases::renewToken);
        suite.add("token-expire", LoginCases::expireToken);
        suite.add("token-wrong-hmac", LoginCases::wrongHmac);
        suite.add("token-renew-unknown", LoginCases::renewUnknown);
    }

    private static void refused(Env env, Map<String, Object> login) throws Exception {
        Suite.fails(SaslAuthenticationException.class, () -> env.as(login).admin().listTopics().names().get(), "log in");
    }

    private static void upsert(Env env, String user, ScramMechanism mechanism, int iterations, String password) throws Exception {
        env.admin().alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(user, new ScramCredentialInfo(mechanism, iterations), password))).all().get();
    }

    private static String user(Env env, ScramMechanism mechanism, String password) throws Exception {
        String user = env.name("user");
        upsert(env, user, mechanism, 4096, password);
        return user;
    }

    private static void plain(Env env) throws Exception {
        env.as(Logins.plain("alice", "alice-secret")).admin().listTopics().names().get();
    }

    private static void unknownMechanism(Env env) throws Exception {
        Map<String, Object> login = new java.util.HashMap<>(Logins.ADMIN);
        login.put("sasl.mechanism", "OAUTHBEARER");
        login.put("sasl.jaas.config", "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub=\"admin\";");
        Suite.fails(UnsupportedSaslMechanismException.class, () -> env.as(login).admin().listTopics().names().get(), "a mechanism that is not enabled");
    }

    /** The connection of who speaks without a login is closed. */
    private static void noLogin(Env env) throws Exception {
        Env stranger = env.as(Map.of("default.api.timeout.ms", 3000, "request.timeout.ms", 2000));
        try (var producer = stranger.producer("max.block.ms", 3000)) {
            Suite.fails(TimeoutException.class, () -> producer.partitionsFor(env.name("topic")), "metadata without a login");
        }
    }

    private static void scram(Env env, ScramMechanism mechanism) throws Exception {
        String user = user(env, mechanism, "pencil");
        Suite.succeedsSoon(() -> env.as(Logins.scram(mechanism.mechanismName(), user, "pencil")).admin().listTopics().names().get(), "log in");
    }

    private static void describe(Env env) throws Exception {
        String user = env.name("user");
        upsert(env, user, ScramMechanism.SCRAM_SHA_256, 4096, "a");
        upsert(env, user, ScramMechanism.SCRAM_SHA_512, 8192, "b");
        Suite.eventually(() -> {
            var found = env.admin().describeUserScramCredentials(List.of(user)).description(user).get().credentialInfos();
            return found.size() == 2 && found.containsAll(List.of(new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096), new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 8192)));
        }, "mechanisms and iterations");
        Suite.holds(env.admin().describeUserScramCredentials().users().get().contains(user), "listed");
        String unknown = env.name("no");
        Suite.fails(ResourceNotFoundException.class, () -> env.admin().describeUserScramCredentials(List.of(unknown)).description(unknown).get(), "an unknown user");
    }

    private static void changePassword(Env env) throws Exception {
        String user = user(env, ScramMechanism.SCRAM_SHA_256, "old");
        Suite.succeedsSoon(() -> env.as(Logins.scram("SCRAM-SHA-256", user, "old")).admin().listTopics().names().get(), "the old one");
        upsert(env, user, ScramMechanism.SCRAM_SHA_256, 8192, "new");
        Suite.succeedsSoon(() -> env.as(Logins.scram("SCRAM-SHA-256", user, "new")).admin().listTopics().names().get(), "the new one");
        refused(env, Logins.scram("SCRAM-SHA-256", user, "old"));
    }

    private static void delete(Env env) throws Exception {
        String user = user(env, ScramMechanism.SCRAM_SHA_512, "pencil");
        Suite.succeedsSoon(() -> env.as(Logins.scram("SCRAM-SHA-512", user, "pencil")).admin().listTopics().names().get(), "log in");
        var deletion = new UserScramCredentialDeletion(user, ScramMechanism.SCRAM_SHA_512);
        env.admin().alterUserScramCredentials(List.of(deletion)).all().get();
        Suite.failsSoon(SaslAuthenticationException.class, () -> env.as(Logins.scram("SCRAM-SHA-512", user, "pencil")).admin().listTopics().names().get(), "log in after that");
        Suite.fails(ResourceNotFoundException.class, () -> env.admin().alterUserScramCredentials(List.of(deletion)).all().get(), "delete it twice");
    }

    private static void fewIterations(Env env) throws Exception {
        for (int iterations : new int[] {100, 4095, 16385})
            Suite.fails(UnacceptableCredentialException.class, () -> {
                upsert(env, env.name("user"), ScramMechanism.SCRAM_SHA_256, iterations, "x");
                return null;
            }, iterations + " iterations");
    }

    private static void specialPassword(Env env) throws Exception {
        String password = "a,b=c ü 雪 'x";
        String user = user(env, ScramMechanism.SCRAM_SHA_256, password);
        Suite.succeedsSoon(() -> env.as(Logins.scram("SCRAM-SHA-256", user, password)).admin().listTopics().names().get(), "log in");
    }

    private static void token(Env env, ScramMechanism mechanism) throws Exception {
        Env alice = env.as(Logins.plain("alice", "alice-secret"));
        var token = alice.admin().createDelegationToken().delegationToken().get();
        Suite.same(token.tokenInfo().owner(), new KafkaPrincipal("User", "alice"), "owner");
        Map<String, Object> login = Logins.token(mechanism.mechanismName(), token.tokenInfo().tokenId(), Base64.getEncoder().encodeToString(token.hmac()));
        Suite.succeedsSoon(() -> env.as(login).admin().listTopics().names().get(), "log in");
        // Who comes by the token is its owner, with the owner's rights.
        String topic = env.topic(1);
        env.admin().createAcls(List.of(new AclBinding(new ResourcePattern(ResourceType.TOPIC, topic, PatternType.LITERAL), new AccessControlEntry("User:alice", "*", AclOperation.WRITE, AclPermissionType.ALLOW)))).all().get();
        try (var producer = env.as(login).producer()) {
            Suite.succeedsSoon(() -> producer.send(new ProducerRecord<>(topic, Env.bytes("x"))).get(), "write as the owner");
        }
    }

    private static void describeTokens(Env env) throws Exception {
        var token = env.admin().createDelegationToken(new CreateDelegationTokenOptions().renewers(List.of(new KafkaPrincipal("User", "bob"))).maxLifetimeMs(3_600_000)).delegationToken().get();
        Suite.eventually(() -> env.admin().describeDelegationToken().delegationTokens().get().stream().anyMatch(one -> one.tokenInfo().tokenId().equals(token.tokenInfo().tokenId())), "listed");
        var found = env.admin().describeDelegationToken(new DescribeDelegationTokenOptions().owners(List.of(new KafkaPrincipal("User", "admin")))).delegationTokens().get().stream()
            .filter(one -> one.tokenInfo().tokenId().equals(token.tokenInfo().tokenId())).findFirst().orElseThrow();
        Suite.same(List.copyOf(found.tokenInfo().renewers()), List.of(new KafkaPrincipal("User", "bob")), "renewers");
        Suite.same(found.tokenInfo().maxTimestamp() - found.tokenInfo().issueTimestamp(), 3_600_000L, "life time");
        Suite.same(found.hmac().length, 64, "length of the HMAC");
    }

    private static void renewToken(Env env) throws Exception {
        var token = env.admin().createDelegationToken(new CreateDelegationTokenOptions().maxLifetimeMs(7_200_000)).delegationToken().get();
        long expiry = Suite.succeedsSoon(() -> env.admin().renewDelegationToken(token.hmac(), new RenewDelegationTokenOptions().renewTimePeriodMs(60_000)).expiryTimestamp().get(), "renew");
        Suite.holds(Math.abs(expiry - System.currentTimeMillis() - 60_000) < 20_000, "expires in a minute");
        long most = env.admin().renewDelegationToken(token.hmac(), new RenewDelegationTokenOptions().renewTimePeriodMs(99_000_000)).expiryTimestamp().get();
        Suite.same(most, token.tokenInfo().maxTimestamp(), "never beyond its life time");
    }

    private static void expireToken(Env env) throws Exception {
        var token = env.admin().createDelegationToken().delegationToken().get();
        String hmac = Base64.getEncoder().encodeToString(token.hmac());
        Map<String, Object> login = Logins.token("SCRAM-SHA-256", token.tokenInfo().tokenId(), hmac);
        Suite.succeedsSoon(() -> env.as(login).admin().listTopics().names().get(), "log in");
        env.admin().expireDelegationToken(token.hmac(), new ExpireDelegationTokenOptions().expiryTimePeriodMs(-1)).expiryTimestamp().get();
        Suite.failsSoon(SaslAuthenticationException.class, () -> env.as(login).admin().listTopics().names().get(), "log in after that");
    }

    private static void wrongHmac(Env env) throws Exception {
        var token = env.admin().createDelegationToken().delegationToken().get();
        refused(env, Logins.token("SCRAM-SHA-256", token.tokenInfo().tokenId(), Base64.getEncoder().encodeToString(new byte[64])));
    }

    private static void renewUnknown(Env env) throws Exception {
        Suite.fails(DelegationTokenNotFoundException.class, () -> env.admin().renewDelegationToken(new byte[64], new RenewDelegationTokenOptions()).expiryTimestamp().get(), "an unknown token");
    }
}
