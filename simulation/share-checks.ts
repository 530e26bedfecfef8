import { Violation } from './groups-checks.ts';
import type { AcquiredRange } from '../src/coordination/share/types.ts';

/** What is known of one record from what members were told. */
interface Record {
  /** Who surely holds it, and until when; undefined when nobody does for sure. */
  holder: { readonly memberId: string; readonly until: number } | undefined;
  /** How often it was handed out, as the last member was told. */
  deliveries: number;
  /** The least that the next member may be told, less one: deliveries that were given back for good. */
  returned: number;
  /** The broker crashed since it was handed out last. */
  crashed: boolean;
  /** Finished for good: an acknowledgement was answered. */
  finished: boolean;
  /** Perhaps finished: an acknowledgement got no answer, or a failure. */
  doubtful: boolean;
  /** Acknowledgements that were asked for. */
  asks: number;
}

/**
 * The invariants of a share partition, judged by what members are told alone:
 * S1, what is acknowledged is never handed out again; S2, nobody gets what another one holds; S3, delivery counts go up one by one, and
 * never above the limit; S4, who holds a record may acknowledge it, and nobody else; S5, every record is finished in the end, and none without
 * having been handed out; S6, nothing is handed out that the log does not have.
 */
export class ShareChecks {
  readonly #records: Record[] = [];
  readonly #maxDeliveries: number;
  #logStart = 0;
  /** Answers that were judged; a run that judges nothing proves nothing. */
  judged = 0;

  constructor(maxDeliveries: number) {
    this.#maxDeliveries = maxDeliveries;
  }

  produced(count: number): void {
    for (let i = 0; i < count; i++)
      this.#records.push({
        holder: undefined,
        deliveries: 0,
        returned: 0,
        crashed: false,
        finished: false,
        doubtful: false,
        asks: 0,
      });
  }

  get end(): number {
    return this.#records.length;
  }

  lost(logStart: number): void {
    this.#logStart = Math.max(this.#logStart, logStart);
  }

  delivered(memberId: string, { first, last, deliveryCount }: AcquiredRange, now: number, lockMs: number): void {
    this.judged++;
    for (let offset = first; offset <= last; offset++) {
      const record = this.#records[offset];
      const told = `${offset} to ${memberId}, delivery ${deliveryCount}`;
      if (record === undefined || offset < this.#logStart) throw new Violation(`S6: the log has not ${told}`);
      if (record.finished) throw new Violation(`S1: acknowledged before: ${told}`);
      const { holder } = record;
      if (holder !== undefined && now < holder.until) throw new Violation(`S2: ${holder.memberId} holds ${told}`);
      const least = record.crashed ? record.returned + 1 : record.deliveries + 1;
      if (deliveryCount < least || deliveryCount > record.deliveries + 1 || deliveryCount > this.#maxDeliveries)
        throw new Violation(`S3: wrong count: ${told} after ${record.deliveries}, ${record.returned} given back`);
      record.holder = { memberId, until: now + lockMs };
      record.deliveries = deliveryCount;
      record.crashed = false;
    }
  }

  /** True when the member holds all of the range for sure until after `now`. */
  holds(memberId: string, first: number, last: number, now: number): boolean {
    for (let offset = first; offset <= last; offset++) {
      const holder = this.#records[offset]?.holder;
      if (holder?.memberId !== memberId || holder.until <= now) return false;
    }
    return true;
  }

  /** An acknowledgement is on its way: whether its member holds the records any more is not sure. */
  asked(memberId: string, first: number, last: number, finishes: boolean): void {
    for (let offset = first; offset <= last; offset++) {
      const record = this.#records[offset]!;
      record.asks++;
      if (record.holder?.memberId !== memberId) continue;
      record.holder = undefined;
      if (finishes) record.doubtful = true;
    }
  }

  /** How often the records of the range were to be acknowledged. */
  asks(first: number, last: number): number {
    let sum = 0;
    for (let offset = first; offset <= last; offset++) sum += this.#records[offset]!.asks;
    return sum;
  }

  /** The answer to an acknowledgement of a range that its member held (or did not) from before it asked until now. */
  answered(
    memberId: string,
    { first, last, type }: { first: number; last: number; type: 'finish' | 'release' | 'renew' },
    held: boolean,
    outcome: { ok: boolean; refused: boolean; until: number },
  ): void {
    this.judged++;
    if (held && outcome.refused) throw new Violation(`S4: ${memberId} holds ${first}..${last} and was refused`);
    for (let offset = Math.max(first, this.#logStart); offset <= last; offset++) {
      const record = this.#records[offset]!;
      const { holder } = record;
      if (outcome.ok && holder !== undefined && holder.memberId !== memberId && outcome.until - 1 < holder.until)
        throw new Violation(`S4: ${memberId} acknowledged ${offset} of ${holder.memberId}`);
      if (!outcome.ok) continue;
      if (type === 'finish') record.finished = true;
      if (type === 'release') record.returned = Math.max(record.returned, record.deliveries);
    }
  }

  /** A renewal was answered: the lock lasts at least until then. */
  renewed(memberId: string, first: number, last: number, until: number): void {
    for (let offset = first; offset <= last; offset++) this.#records[offset]!.holder = { memberId, until };
  }

  /** Nobody holds anything: the broker crashed, or a member's session ended. */
  forget(memberId?: string): void {
    for (const record of this.#records) {
      if (memberId === undefined) record.crashed = true;
      if (memberId === undefined || record.holder?.memberId === memberId) record.holder = undefined;
    }
  }

  /** At the end, when members acknowledged everything that they got: where the share partition says that it is. */
  ended(start: number): void {
    if (start !== this.end) throw new Violation(`S5: the start is ${start}, the end ${this.end}`);
    for (const [offset, { finished, doubtful, deliveries }] of this.#records.entries()) {
      const excused = finished || doubtful || offset < this.#logStart || deliveries >= this.#maxDeliveries;
      if (!excused) throw new Violation(`S5: ${offset} is gone after ${deliveries} deliveries`);
    }
  }
}
