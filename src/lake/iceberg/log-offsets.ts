import type { LogOffsets } from '../table.ts';
import { OffsetsMoved, type TableChange } from '../table.ts';
import { ancestry, InvalidMetadata, type TableMetadata } from './metadata.ts';
import type { TableUpdate } from './updates.ts';

/** The key of the log's offsets in the summaries of our snapshots, and of the table property that carries them beside. */
export const OFFSETS_KEY = 'quarry.offsets';

/** Offsets as `offsetsText` writes them; `key` says where they stand. Throws InvalidMetadata. */
export function parseOffsets(text: string, key = OFFSETS_KEY): LogOffsets {
  const offsets = new Map<number, number>();
  const raw: unknown = JSON.parse(text);
  if (typeof raw !== 'object' || raw === null) throw new InvalidMetadata(`'${key}' is not an object`);
  for (const [partition, offset] of Object.entries(raw)) {
    if (!/^\d+$/.test(partition) || !Number.isSafeInteger(offset) || offset < 0)
      throw new InvalidMetadata(`'${key}' holds ${partition}: ${String(offset)}`);
    offsets.set(Number(partition), offset as number);
  }
  return offsets;
}

/** Offsets as the JSON of summaries: `{"0":17,"1":4}`. */
export function offsetsText(offsets: LogOffsets): string {
  return JSON.stringify(Object.fromEntries([...offsets].sort(([a], [b]) => a - b)));
}

/**
 * How far the log is in the table: what the newest snapshot of ours says among those that led to the current one (so a rollback by another
 * engine also takes the offsets back, and the records are written again), else the table property (all of ours have expired).
 */
export function logOffsetsOf(metadata: TableMetadata): LogOffsets {
  for (const snapshot of ancestry(metadata)) {
    const text = snapshot.summary?.[OFFSETS_KEY];
    if (text !== undefined) return parseOffsets(text);
  }
  const text = metadata.properties[OFFSETS_KEY];
  return text === undefined ? new Map() : parseOffsets(text);
}

/** The offsets after a change. Throws OffsetsMoved where they are not where the change starts from. */
export function movedOffsets(current: LogOffsets, moves: NonNullable<TableChange['offsets']>): LogOffsets {
  const next = new Map(current);
  for (const [partition, { from, to }] of moves) {
    // One that the table does not know, also because somebody moved it back to a snapshot from before, has none of its rows.
    const held = current.get(partition) ?? 0;
    if (held !== from)
      throw new OffsetsMoved(`partition ${partition} is at offset ${held} in the table, not at ${from}`, current);
    if (to < from) throw new RangeError(`partition ${partition} cannot go back from ${from} to ${to}`);
    next.set(partition, to);
  }
  return next;
}

/**
 * What the commit of another writer needs besides its own updates: the property says what the snapshots say, so that the offsets outlive the
 * snapshots that this commit, or a later one, removes.
 */
export function carriedOffsets(before: TableMetadata, after: TableMetadata): TableUpdate[] {
  const kept = new Set(after.snapshots.map((snapshot) => snapshot['snapshot-id']));
  const gone = before.snapshots.filter((snapshot) => !kept.has(snapshot['snapshot-id']));
  const offsets = logOffsetsOf({ ...after, snapshots: [...after.snapshots, ...gone] });
  const text = offsetsText(offsets);
  if (offsets.size === 0 || after.properties[OFFSETS_KEY] === text) return [];
  return [{ action: 'set-properties', updates: { [OFFSETS_KEY]: text } }];
}
