import { type KafkaOptions, startKafka } from './kafka.ts';
import { type QuarryOptions, startQuarry } from './quarry.ts';
import type { RunningBroker } from './broker.ts';
import { AUDIENCE, ISSUER, tlsMaterial } from './tls-material.ts';

export type ProfileName = 'open' | 'compacting' | 'tables' | 'secured' | 'tls' | 'mutual-tls';

/** How a broker is set up: the same for both brokers, by Kafka's names, plus what only one of them knows. */
interface Profile {
  readonly both: Readonly<Record<string, string>>;
  readonly kafka: Readonly<Record<string, string>>;
  readonly quarry: Readonly<Record<string, string>>;
  /** Options of the machine that Kafka runs on. */
  readonly java?: readonly string[];
}

/** Users of the secured profile that exist from the start; the cases create all others. */
export const USERS = { admin: 'admin-secret', alice: 'alice-secret', bob: 'bob-secret' } as const;

const plainUsers = Object.entries(USERS)
  .map(([user, password]) => `user_${user}="${password}"`)
  .join(' ');
const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
const SCRAM = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';

const open: Profile = {
  // What runs now and then runs often, and what has to be waited for is short, so that no case waits for long.
  both: {
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': '500',
    'group.consumer.heartbeat.interval.ms': '500',
    'group.consumer.min.heartbeat.interval.ms': '500',
    'group.consumer.min.session.timeout.ms': '2000',
    'group.share.heartbeat.interval.ms': '500',
    'group.share.min.heartbeat.interval.ms': '500',
    'group.share.min.session.timeout.ms': '2000',
    'group.share.min.record.lock.duration.ms': '1000',
    'group.streams.heartbeat.interval.ms': '500',
    'group.streams.min.heartbeat.interval.ms': '500',
  },
  kafka: {
    'share.coordinator.state.topic.num.partitions': '4',
  },
  quarry: {},
};

/** Logs are cut into small pieces, and compacted at once. */
const compacting: Profile = {
  both: { ...open.both, 'log.cleaner.backoff.ms': '300' },
  kafka: open.kafka,
  quarry: {
    ...open.quarry,
    'wal.seal.age.ms': '300',
    'wal.seal.bytes': '1048576',
    'processor.interval.ms': '200',
    'processor.min.segment.age.ms': '0',
  },
};

/** Records are in their tables soon. */
const tables: Profile = { ...open, quarry: { ...open.quarry, 'memtable.flush.interval.ms': '300' } };

const secured: Profile = {
  both: {
    ...open.both,
    'listener.security.protocol.map': 'CLIENTS:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.clients.plain.sasl.jaas.config': `${PLAIN} username="admin" password="${USERS.admin}" ${plainUsers};`,
    'listener.name.clients.scram-sha-256.sasl.jaas.config': SCRAM,
    'listener.name.clients.scram-sha-512.sasl.jaas.config': SCRAM,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'delegation.token.secret.key': 'a-secret-of-the-tests',
  },
  kafka: {
    ...open.kafka,
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    // Broker and controller speak without a login: they are one process.
    'super.users': 'User:admin;User:ANONYMOUS',
  },
  quarry: { ...open.quarry, listeners: 'CLIENTS://127.0.0.1:0', 'super.users': 'User:admin' },
};

/** Keys, and whom the broker itself trusts as a client of its own. */
function tlsSettings(): Readonly<Record<string, string>> {
  const { broker, trusted } = tlsMaterial();
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': broker,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': trusted,
  };
}

/** SASL over TLS, with sessions that end soon for SCRAM-SHA-512. */
function tls(): Profile {
  const { keys } = tlsMaterial();
  const validator = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler';
  const bearer = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;';
  const { 'authorizer.class.name': _everybodyMay, ...both } = secured.both;
  return {
    both: {
      ...both,
      ...tlsSettings(),
      'listener.security.protocol.map': 'CLIENTS:SASL_SSL,CONTROLLER:PLAINTEXT',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
      'listener.name.clients.scram-sha-512.connections.max.reauth.ms': '3000',
      'listener.name.clients.oauthbearer.sasl.jaas.config': bearer,
      'listener.name.clients.oauthbearer.sasl.server.callback.handler.class': validator,
      'listener.name.clients.sasl.oauthbearer.jwks.endpoint.url': keys,
      'listener.name.clients.sasl.oauthbearer.expected.issuer': ISSUER,
      'listener.name.clients.sasl.oauthbearer.expected.audience': AUDIENCE,
    },
    kafka: { ...open.kafka, 'sasl.mechanism.inter.broker.protocol': 'PLAIN' },
    quarry: { ...open.quarry, listeners: 'CLIENTS://127.0.0.1:0' },
    java: [
      `-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${keys}`,
      `-Dorg.apache.kafka.sasl.oauthbearer.allowed.files=${keys.slice('file://'.length)}`,
    ],
  };
}

/** Clients are who their certificates say. */
function mutualTls(): Profile {
  return {
    both: {
      ...open.both,
      ...tlsSettings(),
      'listener.security.protocol.map': 'CLIENTS:SSL,CONTROLLER:PLAINTEXT',
      'ssl.client.auth': 'required',
      'ssl.principal.mapping.rules': 'RULE:^CN=(.*?),O=Compat,C=DE$/$1/U,DEFAULT',
      'delegation.token.secret.key': 'a-secret-of-the-tests',
    },
    kafka: open.kafka,
    quarry: { ...open.quarry, listeners: 'CLIENTS://127.0.0.1:0' },
  };
}

/** Each is made when it is wanted: certificates take a while. */
const profiles: Readonly<Record<ProfileName, () => Profile>> = {
  open: () => open,
  compacting: () => compacting,
  tables: () => tables,
  secured: () => secured,
  tls,
  'mutual-tls': mutualTls,
};

/** Starts Apache Kafka with a profile. */
export function startKafkaAs(name: ProfileName, options: KafkaOptions = {}): Promise<RunningBroker> {
  const { both, kafka, java = [] } = profiles[name]();
  return startKafka({ java, ...options, overrides: { ...both, ...kafka, ...options.overrides } });
}

/** Starts Quarry with a profile; its own flags come last. */
export function startQuarryAs(name: ProfileName, options: QuarryOptions = {}): Promise<RunningBroker> {
  const { both, quarry } = profiles[name]();
  const flags = Object.entries({ ...both, ...quarry }).map(([setting, value]) => `--${setting}=${value}`);
  return startQuarry({ ...options, flags: [...flags, ...(options.flags ?? [])] });
}
