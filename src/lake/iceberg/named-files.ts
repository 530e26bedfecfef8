import { reachable } from './reachable.ts';
import type { Snapshot, SnapshotId, TableMetadata } from './metadata.ts';
import type { Table } from './table.ts';

/** Other engines' clocks, and that of the object store, are no further away. */
const CLOCKS_DIFFER_MS = 10 * 60 * 1000;

/**
 * Those of the URIs that are data files of the table as it was last loaded, or of a snapshot that it still has: a file that was replaced is still
 * read by who reads that snapshot. The files were stored at `sinceMs` or later.
 */
export async function namedFiles(table: Table, uris: ReadonlySet<string>, sinceMs: number): Promise<Set<string>> {
  const { metadata, context } = table;
  const snapshots = lastNaming(metadata).filter((one) => one['timestamp-ms'] >= sinceMs - CLOCKS_DIFFER_MS);
  const named = await reachable(context.warehouse, metadata, snapshots);
  return new Set([...uris].filter((uri) => named.has(uri)));
}

/** Snapshots whose files are not all in one that came after: an append takes none away. */
function lastNaming({ snapshots }: TableMetadata): readonly Snapshot[] {
  const appendedTo = new Set<SnapshotId>();
  for (const { summary, 'parent-snapshot-id': parent } of snapshots)
    if (summary?.['operation'] === 'append' && parent !== undefined && parent !== null) appendedTo.add(parent);
  return snapshots.filter((one) => !appendedTo.has(one['snapshot-id']));
}
