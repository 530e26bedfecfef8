import type { BatchHeader } from '../../protocol/records/index.ts';
import { ownedBytes } from '../base/owned-bytes.ts';
import type { ExpiryRule } from './record-expiry.ts';
import type { PartitionLog } from './types.ts';

/** An aborted transaction: batches of the producer with a base offset in [firstOffset, lastOffset] are part of it. */
export interface AbortedRange {
  readonly producerId: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
}

/** Whether a batch belongs to one of the aborted transactions. */
export function isAborted(header: BatchHeader, aborted: readonly AbortedRange[]): boolean {
  if (!header.isTransactional || header.isControl) return false;
  const { producerId, baseOffset } = header;
  return aborted.some(
    (one) => one.producerId === producerId && one.firstOffset <= baseOffset && baseOffset <= one.lastOffset,
  );
}

/**
 * What the log has from an offset on: whole batches one after another, with the aborted transactions that touch them; an open transaction, or the
 * end; nothing that can be read before an offset; or nothing before its start.
 */
export type CommittedRead =
  | {
      readonly batches: Uint8Array;
      readonly aborted: readonly AbortedRange[];
      /** Until when the records count. */
      readonly expiry?: ExpiryRule | undefined;
    }
  | { readonly unstable: true }
  | { readonly nothingBefore: number }
  | { readonly logStart: number };

/** The log start of a partition that is not there any more. */
export const NO_PARTITION = Number.MAX_SAFE_INTEGER;

/** Reads a partition for another thread: up to the last stable offset, about `maxBytes`, in memory of its own. */
export async function readCommitted(
  partition: PartitionLog | undefined,
  offset: number,
  maxBytes: number,
): Promise<CommittedRead> {
  if (partition === undefined) return { logStart: NO_PARTITION };
  if (offset < partition.logStartOffset) return { logStart: partition.logStartOffset };
  const read = await partition.read(offset, maxBytes, 'read_committed', true);
  const { chunks, lastStableOffset, abortedTransactions: aborted } = read;
  if (chunks.length > 0) return { batches: joined(chunks), aborted, expiry: partition.expiry };
  // Corrupt batches are left out: where nothing is given, nothing is there.
  return offset < lastStableOffset ? { nothingBefore: lastStableOffset } : { unstable: true };
}

/** What they say, in memory that is moved where it goes to another thread. */
function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = ownedBytes(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
