import { AggregatorRegistry } from 'prom-client';

const sumOf = (snapshots: readonly object[][]): Promise<object[]> =>
  AggregatorRegistry.aggregate(snapshots as object[]).getMetricsAsJSON() as Promise<object[]>;

/**
 * Keeps what threads counted that have ended. A counter that falls because a thread is gone looks like one that began anew, and its rate
 * like a burst. Values of gauges go with their thread.
 */
export class RetiredMetrics {
  #kept: Promise<object[]> = Promise.resolve([]);

  /** Takes over the last snapshot of a thread; resolves when it is part of `with`. */
  async retire(last: Promise<object[]>): Promise<void> {
    const before = this.#kept;
    this.#kept = (async () => {
      const counters = (await last).filter((metric) => (metric as { readonly type: string }).type !== 'gauge');
      return sumOf([await before, counters]);
    })();
    await this.#kept;
  }

  /** A snapshot of the thread that runs, and what earlier ones have counted, as one. */
  async with(current: object[]): Promise<object[]> {
    const kept = await this.#kept;
    return kept.length === 0 ? current : sumOf([kept, current]);
  }
}
