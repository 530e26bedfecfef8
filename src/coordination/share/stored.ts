import { batchOf, run, runsOf, unreadBatch } from './batches.ts';
import { advance, newSharePartition } from './progress.ts';
import type { Batch, RecordState, Run, SharePartition } from './types.ts';

/**
 * Format of the column `share_partitions.state`: JSON, described in docs/formats/groups.md. Readers refuse a newer version.
 * What is acquired is stored as it was before: after a restart nobody holds anything, and a delivery that may never have
 * reached its consumer does not count. What was never given back is not stored at all.
 */
const VERSION = 1;

/** First offset (after the start), number of offsets, state, delivery count. */
type StoredRun = readonly [number, number, number, number];

interface StoredState {
  readonly version: number;
  /** Nothing was given back yet: the start is where the group began. */
  readonly fresh?: true;
  readonly batches: readonly StoredRun[];
}

/** Kafka's numbers of the states. */
const STATE_CODES = { available: 0, acknowledged: 2, archived: 4 } as const;

function stateOf(code: number): RecordState {
  if (code === STATE_CODES.acknowledged) return 'acknowledged';
  return code === STATE_CODES.archived ? 'archived' : 'available';
}

/** The run as it is stored. */
function settled(whole: Run, start: number): Run {
  const { last, state, deliveryCount } = whole;
  const first = Math.max(whole.first, start);
  if (state === 'acquired') return run(first, last, 'available', deliveryCount - 1);
  return run(first, last, state, deliveryCount);
}

function storedRuns(partition: SharePartition): StoredRun[] {
  const { start } = partition;
  const runs: StoredRun[] = [];
  for (const whole of runsOf(partition)) {
    if (whole.last < start) continue;
    const { first, last, state, deliveryCount } = settled(whole, start);
    if (state === 'acquired' || (state === 'available' && deliveryCount === 0)) continue;
    const [delta, count, code] = [first - start, last - first + 1, STATE_CODES[state]];
    const before = runs.at(-1);
    const joins = before?.[0] !== undefined && before[0] + before[1] === delta;
    if (joins && before[2] === code && before[3] === deliveryCount)
      runs[runs.length - 1] = [before[0], before[1] + count, code, deliveryCount];
    else runs.push([delta, count, code, deliveryCount]);
  }
  return runs;
}

/** The text that is stored beside the start offset. `fresh` until something was given back. */
export function encodeSharePartition(partition: SharePartition, fresh: boolean): string {
  const stored: StoredState = {
    version: VERSION,
    ...(fresh ? { fresh } : {}),
    batches: storedRuns(partition),
  };
  return JSON.stringify(stored);
}

/** The share partition of a stored text. Throws on an unknown version. */
export function decodeSharePartition(start: number, text: string): { partition: SharePartition; fresh: boolean } {
  const stored = JSON.parse(text) as StoredState;
  if (stored.version !== VERSION)
    throw new Error(`a share partition is stored in version ${stored.version}, this program knows ${VERSION}`);
  const batches: Batch[] = [];
  let next = start;
  for (const [delta, count, code, deliveryCount] of stored.batches) {
    const first = start + delta;
    if (first > next) batches.push(unreadBatch(next, first - 1));
    next = first + count;
    batches.push(batchOf(run(first, next - 1, stateOf(code), deliveryCount)));
  }
  const partition = advance({ ...newSharePartition(start), next, batches });
  return { partition, fresh: stored.fresh === true };
}
