import { choice, flag, integer, listOf, optional, orEndless, setting, text } from './types.ts';

const HOUR = 3_600_000;

/** Settings that Apache Kafka has: its names, its meanings, its defaults unless the sentence says otherwise. */
export const kafkaSettings = {
  'node.id': setting(integer(0, 2 ** 31 - 1), 1, 'Id of this broker.'),
  listeners: setting(
    text,
    '',
    'Kafka listeners as `NAME://HOST:PORT`, separated by commas; empty means PLAINTEXT on 127.0.0.1 and `kafka.port`.',
  ),
  'advertised.listeners': setting(
    text,
    '',
    'Addresses that clients of these listeners are told; those not named have that of `listeners`.',
  ),
  'auto.create.topics.enable': setting(flag, true, 'Create a topic when a client asks for one that is not there.'),
  'delete.topic.enable': setting(flag, true, 'Allow topics to be deleted.'),
  'num.partitions': setting(integer(1, 100_000), 1, 'Partitions of a topic created without a number.'),
  'default.replication.factor': setting(integer(1, 3), 1, 'Replication factor of a topic created without one.'),
  'min.insync.replicas': setting(integer(1), 1, 'Accepted and described; one broker is always in sync with itself.'),
  'broker.rack': setting(text, '', 'Rack of this broker.'),
  'message.max.bytes': setting(integer(0), 1_048_588, 'Largest record batch.'),
  'compression.type': setting(
    choice('producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'),
    'producer',
    'Compression of what is stored.',
  ),
  'log.retention.hours': setting(orEndless(integer(1, 2 ** 31 - 1)), 168, 'Hours after which records go; -1 is never.'),
  'log.retention.minutes': setting(
    optional(orEndless(integer(1, 2 ** 31 - 1))),
    '',
    'Minutes after which records go; overrides `log.retention.hours`.',
  ),
  'log.retention.ms': setting(
    optional(orEndless(integer(1))),
    '',
    'Milliseconds after which records go; overrides `log.retention.minutes`.',
  ),
  'log.retention.bytes': setting(
    integer(-1),
    -1,
    'Bytes of a partition above which the oldest records go; -1 is no limit.',
  ),
  'log.retention.check.interval.ms': setting(integer(1), 300_000, 'Pause between looks for what retention lets go.'),
  'log.cleanup.policy': setting(
    listOf('compact and delete', (policy) => policy === 'compact' || policy === 'delete'),
    ['delete'] as readonly string[],
    'Default cleanup policy.',
  ),
  'log.segment.bytes': setting(integer(1024), 1024 ** 3, 'Default of the topic setting segment.bytes.'),
  'log.roll.hours': setting(integer(1, 2 ** 31 - 1), 168, 'Default of the topic setting segment.ms, in hours.'),
  'log.roll.ms': setting(
    optional(integer(1)),
    '',
    'Default of the topic setting segment.ms; overrides `log.roll.hours`.',
  ),
  'log.message.timestamp.type': setting(
    choice('CreateTime', 'LogAppendTime'),
    'CreateTime',
    'Which timestamp records carry.',
  ),
  'log.message.timestamp.before.max.ms': setting(
    integer(0),
    Number.MAX_SAFE_INTEGER,
    'How far in the past a record may be.',
  ),
  'log.message.timestamp.after.max.ms': setting(integer(0), HOUR, 'How far in the future a record may be.'),
  'producer.id.expiration.ms': setting(integer(1), 24 * HOUR, 'Idle time after which a producer is forgotten.'),
  'transaction.max.timeout.ms': setting(integer(1, 2 ** 31 - 1), 900_000, 'Longest time-out of a transaction.'),
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': setting(
    integer(1),
    10_000,
    'Pause between looks for transactions that timed out.',
  ),
  'transactional.id.expiration.ms': setting(
    integer(1),
    168 * HOUR,
    'Idle time after which a transactional id is forgotten.',
  ),
  'transaction.remove.expired.transaction.cleanup.interval.ms': setting(
    integer(1),
    HOUR,
    'Pause between looks for transactional ids to forget.',
  ),
  'transaction.partition.verification.enable': setting(
    flag,
    true,
    'Refuse records of a transaction that the partition was not added to.',
  ),
  'socket.request.max.bytes': setting(integer(1), 104_857_600, 'Largest request.'),
  'queued.max.request.bytes': setting(
    integer(-1),
    268_435_456,
    'Bytes of requests in work above which sockets are not read; -1 or 0 is no limit.',
  ),
  'max.connections': setting(integer(0), 10_000, 'Kafka connections at once.'),
  'max.connections.per.ip': setting(integer(0), 10_000, 'Kafka connections at once from one address.'),
  'connections.max.idle.ms': setting(integer(-1), 600_000, 'Idle time after which a connection is closed.'),
  'telemetry.max.bytes': setting(integer(1), 1_048_576, 'Largest push of a client’s metrics, as it was compressed.'),
  'fetch.max.bytes': setting(integer(1024), 57_671_680, 'Largest answer to a fetch.'),
  'max.incremental.fetch.session.cache.slots': setting(integer(0), 1000, 'Incremental fetch sessions kept.'),
  'group.initial.rebalance.delay.ms': setting(integer(0), 0, 'Wait for more members before a first rebalance.'),
  'group.min.session.timeout.ms': setting(integer(1), 6000, 'Shortest session time-out of a member.'),
  'group.max.session.timeout.ms': setting(integer(1), 1_800_000, 'Longest session time-out of a member.'),
  'group.max.size': setting(integer(1), 2 ** 31 - 1, 'Members of a group.'),
  'offset.metadata.max.bytes': setting(integer(0), 4096, 'Longest metadata of a committed offset.'),
  'offsets.retention.minutes': setting(
    integer(1),
    10_080,
    'Minutes that offsets outlive the group that committed them.',
  ),
  'offsets.retention.check.interval.ms': setting(integer(1), 600_000, 'Pause between looks for expired offsets.'),
} as const;
