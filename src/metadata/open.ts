import { openInlineSqlite } from './sqlite-inline.ts';
import { openThreadedSqlite } from './sqlite-thread.ts';
import type { SqlEngine } from './types.ts';

/**
 * Opens the metadata store that a URL names: `sqlite:PATH` (in a thread of its own; the folder must exist) or `memory:`.
 * Rejects with SchemaRefused, SqlUnavailable, or a RangeError for any other scheme.
 */
export async function openMetadata(url: string): Promise<SqlEngine> {
  if (url === 'memory:') return openInlineSqlite(':memory:');
  if (url.startsWith('sqlite:') && url.length > 'sqlite:'.length)
    return openThreadedSqlite(url.slice('sqlite:'.length));
  throw new RangeError(`metadata store '${url}' is not supported: use sqlite:PATH or memory:`);
}
