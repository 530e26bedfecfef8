/** How a rate is measured: over `samples` windows of `windowMs` each, the last of which is still going on. */
export interface RateWindows {
  readonly samples: number;
  readonly windowMs: number;
}

interface Sample {
  started: number;
  last: number;
  sum: number;
}

/**
 * A rate per second as Kafka measures it: sums over short windows. Time that has not been lived through yet counts as if nothing
 * had come, so that a burst after silence is spread over all windows. Times are milliseconds that never go back.
 */
export class SampledRate {
  readonly #windows: RateWindows;
  readonly #samples: Sample[] = [];
  #current = 0;

  constructor(windows: RateWindows) {
    this.#windows = windows;
  }

  /** Adds to the rate; a negative value takes back. */
  record(value: number, now: number): void {
    const sample = this.#sampleAt(now);
    sample.sum += value;
    sample.last = now;
  }

  /** How long to wait until the rate is down to `limit` if nothing more comes; 0 while it is not above. */
  delayMs(limit: number, now: number): number {
    const { rate, windowMs } = this.measure(now);
    return rate > limit ? Math.round(((rate - limit) / limit) * windowMs) : 0;
  }

  /** Whether it is as a new one: nothing came while it looked. */
  isEmpty(now: number): boolean {
    const { samples, windowMs } = this.#windows;
    return this.#samples.every(({ sum, last }) => sum === 0 || now - last >= samples * windowMs);
  }

  /** The rate per second, and the time over which it is one. */
  measure(now: number): { readonly rate: number; readonly windowMs: number } {
    this.#forget(now);
    const { samples, windowMs } = this.#windows;
    const oldest = this.#samples.reduce((least, { started }) => Math.min(least, started), now);
    const lived = now - oldest;
    const missing = Math.max(0, samples - 1 - Math.floor(lived / windowMs));
    const total = Math.max(1, lived + missing * windowMs);
    const sum = this.#samples.reduce((all, sample) => all + sample.sum, 0);
    return { rate: (sum * 1000) / total, windowMs: total };
  }

  #sampleAt(now: number): Sample {
    const current = this.#samples[this.#current];
    if (current === undefined) return this.#begin(0, now);
    if (now - current.started < this.#windows.windowMs) return current;
    // One more than there are windows: the oldest may reach into the time that is looked at.
    this.#current = (this.#current + 1) % (this.#windows.samples + 1);
    return this.#begin(this.#current, now);
  }

  #begin(index: number, now: number): Sample {
    const sample = { started: now, last: now, sum: 0 };
    this.#samples[index] = sample;
    return sample;
  }

  #forget(now: number): void {
    const { samples, windowMs } = this.#windows;
    for (const [index, { last }] of this.#samples.entries()) {
      if (now - last >= samples * windowMs) this.#begin(index, now);
    }
  }
}
