import { below, type Random } from '../src/base/random.ts';
import type { ManualClock } from './groups-clock.ts';

export interface NetworkFaults {
  /** Chance that a request, and again its answer, is lost. */
  lose: number;
  /** Chance that a request arrives when its client has given it up. */
  late: number;
  /** Longest way of a message, ms. */
  delayMs: number;
}

/** What happens to a request that comes late. */
export interface Lateness<Life> {
  /** When at the latest, ms. */
  readonly withinMs: number;
  /** `life` is the one that there was when the request was sent. */
  arrive(life: Life): void;
}

/** The way between clients and a broker that may be away: messages take time, are lost, or come when nobody waits for the answer any more. */
export class Network<Faults extends NetworkFaults = NetworkFaults> {
  readonly clock: ManualClock;
  readonly random: Random;
  readonly faults: Faults;

  constructor(clock: ManualClock, random: Random, faults: Faults) {
    this.clock = clock;
    this.random = random;
    this.faults = faults;
  }

  chance(probability: number): boolean {
    return this.random.float() < probability;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.after(ms, resolve));
  }

  /** Sends a request to the life that the broker has when it arrives. Undefined: no answer came, and nobody knows what was done. */
  protected async transmit<Life extends { readonly ended: Promise<void> }, Answer>(
    living: () => Life | undefined,
    ask: (life: Life) => Promise<Answer>,
    timeoutMs: number,
    late: Lateness<Life> | undefined,
  ): Promise<Answer | undefined> {
    await this.sleep(below(this.random, this.faults.delayMs));
    const life = living();
    if (life === undefined || this.chance(this.faults.lose)) {
      await this.sleep(100);
      return undefined;
    }
    if (late !== undefined && this.chance(this.faults.late)) {
      this.clock.after(below(this.random, late.withinMs), () => late.arrive(life));
      await this.sleep(timeoutMs);
      return undefined;
    }
    const gone = Promise.race([life.ended, this.sleep(timeoutMs)]).then(() => undefined);
    const answer = await Promise.race([ask(life), gone]);
    await this.sleep(below(this.random, this.faults.delayMs));
    return this.chance(this.faults.lose) ? undefined : answer;
  }
}
