import { changeRange, isFinal, runsOf, unreadBatch } from './batches.ts';
import type { Batch, Run, SharePartition } from './types.ts';

/** A share partition that has handed out nothing yet. */
export function newSharePartition(start: number): SharePartition {
  return { start, next: start, batches: [] };
}

/** Records in flight, finished ones within the flight included: what `group.share.partition.max.record.locks` limits. */
export function inFlight(partition: SharePartition): number {
  return partition.batches.length === 0 ? 0 : partition.next - partition.start;
}

/** The first offset that can be handed out: one that was released, or the one after the flight. */
export function nextFetchOffset(partition: SharePartition): number {
  for (const { state, first, last } of runsOf(partition)) {
    if (state === 'available' && last >= partition.start) return Math.max(first, partition.start);
  }
  return partition.next;
}

/** False when only records beyond the flight could be handed out, and the flight is full. */
export function canAcquire(partition: SharePartition, maxInFlight: number): boolean {
  return nextFetchOffset(partition) !== partition.next || inFlight(partition) < maxInFlight;
}

/** When the first lock ends, or undefined when nothing is acquired. */
export function nextExpiry(partition: SharePartition): number | undefined {
  let earliest: number | undefined;
  for (const { state, lockedUntil } of runsOf(partition)) {
    if (state === 'acquired' && (earliest === undefined || lockedUntil < earliest)) earliest = lockedUntil;
  }
  return earliest;
}

/** Finished records within the flight: they no longer count as lag (KIP-1226). */
export function finishedInFlight(partition: SharePartition): number {
  let sum = 0;
  for (const { state, first, last } of runsOf(partition)) {
    if (isFinal(state) && last >= partition.start) sum += last - Math.max(first, partition.start) + 1;
  }
  return sum;
}

/** The first offset of the batch that is not finished, or undefined when all are. */
function firstOpen(batch: Batch): number | undefined {
  return batch.runs.find(({ state }) => !isFinal(state))?.first;
}

/** Moves the start over everything that is finished and forgets whole batches before it. */
export function advance(partition: SharePartition): SharePartition {
  let { start } = partition;
  let dropped = 0;
  for (const batch of partition.batches) {
    const open = firstOpen(batch);
    if (open !== undefined) {
      // What lies before the start and is not finished is acquired still: the log has lost it, its owner has not let go yet.
      start = Math.max(start, open);
      break;
    }
    start = Math.max(start, batch.last + 1);
    dropped++;
  }
  if (start === partition.start && dropped === 0) return partition;
  const batches = partition.batches.slice(dropped);
  return { start: batches.length === 0 ? Math.max(start, partition.next) : start, next: partition.next, batches };
}

const archived = (run: Run): Run =>
  run.state === 'available' ? { ...run, state: 'archived', owner: '', lockedUntil: 0 } : run;

/** The log has lost everything before `logStart`. What somebody has acquired stays so until it ends; then it is archived. */
export function moveToLogStart(partition: SharePartition, logStart: number): SharePartition {
  if (logStart <= partition.start) return partition;
  const { batches } = changeRange(partition, partition.start, logStart - 1, archived);
  const kept = batches.filter(({ last, runs }) => last >= logStart || runs.some(({ state }) => state === 'acquired'));
  return advance({ start: logStart, next: Math.max(partition.next, logStart), batches: kept });
}

/**
 * A read at `fetchOffset` found nothing before `found`: compaction has taken what was available between them, so that it is done with.
 * An unread range is cut at `found`, since what comes after it is still to be read.
 */
export function archiveMissing(partition: SharePartition, fetchOffset: number, found: number): SharePartition {
  if (found <= fetchOffset || partition.batches.length === 0) return partition;
  const cut = partition.batches.flatMap((batch) =>
    batch.unread && batch.first < found && batch.last >= found
      ? [unreadBatch(batch.first, found - 1), unreadBatch(found, batch.last)]
      : [batch],
  );
  return changeRange({ ...partition, batches: cut }, fetchOffset, found - 1, archived);
}
