import { keyIn } from './files.ts';
import { reachable } from './reachable.ts';
import type { Table } from './table.ts';

/** Keys deleted in one call. */
const BATCH = 1000;
/** Younger files may belong to a commit that is under way. */
const LEAST_AGE_MS = 60 * 60 * 1000;

/**
 * Deletes files of the table's folder that nothing in its metadata names and that are older than `minimumAgeMs` (at least an hour): what
 * writers left that died before their commit. What `keep` names stays, too. Gives the number of files that went.
 */
export async function removeOrphans(
  table: Table,
  minimumAgeMs: number,
  keep: (objectKey: string) => boolean = () => false,
): Promise<number> {
  if (minimumAgeMs < LEAST_AGE_MS) throw new RangeError(`orphans are removed at an age of ${LEAST_AGE_MS} ms or more`);
  const { warehouse, clock } = table.context;
  const olderThan = clock.now() - minimumAgeMs;
  // Loaded now: a file that a commit has named meanwhile is not an orphan.
  await table.refresh();
  const { metadata } = table;
  const needed = await reachable(warehouse, metadata, metadata.snapshots);
  needed.add(table.metadataLocation);
  for (const entry of metadata['metadata-log']) needed.add(entry['metadata-file']);
  // By key, because other engines may write the same place with another URI.
  const keys = new Set([...needed].map((uri) => warehouse.keyOf(uri)));
  const orphans: string[] = [];
  for await (const { key, modified } of warehouse.store.list(`${keyIn(warehouse, metadata.location)}/`))
    if (modified < olderThan && !keys.has(key) && !keep(key)) orphans.push(key);
  for (let at = 0; at < orphans.length; at += BATCH) await warehouse.store.delete(orphans.slice(at, at + BATCH));
  return orphans.length;
}
