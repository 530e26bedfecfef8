import { changeRange } from './batches.ts';
import { advance } from './progress.ts';
import type { Run, SharePartition } from './types.ts';

/** The partition without the locks that `ends` chooses. Nothing is handed out again that the log has lost or that had its last delivery. */
function unlock(partition: SharePartition, maxDeliveries: number, ends: (run: Run) => boolean): SharePartition {
  const { start, next } = partition;
  const change =
    (lost: boolean) =>
    (run: Run): Run => {
      if (run.state !== 'acquired' || !ends(run)) return run;
      const isDone = lost || run.deliveryCount >= maxDeliveries;
      return { ...run, state: isDone ? 'archived' : 'available', owner: '', lockedUntil: 0 };
    };
  const before = changeRange(partition, 0, start - 1, change(true));
  const after = changeRange(before, start, next, change(false));
  return after === partition ? partition : advance(after);
}

/** A member's session ended: others may have what it holds. The delivery counts, since nobody knows whether it was seen. */
export function releaseMember(partition: SharePartition, memberId: string, maxDeliveries: number): SharePartition {
  return unlock(partition, maxDeliveries, ({ owner }) => owner === memberId);
}

/** Locks that ended by `now`. */
export function expireLocks(partition: SharePartition, now: number, maxDeliveries: number): SharePartition {
  return unlock(partition, maxDeliveries, ({ lockedUntil }) => lockedUntil <= now);
}
