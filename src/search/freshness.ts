import { type Clock, sleep } from '../base/clock.ts';
import type { TextSearcher, VisibleRange } from '../fulltext/query.ts';

const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 20;
/** Right after a start the index may still be opened: that is no lag. */
const START_PATIENCE_MS = 10_000;

/**
 * Waits until the indexes hold every record of `ranges`, at most `maxWaitMs`. Resolves with the ranges that are not reached by then:
 * a search over them gives a lower bound.
 */
export async function waitUntilIndexed(
  searcher: TextSearcher,
  ranges: readonly VisibleRange[],
  clock: Clock,
  maxWaitMs: number,
  signal?: AbortSignal,
): Promise<readonly VisibleRange[]> {
  const patience = new AbortController();
  await Promise.race([searcher.ready(), sleep(clock, START_PATIENCE_MS, patience.signal)]);
  patience.abort();
  const lags = ({ topicId, partition, to }: VisibleRange): boolean => searcher.indexedUpTo(topicId, partition) < to;
  const deadline = clock.monotonic() + maxWaitMs;
  let lagging = ranges.filter(lags);
  let pause = FIRST_PAUSE_MS;
  while (lagging.length > 0) {
    const left = deadline - clock.monotonic();
    if (left <= 0 || !(await sleep(clock, Math.min(pause, left), signal))) return lagging;
    pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS);
    lagging = lagging.filter(lags);
  }
  return lagging;
}
