import type { Log } from '../log/types.ts';
import type { AbortedRange } from './text-transactions.ts';

/**
 * What the log has from an offset on: whole batches one after another, with the aborted transactions that touch them; an open transaction, or the
 * end; nothing that can be read before an offset; or nothing before its start.
 */
export type CommittedRead =
  | { readonly batches: Uint8Array; readonly aborted: readonly AbortedRange[] }
  | { readonly unstable: true }
  | { readonly nothingBefore: number }
  | { readonly logStart: number };

/** The log start of a partition that is not there any more. */
export const NO_PARTITION = Number.MAX_SAFE_INTEGER;

/** Reads a partition for a sink: up to the last stable offset, about `maxBytes`, in memory of its own. */
export async function readCommitted(
  log: Pick<Log, 'partitionById'>,
  { topicId, partition, offset }: { readonly topicId: string; readonly partition: number; readonly offset: number },
  maxBytes: number,
): Promise<CommittedRead> {
  const found = log.partitionById(topicId, partition);
  if (found === undefined) return { logStart: NO_PARTITION };
  if (offset < found.logStartOffset) return { logStart: found.logStartOffset };
  const read = await found.read(offset, maxBytes, 'read_committed', true);
  const { chunks, lastStableOffset, abortedTransactions: aborted } = read;
  if (chunks.length > 0) return { batches: Buffer.concat(chunks), aborted };
  // Corrupt batches are left out: where nothing is given, nothing is there.
  return offset < lastStableOffset ? { nothingBefore: lastStableOffset } : { unstable: true };
}
