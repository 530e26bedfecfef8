import { integer, setting } from './types.ts';

/** Queries in SQL. */
export const sqlSettings = {
  'sql.timeout.ms': setting(integer(1), 30_000, 'Time for a query in SQL.'),
  'sql.max.queries': setting(integer(1, 64), 2, 'Queries in SQL at once; more are refused.'),
  'sql.memory.bytes': setting(
    integer(16 * 1024 * 1024),
    256 * 1024 * 1024,
    'Memory of one query in SQL, the records that it reads included; nothing is spilled to the disk.',
  ),
  'sql.cache.bytes': setting(
    integer(0),
    1024 * 1024 * 1024,
    'Files of tables that queries keep on the local disk, when the object store is not on it.',
  ),
  'sql.threads': setting(integer(1, 64), 2, 'Threads of one query in SQL.'),
  'sql.max.rows': setting(integer(1), 10_000, 'Rows that the answer to a query may have.'),
  'sql.max.answer.bytes': setting(
    integer(1024, 64 * 1024 * 1024),
    16 * 1024 * 1024,
    'Bytes that the answer to a query may have.',
  ),
} as const;
