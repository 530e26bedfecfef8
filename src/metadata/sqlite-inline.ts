import { errorFrom } from './errors.ts';
import { SqliteFile, type SqlRequest } from './sqlite-file.ts';
import type { SqlEngine, SqlRow } from './types.ts';

/** SQLite on the caller's thread: for `memory:`, tools and tests. `path` may be ':memory:', `shared` as SqliteFile says. */
export function openInlineSqlite(path: string, shared?: readonly string[]): SqlEngine {
  let file: SqliteFile | undefined = new SqliteFile(path, shared);
  const one = (request: SqlRequest): SqlRow[] => {
    if (file === undefined) throw errorFrom({ kind: 'SqlUnavailable', message: 'the metadata store is closed' });
    const [outcome] = file.run([request]);
    if (outcome === undefined) return [];
    if ('failure' in outcome) throw errorFrom(outcome.failure);
    return outcome.rows;
  };
  return {
    query: async (sql, params = []) => one({ kind: 'query', sql, params }),
    transaction: async (statements) => void one({ kind: 'transaction', statements }),
    async close() {
      file?.close();
      file = undefined;
    },
  };
}
