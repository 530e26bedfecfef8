import { changeRange, runsOf } from './batches.ts';
import { advance } from './progress.ts';
import type { Run, SharePartition } from './types.ts';

/** The run without its lock. Nothing is handed out again that the log has lost or that had its last delivery. */
function unlocked(run: Run, start: number, maxDeliveries: number): Run {
  const isDone = run.last < start || run.deliveryCount >= maxDeliveries;
  return { ...run, state: isDone ? 'archived' : 'available', owner: '', lockedUntil: 0 };
}

/** Ends the locks within [first, last] that `ends` chooses. A run that the start has passed in its middle is changed in two parts. */
function unlock(
  partition: SharePartition,
  { first, last }: { readonly first: number; readonly last: number },
  maxDeliveries: number,
  ends: (run: Run) => boolean,
): SharePartition {
  const { start } = partition;
  const change = (run: Run): Run => (run.state === 'acquired' && ends(run) ? unlocked(run, start, maxDeliveries) : run);
  const before = changeRange(partition, first, Math.min(last, start - 1), change);
  return changeRange(before, Math.max(first, start), last, change);
}

/** What a member holds: its runs. */
export function heldBy(partition: SharePartition, memberId: string): Run[] {
  return [...runsOf(partition)].filter(({ owner }) => owner === memberId);
}

/**
 * A member's session ended: others may have what it held then. The deliveries count, since nobody knows whether they were seen.
 * What it was given since then, in its next session, it keeps: that has another delivery count.
 */
export function releaseHeld(before: SharePartition, held: readonly Run[], maxDeliveries: number): SharePartition {
  let partition = before;
  for (const { first, last, owner, deliveryCount } of held)
    partition = unlock(
      partition,
      { first, last },
      maxDeliveries,
      (run) => run.owner === owner && run.deliveryCount === deliveryCount,
    );
  return partition === before ? before : advance(partition);
}

/** Locks that ended by `now`. */
export function expireLocks(before: SharePartition, now: number, maxDeliveries: number): SharePartition {
  const all = { first: 0, last: before.next };
  const partition = unlock(before, all, maxDeliveries, ({ lockedUntil }) => lockedUntil <= now);
  return partition === before ? before : advance(partition);
}
