import type { Clock } from '../../base/clock.ts';
import type { HistogramHandle, Metrics } from '../../base/metrics.ts';
import type { QuotaName } from './entity.ts';
import type { Limit, QuotaLimits } from './limits.ts';
import { Meters } from './meters.ts';
import { type RateWindows, SampledRate } from './sampled-rate.ts';
import { TokenBucket } from './token-bucket.ts';

/** Whose quota it is: the principal of the connection in Kafka's text form, and the client id of the request. */
export interface QuotaSubject {
  readonly principal: string;
  readonly clientId: string | null;
}

/** The windows over which rates are measured: `quota.window.*`, and for mutations `controller.quota.window.*`. */
export interface QuotaSettings {
  readonly client: RateWindows;
  readonly controller: RateWindows;
}

/** What one request may change in the cluster (KIP-599), counted in partitions. */
export interface Mutations {
  /** Counts partitions that are to be created or deleted; false when they may not be. */
  take(partitions: number): boolean;
  /** How long the client has to wait from now on. */
  readonly throttleMs: number;
}

const FREE = { throttleMs: 0, refused: false };

const UNLIMITED: Mutations = { take: () => true, throttleMs: 0 };

/** As much as the field of an answer can say. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/** Share of a second in percent that a millisecond is. */
const PERCENT_PER_MS = 0.1;

/**
 * Measures clients against their quotas, and says how long a client has to be quiet that is above: 0 for one that is not. Nothing is
 * measured while nobody has a quota of the kind.
 */
export class ClientQuotas {
  readonly #limits: QuotaLimits;
  readonly #settings: QuotaSettings;
  readonly #clock: Clock;
  readonly #rates = new Map<QuotaName, Meters<SampledRate>>();
  readonly #buckets: Meters<TokenBucket>;
  readonly #waits = new Map<QuotaName, HistogramHandle>();
  readonly #metrics: Metrics;

  constructor(limits: QuotaLimits, settings: QuotaSettings, clock: Clock, metrics: Metrics) {
    const { samples, windowMs } = settings.controller;
    const burstSeconds = (samples * windowMs) / 1000;
    this.#limits = limits;
    this.#settings = settings;
    this.#clock = clock;
    this.#metrics = metrics;
    this.#buckets = new Meters(
      () => new TokenBucket(burstSeconds),
      (bucket, now) => bucket.isFull(now),
    );
  }

  /** Whether anybody has a quota of time: else it need not be measured. */
  get measuresTime(): boolean {
    return this.#limits.has('request_percentage');
  }

  /** Counts bytes of a Produce request. */
  produced(subject: QuotaSubject, bytes: number): number {
    return this.#throttled('producer_byte_rate', this.#record('producer_byte_rate', subject, bytes));
  }

  /** Bytes that one Fetch may bring: more would be above the quota even if nothing came before. */
  mostFetched(subject: QuotaSubject): number {
    const limit = this.#find('consumer_byte_rate', subject);
    if (limit === undefined) return Infinity;
    const { samples, windowMs } = this.#settings.client;
    return Math.max(1, Math.floor((limit.value * (samples - 1) * windowMs) / 1000));
  }

  /**
   * Counts bytes that a Fetch is to bring. One that has to wait brings nothing, so that its bytes do not count. A batch that is above the
   * quota all by itself is let through when nothing came before it, and waited for afterwards: else it would never come.
   */
  fetched(subject: QuotaSubject, bytes: number): { readonly throttleMs: number; readonly refused: boolean } {
    const limit = this.#find('consumer_byte_rate', subject);
    if (limit === undefined) return FREE;
    const now = this.#clock.monotonic();
    const rate = this.#rate('consumer_byte_rate', limit);
    const first = rate.measure(now).rate <= 0;
    rate.record(bytes, now);
    const throttleMs = rate.delayMs(limit.value, now);
    const refused = throttleMs > 0 && !first;
    if (refused) rate.record(-bytes, now);
    return { throttleMs: this.#throttled('consumer_byte_rate', throttleMs), refused };
  }

  /** Counts bytes of a ShareFetch. Its records are handed out by then, so that it cannot be refused any more. */
  handedOut(subject: QuotaSubject, bytes: number): number {
    return this.#throttled('consumer_byte_rate', this.#record('consumer_byte_rate', subject, bytes));
  }

  /** Counts time that a request kept the main thread busy. At most one window is to be waited for. */
  tookMs(subject: QuotaSubject, milliseconds: number): number {
    const delay = this.#record('request_percentage', subject, milliseconds * PERCENT_PER_MS);
    return this.#throttled('request_percentage', Math.min(delay, this.#settings.client.windowMs));
  }

  /** Counts a connection from an address. */
  connected(address: string): number {
    const limit = this.#limits.findAddress(address);
    if (limit === undefined) return 0;
    const delay = this.#recordOn('connection_creation_rate', limit, 1);
    // A connection that is refused does not count.
    if (delay > 0) this.#rate('connection_creation_rate', limit).record(-1, this.#clock.monotonic());
    return this.#throttled('connection_creation_rate', Math.min(delay, this.#settings.client.windowMs));
  }

  /** What a request may change. `strict` refuses when the quota is used up; else the client is only made to wait. */
  mutations(subject: QuotaSubject, strict: boolean): Mutations {
    const limit = this.#find('controller_mutation_rate', subject);
    if (limit === undefined) return UNLIMITED;
    const clock = this.#clock;
    const bucket = this.#buckets.of(limit.owner, clock.monotonic());
    const waits = (delay: number): number => this.#throttled('controller_mutation_rate', delay);
    let until = 0;
    return {
      take(partitions) {
        const now = clock.monotonic();
        const debt = strict ? bucket.delayMs(limit.value, now) : 0;
        if (debt === 0) bucket.take(partitions, limit.value, now);
        const delay = strict ? debt : bucket.delayMs(limit.value, now);
        if (delay > 0) until = now + waits(delay);
        return debt === 0;
      },
      get throttleMs() {
        return Math.max(0, Math.round(until - clock.monotonic()));
      },
    };
  }

  /** Counts a time that a client has to wait, if any, and gives it. */
  #throttled(quota: QuotaName, delayMs: number): number {
    if (delayMs === 0) return 0;
    const milliseconds = Math.min(delayMs, LONGEST_WAIT_MS);
    let histogram = this.#waits.get(quota);
    if (histogram === undefined) {
      const help = 'Time that clients were made to wait by their quotas.';
      histogram = this.#metrics.histogram('quarry_quota_throttle_seconds', help, { quota });
      this.#waits.set(quota, histogram);
    }
    histogram.observe(milliseconds / 1000);
    return milliseconds;
  }

  #find(name: QuotaName, { principal, clientId }: QuotaSubject): Limit | undefined {
    if (!this.#limits.has(name)) return undefined;
    return this.#limits.find(name, principal.slice(principal.indexOf(':') + 1), clientId ?? '');
  }

  #record(name: QuotaName, subject: QuotaSubject, value: number): number {
    const limit = this.#find(name, subject);
    return limit === undefined ? 0 : this.#recordOn(name, limit, value);
  }

  #recordOn(name: QuotaName, limit: Limit, value: number): number {
    const now = this.#clock.monotonic();
    const rate = this.#rate(name, limit);
    rate.record(value, now);
    return rate.delayMs(limit.value, now);
  }

  #rate(name: QuotaName, { owner }: Limit): SampledRate {
    const windows = this.#settings.client;
    let meters = this.#rates.get(name);
    if (meters === undefined) {
      meters = new Meters(
        () => new SampledRate(windows),
        (rate, now) => rate.isEmpty(now),
      );
      this.#rates.set(name, meters);
    }
    return meters.of(owner, this.#clock.monotonic());
  }
}
