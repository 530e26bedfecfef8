import { choice, integer, optional, type SettingType, setting, text } from './types.ts';

const MIB = 1024 * 1024;
/** The pool hands its times to timers of Node, which know no longer ones. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const httpUrl: SettingType<string> = {
  describe: 'http: or https: URL without a user in it',
  parse(value) {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
      throw new Error(
        `expected an http: or https: URL without a user in it, got '${url === undefined ? value : url.host}'`,
      );
    return value;
  },
};

/** Topics as Iceberg tables. */
export const tableSettings = {
  catalog: setting(
    text,
    '',
    'Iceberg catalog: `sqlite:PATH`, `postgres://…`, `memory:`; empty means `sqlite:<data.dir>/catalog.db`.',
  ),
  'catalog.pool.min.connections': setting(
    integer(0, 1000),
    5,
    'Connections to a catalog in PostgreSQL that stay open once they were needed; for tables and for the REST catalog each.',
  ),
  'catalog.pool.max.connections': setting(integer(1, 1000), 20, 'Most connections, for each of the two.'),
  'catalog.pool.connection.timeout.ms': setting(
    integer(1, LONGEST_TIMER_MS),
    3000,
    'Longest time to make a connection, or to wait for one that is free.',
  ),
  'catalog.pool.idle.timeout.ms': setting(
    integer(1000, LONGEST_TIMER_MS),
    600_000,
    'A connection that is idle for so long is closed.',
  ),
  'catalog.pool.max.lifetime.ms': setting(
    integer(1000, LONGEST_TIMER_MS),
    3_600_000,
    'A connection is replaced after so long.',
  ),
  'catalog.answer.timeout.ms': setting(
    integer(100, LONGEST_TIMER_MS),
    30_000,
    'A statement without an answer for so long counts as lost, and the table is looked at before another try.',
  ),
  'memtable.max.bytes': setting(
    integer(64 * 1024),
    64 * MIB,
    'Size of the rows of one table in memory; at 0.8 of it they are written as files.',
  ),
  'memtable.flush.interval.ms': setting(
    integer(10),
    30_000,
    'Longest time that a row waits in memory before it is in its table.',
  ),
  'memtable.max.concurrent.flushes': setting(integer(1, 16), 2, 'Tables that are written or committed at once.'),
  'table.max.concurrent.reads': setting(integer(1, 64), 4, 'Partitions that are read for tables at once.'),
  'table.memory.bytes': setting(
    integer(MIB),
    256 * MIB,
    'Memory of all rows that are not in a table yet; above it, reading the log for tables waits.',
  ),
  'table.file.compression': setting(
    choice('zstd', 'gzip', 'snappy', 'uncompressed'),
    'zstd',
    'Compression of the Parquet files of tables.',
  ),
  'table.file.max.rows': setting(integer(1), 50_000, 'Rows at which a Parquet file of a table ends.'),
  'table.file.max.bytes': setting(
    integer(64 * 1024),
    128 * MIB,
    'Bytes of keys, values and headers, before compression, at which a Parquet file of a table ends; at most a quarter of `table.memory.bytes`.',
  ),
  'table.retention.ms': setting(
    integer(-2),
    -1,
    'Default of the topic setting `quarry.table.retention.ms`: age at which rows of a table go; -1 is never, -2 when the log lets their records go.',
  ),
  'schema.registry.url': setting(
    optional(httpUrl),
    '',
    'Confluent Schema Registry by whose schemas framed values (Avro, JSON, Protobuf) fill columns of tables; empty is none.',
  ),
  'schema.registry.basic.auth.user.info': setting(text, '', 'Who asks the schema registry: `user:password`.'),
  'schema.registry.timeout.ms': setting(integer(1), 5000, 'Time for an answer of the schema registry.'),
  'table.retry.base.ms': setting(
    integer(1),
    500,
    'First pause of a table that failed; each next one is twice as long.',
  ),
  'table.retry.max.ms': setting(integer(1), 60_000, 'Longest pause of a table that failed.'),
} as const;
