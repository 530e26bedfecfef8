import type { Clock } from '../base/clock.ts';
import type { Isolation, Log, PartitionLog } from '../log/types.ts';
import { readableEnd } from './fetch-read.ts';

/** A partition that a fetch waits for. */
export interface Awaited {
  readonly log: PartitionLog;
  readonly fetchOffset: number;
  readonly maxBytes: number;
}

/** What a fetch waits for, and how long. */
export interface FetchWait {
  readonly partitions: readonly Awaited[];
  readonly minBytes: number;
  readonly isolation: Isolation;
  readonly maxWaitMs: number;
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Whether the topic of a partition is gone: whoever waits for it is told so at once. */
function isGone({ log: awaited }: Awaited, { log }: FetchWait): boolean {
  return log.partitionById(awaited.topicId, awaited.partition) !== awaited;
}

/** Bytes that a read would give now. A cold log has more than anyone waits for. */
function available({ log: partition, fetchOffset, maxBytes }: Awaited, { log, isolation }: FetchWait): number {
  if (readableEnd(partition, isolation) <= fetchOffset) return 0;
  const lease = log.beginRead();
  const end = (): void => lease.end();
  try {
    const read = partition.read(fetchOffset, maxBytes, isolation, true, lease);
    if (read instanceof Promise) {
      // Its result is of no use here, its error will come up again at the real read.
      read.then(end, end);
      return Infinity;
    }
    end();
    return read.bytes;
  } catch {
    // The real read reports it.
    end();
    return Infinity;
  }
}

/**
 * Resolves when the partitions have `minBytes` to read, when one of them is deleted, after `maxWaitMs`, or when `signal` is aborted. Nothing is
 * polled: the logs tell when they advance or end.
 */
export function waitForBytes(wait: FetchWait): Promise<void> {
  const { partitions, minBytes, isolation, signal } = wait;
  return new Promise((resolve) => {
    const known = partitions.map(() => 0);
    const cancels: (() => void)[] = [];
    let total = 0;
    const finish = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', finish);
      for (const cancel of cancels.splice(0)) cancel();
      resolve();
    };
    const update = (index: number): void => {
      const partition = partitions[index]!;
      // One byte is what nearly everyone waits for: the offsets alone tell.
      const bytes =
        minBytes > 1
          ? available(partition, wait)
          : Number(readableEnd(partition.log, isolation) > partition.fetchOffset);
      total += bytes - known[index]!;
      known[index] = bytes;
      if (total >= minBytes || isGone(partition, wait)) finish();
    };
    const timer = wait.clock.after(wait.maxWaitMs, finish);
    signal.addEventListener('abort', finish, { once: true });
    for (const [index, { log }] of partitions.entries()) cancels.push(log.onAdvance(() => update(index)));
    // Something may have come between the read and now.
    for (let index = 0; index < partitions.length && cancels.length > 0; index++) update(index);
    if (signal.aborted) finish();
  });
}
