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

/** The text that is stored beside the start offset. */
export function encodeSharePartition(partition: SharePartition): string {
  const { start } = partition;
  const batches: StoredRun[] = [];
  for (const whole of runsOf(partition)) {
    if (whole.last < start) continue;
    const { first, last, state, deliveryCount } = settled(whole, start);
    if (state === 'acquired' || (state === 'available' && deliveryCount === 0)) continue;
    const before = batches.at(-1);
    const code = STATE_CODES[state];
    if (
      before !== undefined &&
      before[0] + before[1] === first - start &&
      before[2] === code &&
      before[3] === deliveryCount
    )
      batches[batches.length - 1] = [before[0], before[1] + last - first + 1, code, deliveryCount];
    else batches.push([first - start, last - first + 1, code, deliveryCount]);
  }
  return JSON.stringify({ version: VERSION, batches } satisfies StoredState);
}

/** The share partition of a stored text. Throws on an unknown version. */
export function decodeSharePartition(start: number, text: string): SharePartition {
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
  return advance({ ...newSharePartition(start), next, batches });
}
