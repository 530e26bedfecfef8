import { type DataFile, eraseRows, FIELD_ID, type Table } from '../../lake/index.ts';
import { ErasedKeys } from '../erasure/keys.ts';
import type { TableErasure, TableHost } from './types.ts';

/** Decompressed rows in memory at once. */
const MEMORY_BYTES = 64 * 1024 * 1024;
/** Files end at so many bytes. */
const CUT_BYTES = 64 * 1024 * 1024;

/** Takes keys out of a table and its old snapshots; the rows that went, by key. */
export async function eraseKeys(
  table: Table,
  { keys }: TableErasure,
  host: Pick<TableHost, 'announce' | 'settle' | 'discard'>,
): Promise<readonly number[]> {
  // By partition, because a key ends elsewhere in each.
  const byPartition = new Map<number, ErasedKeys>();
  const of = (partition: number): ErasedKeys => {
    const known = byPartition.get(partition);
    if (known !== undefined) return known;
    const made = new ErasedKeys(keys.map(({ key, ends }) => ({ key, below: ends[partition] ?? 0 })));
    byPartition.set(partition, made);
    return made;
  };
  const { rows } = await eraseRows(table, {
    mayHold: (file) => keys.some(({ key }) => mayHoldKey(file, key)),
    reason: ({ partition, offset, key }, row) => of(partition[row]!).indexOf(key[row] ?? null, offset[row]!),
    namesKey: (named) => keys.some(({ key }) => Buffer.compare(key, named) === 0),
    cutBytes: CUT_BYTES,
    memoryBytes: MEMORY_BYTES,
    announce: (objectKey) => host.announce(objectKey),
    settle: (files) => host.settle(files),
    discard: (objectKeys) => host.discard(objectKeys),
  });
  return keys.map((_key, index) => rows[index] ?? 0);
}

/** By the bounds that the table has of the column. */
function mayHoldKey(file: DataFile, key: Uint8Array): boolean {
  const [lower, upper] = [file.lowerBounds.get(FIELD_ID.key), file.upperBounds.get(FIELD_ID.key)];
  return (
    (lower === undefined || Buffer.compare(lower, key) <= 0) && (upper === undefined || Buffer.compare(key, upper) <= 0)
  );
}
