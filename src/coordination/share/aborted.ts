import { changeRange } from './batches.ts';
import type { LogBatch } from './acquire.ts';
import { advance } from './progress.ts';
import type { AcquiredRange, SharePartition } from './types.ts';

/** A batch of the log with what tells whether its transaction was aborted. */
export interface TransactionalBatch extends LogBatch {
  readonly producerId: number;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
}

/** The batches of aborted transactions. `aborted` are the transactions that overlap what was read, in any order. */
export function abortedBatches(
  read: readonly TransactionalBatch[],
  aborted: readonly { readonly producerId: number; readonly firstOffset: number }[],
): TransactionalBatch[] {
  const waiting = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<number>();
  return read.filter(({ producerId, lastOffset, isTransactional, isControl }) => {
    while (waiting[0] !== undefined && waiting[0].firstOffset <= lastOffset) open.add(waiting.shift()!.producerId);
    if (!isTransactional || !open.has(producerId)) return false;
    if (!isControl) return true;
    // Its marker ends the transaction.
    open.delete(producerId);
    return false;
  });
}

/** The part of the ranges that lies outside of the batches. Both are in the order of offsets. */
export function without(ranges: readonly AcquiredRange[], batches: readonly LogBatch[]): AcquiredRange[] {
  let left = [...ranges];
  for (const { baseOffset, lastOffset } of batches) {
    left = left.flatMap((range) => {
      if (range.last < baseOffset || range.first > lastOffset) return [range];
      const before = range.first < baseOffset ? [{ ...range, last: baseOffset - 1 }] : [];
      const after = range.last > lastOffset ? [{ ...range, first: lastOffset + 1 }] : [];
      return [...before, ...after];
    });
  }
  return left;
}

/** Archives what was just handed out of aborted transactions: a member that reads committed records only must not see it. */
export function archiveAborted(
  partition: SharePartition,
  ranges: readonly AcquiredRange[],
  batches: readonly LogBatch[],
): SharePartition {
  let changed = partition;
  for (const { first, last } of ranges) {
    for (const { baseOffset, lastOffset } of batches) {
      const from = Math.max(first, baseOffset);
      const to = Math.min(last, lastOffset);
      if (from > to) continue;
      changed = changeRange(changed, from, to, (run) => ({ ...run, state: 'archived', owner: '', lockedUntil: 0 }));
    }
  }
  return advance(changed);
}
