import type { Batch, RecordState, Run, SharePartition } from './types.ts';

/** A batch of one run. */
export function batchOf(run: Run): Batch {
  return { first: run.first, last: run.last, runs: [run], unread: false };
}

export function run(first: number, last: number, state: RecordState, deliveryCount: number): Run {
  return { first, last, state, deliveryCount, owner: '', lockedUntil: 0 };
}

/** A batch for offsets of which nothing is known. */
export function unreadBatch(first: number, last: number): Batch {
  return { first, last, runs: [run(first, last, 'available', 0)], unread: true };
}

export function isFinal(state: RecordState): boolean {
  return state === 'acknowledged' || state === 'archived';
}

function joins(left: Run, right: Run): boolean {
  return (
    left.state === right.state &&
    left.deliveryCount === right.deliveryCount &&
    left.owner === right.owner &&
    left.lockedUntil === right.lockedUntil
  );
}

/** Neighbours that have everything in common become one run. */
function merged(runs: readonly Run[]): Run[] {
  const out: Run[] = [];
  for (const next of runs) {
    const before = out.at(-1);
    if (before !== undefined && joins(before, next)) out[out.length - 1] = { ...before, last: next.last };
    else out.push(next);
  }
  return out;
}

/** The batch with `change` applied to what lies within [first, last]; the same object when nothing changes. */
export function changeRuns(batch: Batch, first: number, last: number, change: (run: Run) => Run): Batch {
  if (last < batch.first || first > batch.last) return batch;
  const runs: Run[] = [];
  let changed = false;
  for (const whole of batch.runs) {
    const from = Math.max(whole.first, first);
    const to = Math.min(whole.last, last);
    const part = from > to ? undefined : { ...whole, first: from, last: to };
    const after = part === undefined ? undefined : change(part);
    if (part === undefined || after === undefined || after === part) {
      runs.push(whole);
      continue;
    }
    changed = true;
    if (whole.first < from) runs.push({ ...whole, last: from - 1 });
    runs.push(after);
    if (whole.last > to) runs.push({ ...whole, first: to + 1 });
  }
  return changed ? { ...batch, runs: merged(runs), unread: false } : batch;
}

/** The partition with `change` applied to every run within [first, last]. */
export function changeRange(
  partition: SharePartition,
  first: number,
  last: number,
  change: (run: Run) => Run,
): SharePartition {
  let changed = false;
  const batches = partition.batches.map((batch) => {
    const after = changeRuns(batch, first, last, change);
    if (after !== batch) changed = true;
    return after;
  });
  return changed ? { ...partition, batches } : partition;
}

/** The runs of all batches, in the order of offsets. */
export function* runsOf(partition: SharePartition): IterableIterator<Run> {
  for (const { runs } of partition.batches) yield* runs;
}

/** Batches that have offsets within [first, last]. */
export function overlapping(partition: SharePartition, first: number, last: number): Batch[] {
  return partition.batches.filter((batch) => batch.first <= last && batch.last >= first);
}

/** Index of the last batch that begins at or before `offset`, or -1. */
export function floorIndex(batches: readonly Batch[], offset: number): number {
  let low = 0;
  let high = batches.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (batches[middle]!.first <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
