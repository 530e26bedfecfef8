import { acknowledge, type Acknowledged } from '../../../../src/coordination/share/acknowledge.ts';
import { acquire, type AcquireRequest } from '../../../../src/coordination/share/acquire.ts';
import { runsOf } from '../../../../src/coordination/share/batches.ts';
import { newSharePartition, nextFetchOffset } from '../../../../src/coordination/share/progress.ts';
import { expireLocks, heldBy, releaseHeld } from '../../../../src/coordination/share/release.ts';
import type { AcknowledgeBatch, ShareLimits, SharePartition } from '../../../../src/coordination/share/types.ts';

export const LIMITS: ShareLimits = { maxInFlight: 2000, maxDeliveries: 5, lockMs: 1000, mayRenew: true };

/** A share partition over a log whose batches have `batchRecords` records each. */
export class Flight {
  partition: SharePartition;
  now = 0;
  readonly #limits: ShareLimits;
  readonly #end: number;
  readonly #batchRecords: number;

  constructor(records: number, batchRecords = 10, limits: Partial<ShareLimits> = {}, start = 0) {
    this.partition = newSharePartition(start);
    this.#end = records;
    this.#batchRecords = batchRecords;
    this.#limits = { ...LIMITS, ...limits };
  }

  get env() {
    return { now: this.now, limits: this.#limits };
  }

  /** Reads from the next fetch offset to the end and hands that to the member; as `first..last x deliveries`. */
  fetch(memberId: string, request: Partial<AcquireRequest> = {}): string {
    const fetchOffset = nextFetchOffset(this.partition);
    const size = this.#batchRecords;
    const read = [];
    for (let base = Math.floor(fetchOffset / size) * size; base < this.#end; base += size)
      read.push({ baseOffset: base, lastOffset: Math.min(base + size, this.#end) - 1 });
    if (read.length === 0) return '';
    const wanted = {
      memberId,
      follows: false,
      recordLimit: false,
      batchSize: 500,
      maxRecords: 500,
      fetchOffset,
      read,
      ...request,
    };
    const { partition, ranges } = acquire(this.partition, wanted, this.env);
    this.partition = partition;
    return ranges.map(({ first, last, deliveryCount }) => `${first}..${last}x${deliveryCount}`).join(' ');
  }

  /** The error, NONE when it was done. */
  ack(memberId: string, ...batches: AcknowledgeBatch[]): string {
    const done = acknowledge(this.partition, memberId, batches, this.env);
    if (done.error === 'NONE') this.partition = (done as Acknowledged).partition;
    return done.error;
  }

  release(memberId: string): void {
    this.partition = releaseHeld(this.partition, heldBy(this.partition, memberId), this.#limits.maxDeliveries);
  }

  /** Lets time pass. */
  advance(ms: number): void {
    this.now += ms;
    this.partition = expireLocks(this.partition, this.now, this.#limits.maxDeliveries);
  }

  /** The runs as text, from the start to the next offset. */
  text(): string {
    const runs = [...runsOf(this.partition)].map(
      ({ first, last, state, deliveryCount, owner }) =>
        `${first}..${last} ${state}${owner && `:${owner}`} x${deliveryCount}`,
    );
    return [`${this.partition.start}`, ...runs, `${this.partition.next}`].join(' | ');
  }
}

export const all = (first: number, last: number, type: number): AcknowledgeBatch => ({ first, last, types: [type] });
