import type { AcquiredRange, Batch, Run } from './types.ts';

interface Range {
  readonly first: number;
  readonly last: number;
}

/** Fewest deliveries after which records are no longer handed out with others, whatever the limit of deliveries. */
const LEAST_BEFORE_THROTTLING = 2;

/** Deliveries from which on a batch is handed out in ever smaller parts (KIP-1191): half of the limit. */
function throttledFrom(maxDeliveries: number): number {
  return Math.max(LEAST_BEFORE_THROTTLING, Math.ceil(maxDeliveries / 2));
}

/** The parts of runs within the range that can be handed out. */
function* availableIn(batch: Batch, { first, last }: Range): IterableIterator<Run> {
  for (const run of batch.runs) {
    if (run.state !== 'available' || run.last < first || run.first > last) continue;
    yield { ...run, first: Math.max(run.first, first), last: Math.min(run.last, last) };
  }
}

/** True when something in the range has failed so often that it must not go out together with other batches. */
export function mustThrottle(batch: Batch, wanted: Range, maxDeliveries: number): boolean {
  const from = throttledFrom(maxDeliveries);
  for (const { deliveryCount } of availableIn(batch, wanted)) if (deliveryCount >= from) return true;
  return false;
}

/**
 * What of a batch is handed out again, at most `limit` records. From half of the allowed deliveries on it is a half, a quarter … of the
 * batch, and on the last delivery a single record, so that one record that kills its consumers takes no other one with it (KIP-1191).
 */
export function acquireSubset(batch: Batch, wanted: Range, limit: number, maxDeliveries: number): AcquiredRange[] {
  const ranges: AcquiredRange[] = [];
  const isolates = maxDeliveries > LEAST_BEFORE_THROTTLING;
  let most = limit;
  let throttled = false;
  let count = 0;
  for (const { first, last, deliveryCount } of availableIn(batch, wanted)) {
    const isLast = isolates && deliveryCount === maxDeliveries - 1;
    if (count >= most || (isLast && count > 0)) break;
    const overThreshold = deliveryCount - throttledFrom(maxDeliveries);
    if (overThreshold >= 0 && !throttled) {
      throttled = true;
      // Counted in all offsets of the batch, and never less than what is handed out already plus one.
      most = Math.min(most, Math.max(1, Math.floor((batch.last - batch.first + 1) / 2 ** (overThreshold + 1))));
      if (count >= most) most = Math.min(limit, count + 1);
    }
    const size = isLast ? 1 : Math.min(last - first + 1, most - count);
    ranges.push({ first, last: first + size - 1, deliveryCount: deliveryCount + 1 });
    count += size;
    if (isLast) break;
  }
  return ranges;
}
