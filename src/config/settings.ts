import { cleanerSettings } from './settings-cleaner.ts';
import { kafkaSettings } from './settings-kafka.ts';
import type { ListenerSettingName } from './listener-settings.ts';
import { groupSettings } from './settings-groups.ts';
import { processorSettings } from './settings-processor.ts';
import { quotaSettings } from './settings-quotas.ts';
import { rightsSettings } from './settings-rights.ts';
import { securitySettings, tokenSettings } from './settings-security.ts';
import { shareSettings } from './settings-share.ts';
import { sqlSettings } from './settings-sql.ts';
import { mergeSettings } from './settings-merge.ts';
import { tableSettings } from './settings-table.ts';
import { LOG_LEVELS } from '../base/log-levels.ts';
import { moduleLevel } from './log-levels.ts';
import { choice, filled, flag, integer, listOf, type Setting, setting, text } from './types.ts';

const PORT = integer(0, 65535);

/** Where things live and which ports answer. Empty text means: derived from the others. */
const serverSettings = {
  config: setting(text, '', 'YAML file with settings; STORAGE_CONFIG_PATH names it too.', 'STORAGE_CONFIG_PATH'),
  'data.dir': setting(
    filled,
    './data',
    'Folder of the WAL, and of metadata and objects unless they are set elsewhere; `memory:` keeps all in memory.',
  ),
  'kafka.port': setting(
    PORT,
    9092,
    'Port of the Kafka listener on 127.0.0.1; 0 picks a free one. Not used when `listeners` is set.',
  ),
  'http.port': setting(
    PORT,
    9200,
    'Port of the HTTP listener on 127.0.0.1; 0 picks a free one. Not used when `http.listeners` is set.',
  ),
  'http.listeners': setting(
    text,
    '',
    'HTTP listener as `http://HOST:PORT` or `https://HOST:PORT`; empty means http on 127.0.0.1 and `http.port`.',
  ),
  'http.authentication': setting(
    choice('auto', 'required', 'none'),
    'auto',
    'Whether HTTP requests must say who they are from; auto means: when a Kafka listener wants it.',
  ),
  'http.max.body.bytes': setting(integer(1024), 16 * 1024 * 1024, 'Largest HTTP request body, after decompression.'),
  'http.max.connections': setting(integer(1), 1024, 'HTTP connections at once.'),
  'http.request.timeout.ms': setting(integer(100), 60_000, 'Time for an HTTP request to arrive and be answered.'),
  'metrics.port': setting(
    integer(-1, 65535),
    -1,
    'A second listener with /metrics and /health only; -1 is none.',
    'METRICS_PORT',
  ),
  objects: setting(
    text,
    '',
    'Object store: `file:PATH`, `memory:`, `s3://bucket/prefix`, `gs://bucket/prefix`, `az://container/prefix`; empty means `file:<data.dir>/objects`.',
  ),
  metadata: setting(text, '', 'SQL store: `sqlite:PATH`, `memory:`; empty means `sqlite:<data.dir>/metadata.db`.'),
  'objects.cache.bytes': setting(
    integer(0),
    1024 * 1024 * 1024,
    'Bytes of objects kept on the local disk for reading (remote stores only).',
  ),
  'log.level': setting(choice(...LOG_LEVELS), 'info', 'Log level.', 'LOG_LEVEL'),
  'log.levels': setting(
    listOf(`module=level with a level of ${LOG_LEVELS.join(', ')}`, (entry) => moduleLevel(entry) !== undefined),
    [],
    'Modules whose log level is another one, as `module=level`, separated by commas.',
  ),
  'telemetry.max.series': setting(
    integer(0),
    10_000,
    'Series of metrics pushed by clients that are shown; what would be more is dropped.',
  ),
  search: setting(flag, true, 'Default of the topic setting `quarry.search`: records are indexed for search.'),
  table: setting(flag, false, 'Default of the topic setting `quarry.table`.'),
  'search.max.wait.ms': setting(
    integer(0),
    1000,
    'How long a search waits for records acknowledged before it to be indexed.',
  ),
  'search.timeout.ms': setting(integer(1), 30_000, 'Time for a search unless the request says less.'),
} as const;

/** The write-ahead log and memory in front of it. */
const walSettings = {
  // Places in a segment have 32 bits.
  'wal.seal.bytes': setting(integer(64 * 1024, 2 ** 31), 64 * 1024 * 1024, 'Size at which a WAL segment is sealed.'),
  'wal.seal.age.ms': setting(integer(10), 30_000, 'Age at which a WAL segment with data is sealed.'),
  'wal.max.bytes': setting(
    integer(1024 * 1024),
    8 * 1024 ** 3,
    'Bytes of WAL on disk above which packs go first and indexing is filled in later.',
  ),
  'wal.linger.ms': setting(integer(0, 1000), 0, 'Time to wait for more appends before a sync.'),
  'wal.spare.files': setting(integer(0, 16), 2, 'Preallocated files kept ready.'),
  'wal.recycled.files': setting(
    integer(0, 1024),
    16,
    'Most files of drained WAL segments that are kept to be used again; given back to the disk when none is needed for ten minutes.',
  ),
  'tail.max.bytes': setting(integer(0), 32 * 1024 * 1024, 'Bytes of the newest batches kept in memory for readers.'),
} as const;

/** Every setting of the program by its dotted name. */
export const declarations = {
  ...serverSettings,
  ...walSettings,
  ...processorSettings,
  ...tableSettings,
  ...mergeSettings,
  ...kafkaSettings,
  ...cleanerSettings,
  ...groupSettings,
  ...rightsSettings,
  ...quotaSettings,
  ...securitySettings,
  ...tokenSettings,
  ...shareSettings,
  ...sqlSettings,
} as const;

export type SettingName = keyof typeof declarations;

/** The value of every setting, and of those that single listeners have for themselves. */
export type Settings = {
  readonly [Name in SettingName]: (typeof declarations)[Name] extends Setting<infer T> ? T : never;
} & { readonly [name: ListenerSettingName]: unknown };

/** All defaults. */
export function defaultSettings(): Settings {
  const entries = Object.entries(declarations).map(([name, declared]) => [name, declared.default]);
  return Object.fromEntries(entries) as Settings;
}
