import type { MergePolicy } from '../base/merge-policy.ts';
import { mayWiden } from '../lake/iceberg/evolution.ts';
import { InvalidColumns, parsePromotedColumns } from '../lake/parquet/promoted-columns.ts';
import { wrongClass } from '../base/storage-classes.ts';
import { expiryRule, parseRecordSource } from './record-expiry.ts';
import type { LogConfig } from './types.ts';
import {
  choice,
  type ConfigKind,
  double,
  flag,
  int,
  intOr,
  InvalidValue,
  list,
  listElements,
  listOf,
  long,
} from './topic-configs-types.ts';

/** A topic config, declared once. */
export interface TopicConfig {
  readonly name: string;
  readonly kind: ConfigKind;
  /** What holds when neither the topic nor the broker says anything. */
  readonly default: string;
  /** A sentence for people, given out by DescribeConfigs. */
  readonly doc: string;
  /** The broker config from which topics without their own value take it. */
  readonly broker: string | undefined;
}

const FOREVER = '9223372036854775807';
const DAY = '86400000';
const WEEK = '604800000';

const NO_EFFECT = 'Accepted for compatibility; it has no effect here.';
const REMOTE = 'Tiered storage of Apache Kafka. Here all data moves to the object store by itself.';
const THROTTLED = 'Replication throttling; there are no followers here, so it has no effect.';

const throttledReplicas = list((elements) => {
  const all = elements.length === 1 && elements[0] === '*';
  const wrong = "Must be '*' or a list of [partitionId]:[brokerId]";
  return all || elements.every((element) => /^\d+:\d+$/.test(element)) ? undefined : wrong;
});

const fieldNames = list((elements) => (elements.includes('') ? 'A field name must not be empty' : undefined));

const tableColumns = list((elements) => {
  try {
    parsePromotedColumns(elements.join(','));
    return undefined;
  } catch (error) {
    if (error instanceof InvalidColumns) return error.message;
    throw error;
  }
});

const storageClass: ConfigKind = {
  type: 'string',
  parse(text) {
    const name = text.trim();
    const wrong = name === '' ? undefined : wrongClass(name);
    if (wrong !== undefined) throw new InvalidValue(wrong);
    return name;
  },
};

const recordSource: ConfigKind = {
  type: 'string',
  parse(text) {
    const source = text.trim();
    if (source !== '' && parseRecordSource(source) === undefined)
      throw new InvalidValue('Must be header:NAME or field:PATH, or empty');
    return source;
  },
};

const tieredStorage: ConfigKind = {
  type: 'boolean',
  parse(text) {
    if (flag.parse(text) === 'true') throw new InvalidValue('Tiered storage in the sense of KIP-405 is not available');
    return 'false';
  },
};

function config(name: string, kind: ConfigKind, value: string, broker: string | undefined, doc: string): TopicConfig {
  return { name, kind, default: value, doc, broker };
}

/** Every topic config of Apache Kafka 4.3, and ours (`quarry.…`), by name. Ranges and defaults are those of Apache Kafka. */
export const topicConfigs: readonly TopicConfig[] = [
  config(
    'cleanup.policy',
    listOf('compact', 'delete'),
    'delete',
    'log.cleanup.policy',
    'What happens to old records: delete lets them go by age and size, compact keeps the newest record of each key. Empty keeps everything.',
  ),
  config('compression.gzip.level', intOr(-1, 1, 9), '-1', 'compression.gzip.level', NO_EFFECT),
  config('compression.lz4.level', int(1, 17), '9', 'compression.lz4.level', NO_EFFECT),
  config(
    'compression.type',
    choice('uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'),
    'producer',
    'compression.type',
    'Compression of the stored batches; producer keeps what the producer sent.',
  ),
  config('compression.zstd.level', int(-131_072, 22), '3', 'compression.zstd.level', NO_EFFECT),
  config(
    'delete.retention.ms',
    long(0),
    DAY,
    'log.cleaner.delete.retention.ms',
    'How long a compacted topic keeps the marker of a deleted key.',
  ),
  config('file.delete.delay.ms', long(0), '60000', 'log.segment.delete.delay.ms', NO_EFFECT),
  config(
    'flush.messages',
    long(1),
    FOREVER,
    'log.flush.interval.messages',
    'Every acknowledged record is synced to disk before the acknowledgement, so that this changes nothing.',
  ),
  config(
    'flush.ms',
    long(0),
    FOREVER,
    'log.flush.interval.ms',
    'Every acknowledged record is synced to disk before the acknowledgement, so that this changes nothing.',
  ),
  config('follower.replication.throttled.replicas', throttledReplicas, '', undefined, THROTTLED),
  config('index.interval.bytes', int(0), '4096', 'log.index.interval.bytes', NO_EFFECT),
  config('leader.replication.throttled.replicas', throttledReplicas, '', undefined, THROTTLED),
  config('local.retention.bytes', long(-2), '-2', 'log.local.retention.bytes', REMOTE),
  config('local.retention.ms', long(-2), '-2', 'log.local.retention.ms', REMOTE),
  config(
    'max.compaction.lag.ms',
    long(1),
    FOREVER,
    'log.cleaner.max.compaction.lag.ms',
    'Age at which a record of a compacted topic has to be compacted.',
  ),
  config('max.message.bytes', int(0), '1048588', 'message.max.bytes', 'Largest record batch, in bytes as produced.'),
  config(
    'message.timestamp.after.max.ms',
    long(0),
    '3600000',
    'log.message.timestamp.after.max.ms',
    'How far the timestamp of a record may lie after the time of the broker.',
  ),
  config(
    'message.timestamp.before.max.ms',
    long(0),
    FOREVER,
    'log.message.timestamp.before.max.ms',
    'How far the timestamp of a record may lie before the time of the broker.',
  ),
  config(
    'message.timestamp.type',
    choice('CreateTime', 'LogAppendTime'),
    'CreateTime',
    'log.message.timestamp.type',
    'Whether records keep the time that the producer gave them or take that of the append.',
  ),
  config(
    'min.cleanable.dirty.ratio',
    double(0, 1),
    '0.5',
    'log.cleaner.min.cleanable.ratio',
    'Share of a partition that has to be uncompacted before it is compacted.',
  ),
  config(
    'min.compaction.lag.ms',
    long(0),
    '0',
    'log.cleaner.min.compaction.lag.ms',
    'How long a record of a compacted topic stays as it is.',
  ),
  config(
    'min.insync.replicas',
    int(1),
    '1',
    'min.insync.replicas',
    'Replicas that have to hold a record for acks=all. One broker holds all data, synced to its disk.',
  ),
  config('preallocate', flag, 'false', 'log.preallocate', NO_EFFECT),
  config(
    'quarry.merge.policy',
    choice('size-tiered', 'level-based', 'none'),
    'size-tiered',
    'quarry.merge.policy',
    'How small files of the topic become larger ones: those of about one size together, or through levels; or not at all.',
  ),
  config('quarry.search', flag, 'true', 'quarry.search', 'Whether the records of the topic are indexed for search.'),
  config(
    'quarry.search.fields',
    fieldNames,
    '',
    undefined,
    'Fields of JSON values to be indexed for search; empty means all of them.',
  ),
  config(
    'quarry.storage.class',
    storageClass,
    '',
    'quarry.storage.class',
    'Class of the object store in which old objects are kept, as the store calls it; empty leaves them where they are.',
  ),
  config(
    'quarry.storage.class.after.ms',
    long(0),
    '2592000000',
    'quarry.storage.class.after.ms',
    'Age at which an object moves to the storage class.',
  ),
  config('quarry.table', flag, 'false', 'quarry.table', 'Whether the records of the topic become rows of a table.'),
  config(
    'quarry.table.columns',
    tableColumns,
    '',
    undefined,
    'Fields of JSON values that are columns of the table, each with a type: level string, took_ms long from duration.',
  ),
  config(
    'quarry.table.columns.infer',
    flag,
    'false',
    undefined,
    'Whether fields of JSON values that quarry.table.columns does not name get columns of the types that they turn out to have.',
  ),
  config(
    'quarry.table.retention.ms',
    long(-2),
    '-1',
    'quarry.table.retention.ms',
    'Age in milliseconds at which rows of the table go; -1 is never, -2 when the log lets their records go.',
  ),
  config(
    'quarry.ttl.expires',
    recordSource,
    '',
    undefined,
    'Where a record says the time from which on it is not found any more: header:NAME or field:PATH of its JSON value.',
  ),
  config(
    'quarry.ttl.lifetime',
    recordSource,
    '',
    undefined,
    'Where a record says for how many milliseconds from its timestamp on it is found: header:NAME or field:PATH of its JSON value.',
  ),
  config('remote.log.copy.disable', flag, 'false', undefined, REMOTE),
  config('remote.log.delete.on.disable', flag, 'false', undefined, REMOTE),
  config('remote.storage.enable', tieredStorage, 'false', undefined, REMOTE),
  config(
    'retention.bytes',
    long(),
    '-1',
    'log.retention.bytes',
    'Bytes of a partition above which its oldest records go; negative is no limit.',
  ),
  config('retention.ms', long(-1), WEEK, 'log.retention.ms', 'Age in milliseconds at which records go; -1 is never.'),
  config(
    'segment.bytes',
    int(1024 * 1024),
    '1073741824',
    'log.segment.bytes',
    'Largest request of batches for one partition, and the size of what retention lets go at once.',
  ),
  config('segment.index.bytes', int(4), '10485760', 'log.index.size.max.bytes', NO_EFFECT),
  config('segment.jitter.ms', long(0), '0', 'log.roll.jitter.ms', NO_EFFECT),
  config(
    'segment.ms',
    long(1),
    WEEK,
    'log.roll.ms',
    'Time that the records of one section span at most, after compaction of a topic that also deletes.',
  ),
  config(
    'unclean.leader.election.enable',
    flag,
    'false',
    'unclean.leader.election.enable',
    'Accepted for compatibility; the one leader always has all data.',
  ),
];

const byName: ReadonlyMap<string, TopicConfig> = new Map(topicConfigs.map((entry) => [entry.name, entry]));

/** Undefined for a name that is no topic config. */
export function topicConfig(name: string): TopicConfig | undefined {
  return byName.get(name);
}

/** The value of a config for a topic with `overrides`, on a broker with `brokerValues` (by the broker's own names). */
export function topicConfigValue(
  name: string,
  overrides: ReadonlyMap<string, string>,
  brokerValues: ReadonlyMap<string, string>,
): string {
  const declared = byName.get(name);
  if (declared === undefined) throw new TypeError(`'${name}' is no topic config`);
  const inherited = declared.broker === undefined ? undefined : brokerValues.get(declared.broker);
  return overrides.get(name) ?? inherited ?? declared.default;
}

/** What contradicts itself among the values of a topic; undefined when nothing does. */
export function contradiction(value: (name: string) => string): string | undefined {
  const [min, max] = [value('min.compaction.lag.ms'), value('max.compaction.lag.ms')];
  if (BigInt(min) <= BigInt(max)) return undefined;
  return `conflict topic config setting min.compaction.lag.ms (${min}) > max.compaction.lag.ms (${max})`;
}

/** What of a change of a topic that is a table Iceberg does not let happen, and why; undefined when it may. */
export function forbiddenChange(before: (name: string) => string, after: (name: string) => string): string | undefined {
  if (before('quarry.table') !== 'true' || after('quarry.table') !== 'true') return undefined;
  const fieldOf = ({ path }: { path: readonly string[] }): string => path.join('.');
  const old = new Map(parsePromotedColumns(before('quarry.table.columns')).map((column) => [fieldOf(column), column]));
  for (const column of parsePromotedColumns(after('quarry.table.columns'))) {
    const from = old.get(fieldOf(column))?.type ?? column.type;
    if (mayWiden(from, column.type)) continue;
    return `Column "${column.name}" of the table is ${from}: Iceberg lets no ${from} become ${column.type}`;
  }
  return undefined;
}

/** What the configs mean to a partition's log. Both maps hold canonical texts; times and sizes beyond 2^53 become 2^53 - 1. */
export function toLogConfig(
  overrides: ReadonlyMap<string, string>,
  brokerValues: ReadonlyMap<string, string>,
): LogConfig {
  const value = (name: string): string => topicConfigValue(name, overrides, brokerValues);
  const number = (name: string): number => Math.min(Number(value(name)), Number.MAX_SAFE_INTEGER);
  const policies = listElements(value('cleanup.policy'));
  return {
    retentionMs: number('retention.ms'),
    retentionBytes: Math.max(-1, number('retention.bytes')),
    maxMessageBytes: number('max.message.bytes'),
    compressionType: value('compression.type') as LogConfig['compressionType'],
    timestampType: value('message.timestamp.type') as LogConfig['timestampType'],
    timestampBeforeMaxMs: number('message.timestamp.before.max.ms'),
    timestampAfterMaxMs: number('message.timestamp.after.max.ms'),
    segmentBytes: number('segment.bytes'),
    segmentMs: number('segment.ms'),
    deleteRetentionMs: number('delete.retention.ms'),
    minCompactionLagMs: number('min.compaction.lag.ms'),
    maxCompactionLagMs: number('max.compaction.lag.ms'),
    minCleanableRatio: Number(value('min.cleanable.dirty.ratio')),
    compact: policies.includes('compact'),
    delete: policies.includes('delete'),
    expiry: expiryRule(value('quarry.ttl.lifetime'), value('quarry.ttl.expires')),
  };
}

/** What the configs mean to search and tables. */
export interface SearchConfig {
  readonly search: boolean;
  readonly table: boolean;
  /** Promoted columns of the table, as `quarry.table.columns` writes them. */
  readonly columns: string;
  readonly inferColumns: boolean;
  /** Age in ms at which rows of the table go; `log`: when the log lets their records go. */
  readonly tableRetention: number | 'never' | 'log';
  /** Where old objects are kept; undefined: where they are. */
  readonly storageClass: { readonly name: string; readonly afterMs: number } | undefined;
  /** How small pieces of the topic are merged. */
  readonly mergePolicy: MergePolicy | 'none';
  /** Empty means all fields. */
  readonly fields: readonly string[];
}

/** As `toLogConfig`, for search and tables. */
export function toSearchConfig(
  overrides: ReadonlyMap<string, string>,
  brokerValues: ReadonlyMap<string, string>,
): SearchConfig {
  const value = (config: string): string => topicConfigValue(config, overrides, brokerValues);
  const name = value('quarry.storage.class');
  return {
    search: value('quarry.search') === 'true',
    table: value('quarry.table') === 'true',
    columns: value('quarry.table.columns'),
    inferColumns: value('quarry.table.columns.infer') === 'true',
    tableRetention: toTableRetention(value('quarry.table.retention.ms')),
    storageClass: name === '' ? undefined : { name, afterMs: Number(value('quarry.storage.class.after.ms')) },
    mergePolicy: value('quarry.merge.policy') as SearchConfig['mergePolicy'],
    fields: listElements(value('quarry.search.fields')),
  };
}

/** The special values are those that Kafka gives `local.retention.ms` (KIP-405). */
function toTableRetention(text: string): SearchConfig['tableRetention'] {
  if (text === '-2') return 'log';
  return text === '-1' ? 'never' : Math.min(Number(text), Number.MAX_SAFE_INTEGER);
}
