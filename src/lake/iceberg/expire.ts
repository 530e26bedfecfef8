import { keyIn } from './files.ts';
import { carriedOffsets } from './log-offsets.ts';
import { ancestry, type Snapshot, type SnapshotId, type TableMetadata } from './metadata.ts';
import { reachable } from './reachable.ts';
import type { Table } from './table.ts';
import { applyUpdates } from './updates.ts';

const FIVE_DAYS_MS = 5 * 24 * 60 * 60 * 1000;

export interface Expiry {
  /** Snapshots made before go; by default the table property `history.expire.max-snapshot-age-ms` (5 days) before now. */
  readonly olderThanMs?: number;
  /** So many of the newest stay in any case; by default `history.expire.min-snapshots-to-keep` (1). */
  readonly keep?: number;
  /** Given the keys of files that nothing needs any more; by default they are deleted at once. */
  readonly discard?: (objectKeys: readonly string[]) => Promise<void>;
}

/** Snapshots that no rule keeps: neither young nor among the newest that led to the current one, nor named by a branch or tag. */
function expired(metadata: TableMetadata, olderThanMs: number, keep: number): Snapshot[] {
  const kept = new Set<SnapshotId>(Object.values(metadata.refs).map((ref) => ref['snapshot-id']));
  let rank = 0;
  for (const snapshot of ancestry(metadata)) if (rank++ < keep) kept.add(snapshot['snapshot-id']);
  return metadata.snapshots.filter(
    (snapshot) => snapshot['timestamp-ms'] < olderThanMs && !kept.has(snapshot['snapshot-id']),
  );
}

/**
 * Removes old snapshots from the table, then the files that only they needed. The log's offsets live on in the newest snapshot of ours or in
 * the table property. What lies outside of the table's folder stays. Branches other than main keep only their newest snapshot and what is
 * young. Gives the number of snapshots that went.
 */
export function expireSnapshots(table: Table, options: Expiry = {}): Promise<number> {
  const choose = (metadata: TableMetadata): readonly Snapshot[] => {
    const { properties } = metadata;
    const age = Number(properties['history.expire.max-snapshot-age-ms'] ?? FIVE_DAYS_MS);
    const keep = options.keep ?? Number(properties['history.expire.min-snapshots-to-keep'] ?? 1);
    return expired(metadata, options.olderThanMs ?? table.context.clock.now() - age, keep);
  };
  return remove(table, choose, options.discard);
}

/**
 * Removes the snapshots that `goes` names; the files that only they needed are given to `discard`. Rejects with InvalidMetadata for one that a branch or
 * tag names.
 */
export function removeSnapshots(
  table: Table,
  goes: (snapshot: Snapshot) => boolean,
  discard?: (objectKeys: readonly string[]) => Promise<void>,
): Promise<number> {
  return remove(table, (metadata) => metadata.snapshots.filter(goes), discard);
}

async function remove(
  table: Table,
  choose: (metadata: TableMetadata) => readonly Snapshot[],
  discard: (objectKeys: readonly string[]) => Promise<void> = (keys) => table.context.warehouse.store.delete(keys),
): Promise<number> {
  const { warehouse, clock } = table.context;
  let before = table.metadata;
  let gone: readonly Snapshot[] = [];
  await table.commitWith(async (metadata) => {
    before = metadata;
    gone = choose(metadata);
    const ids = gone.map((snapshot) => snapshot['snapshot-id']);
    if (ids.length === 0) return [];
    const removal = { action: 'remove-snapshots', 'snapshot-ids': ids } as const;
    // After a rollback the property is ahead of the table, and what goes may be all that says so.
    return [removal, ...carriedOffsets(metadata, applyUpdates(metadata, [removal], clock.now()))];
  });
  if (gone.length === 0) return 0;
  // The table as it is now: files are immutable, and none that went can come back.
  const needed = await reachable(warehouse, table.metadata, table.metadata.snapshots);
  const candidates = await reachable(warehouse, before, gone);
  // Never what lies elsewhere: whoever may write a table could name in it what is not its own.
  const folder = `${keyIn(warehouse, before.location)}/`;
  const keys = [...candidates].filter((uri) => !needed.has(uri)).map((uri) => warehouse.keyOf(uri));
  await discard(keys.filter((key) => key?.startsWith(folder) === true) as string[]);
  return gone.length;
}
