import type { Clock, Timer } from '../base/clock.ts';
import { lastOffsetOf } from './batch-fields.ts';
import { type BatchRead, type BatchSources, readStored } from './batch-reader.ts';
import type { ReadLeases } from './read-leases.ts';
import type { Isolation, ReadLease } from './types.ts';

/** Bytes read ahead and not asked for yet, of all readers together. When they are used up nothing more is read ahead; what is held is not given up for it. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Most bytes read ahead for one reader; Kafka's default of `max.partition.fetch.bytes`. */
const MAX_PIECE = 1024 * 1024;
/** Readers that are remembered. */
const MAX_READERS = 256;
/** What nobody has asked for after so long is given up: its reader has stopped, or gone elsewhere. */
const HELD_MS = 2000;

/** What is read from one offset on. */
interface Ahead {
  readonly done: Promise<void>;
  /** Set when it is read. */
  batches: readonly Uint8Array[] | undefined;
  /** Memory of the batches. */
  readonly pieces: Uint8Array[];
  /** Counted against `MAX_BYTES`. */
  bytes: number;
}

/** Where a reader is expected to go on. */
interface Expected {
  readonly sources: BatchSources;
  readonly since: number;
  readonly ahead: Ahead | undefined;
}

/**
 * Reads from disk or packs what a sequential reader will ask for next, while its client takes what it was given: reading, checking and sending then
 * go on at once. A reader is sequential when it goes on where an earlier read has ended. What is held was checked and ends below what was readable then, so
 * that it is what a read now would give.
 */
export class ReadAhead {
  readonly #clock: Clock;
  readonly #leases: ReadLeases;
  /** By partition, isolation and offset; the oldest first. */
  readonly #expected = new Map<string, Expected>();
  readonly #running = new Set<Promise<void>>();
  #bytes = 0;
  #expiry: Timer | undefined;
  #closed = false;

  constructor(clock: Clock, leases: ReadLeases) {
    this.#clock = clock;
    this.#leases = leases;
  }

  /** Bytes held or being read. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Batches that are not in the tail, as `readStored` gives them; at once when they are here already. They are held by `lease`. */
  read(
    sources: BatchSources,
    read: BatchRead,
    isolation: Isolation,
    lease: ReadLease,
  ): readonly Uint8Array[] | Promise<readonly Uint8Array[]> {
    const key = keyOf(sources, isolation, read.offset);
    const expected = this.#expected.get(key);
    const first = expected?.ahead?.batches?.[0]?.length ?? 0;
    // Too little room this time: what is held waits for the next.
    if (first > read.maxBytes && !read.atLeastOne) return [];
    this.#expected.delete(key);
    const goOn = (batches: readonly Uint8Array[]): readonly Uint8Array[] => {
      const last = batches.at(-1);
      if (last !== undefined)
        this.#expect(sources, { ...read, offset: lastOffsetOf(last) + 1 }, isolation, expected !== undefined);
      return batches;
    };
    const ahead = expected?.ahead;
    const stored = (): Promise<readonly Uint8Array[]> => readStored(sources, read).then(goOn);
    if (ahead === undefined) return stored();
    const given = (): readonly Uint8Array[] | undefined => this.#give(ahead, read, lease);
    const held = given();
    if (held !== undefined) return goOn(held);
    return ahead.done.then(() => {
      const batches = given();
      return batches === undefined ? stored() : goOn(batches);
    });
  }

  /** What was read ahead, as much as is wanted; undefined when there is nothing (yet), or the reader must be told why. */
  #give(ahead: Ahead, { maxBytes, atLeastOne }: BatchRead, lease: ReadLease): readonly Uint8Array[] | undefined {
    const { batches } = ahead;
    if (batches === undefined || batches.length === 0) return undefined;
    this.#release(ahead);
    lease.hold(ahead.pieces);
    let bytes = 0;
    const end = batches.findIndex((batch) => (bytes += batch.length) > maxBytes);
    return end < 0 ? batches : batches.slice(0, end === 0 && atLeastOne ? 1 : end);
  }

  /** Notes that the reader may go on with `next`, and begins with it when it has gone on before. */
  #expect(sources: BatchSources, next: BatchRead, isolation: Isolation, sequential: boolean): void {
    const { offset, below, maxBytes } = next;
    if (this.#closed || offset >= below || sources.tail.holds(offset)) return;
    const size = Math.min(maxBytes, MAX_PIECE);
    const ahead = sequential && this.#bytes + size <= MAX_BYTES ? this.#begin(sources, next, size) : undefined;
    const key = keyOf(sources, isolation, offset);
    this.#drop(key);
    this.#expected.set(key, { sources, since: this.#clock.monotonic(), ahead });
    for (const [oldest] of this.#expected) {
      if (this.#expected.size <= MAX_READERS) break;
      this.#drop(oldest);
    }
    if (ahead !== undefined) this.#watch();
  }

  #begin(sources: BatchSources, { offset, below }: BatchRead, size: number): Ahead {
    const pieces: Uint8Array[] = [];
    const take = (length: number): Uint8Array => {
      const piece = this.#leases.take(length);
      pieces.push(piece);
      return piece;
    };
    // Not one batch at least: how large that is is not known.
    const reading = readStored(sources, { offset, below, maxBytes: size, atLeastOne: false, take });
    const done: Promise<void> = reading.then(
      (batches) => this.#read(ahead, batches),
      // The reader meets the error by itself, should it come.
      () => this.#read(ahead, []),
    );
    const ahead: Ahead = { done, batches: undefined, pieces, bytes: size };
    this.#bytes += size;
    this.#running.add(done);
    void done.then(() => this.#running.delete(done));
    return ahead;
  }

  #read(ahead: Ahead, batches: readonly Uint8Array[]): void {
    ahead.batches = batches;
    if (ahead.bytes > 0 && batches.length > 0) return;
    // Given up meanwhile, or of no use.
    this.#release(ahead);
    this.#giveBack(ahead);
  }

  #release(ahead: Ahead): void {
    this.#bytes -= ahead.bytes;
    ahead.bytes = 0;
  }

  #giveBack({ pieces }: Ahead): void {
    for (const piece of pieces.splice(0)) this.#leases.giveBack(piece);
  }

  /** Gives up what is read from there; memory that is still being filled follows when it is. */
  #drop(key: string): void {
    const ahead = this.#expected.get(key)?.ahead;
    this.#expected.delete(key);
    if (ahead === undefined) return;
    this.#release(ahead);
    if (ahead.batches !== undefined) this.#giveBack(ahead);
  }

  /** Other batches have taken the place of those of a partition: nothing that was read of it is given out any more. */
  forget(sources: BatchSources): void {
    for (const [key, expected] of this.#expected) if (expected.sources === sources) this.#drop(key);
  }

  #watch(): void {
    this.#expiry ??= this.#clock.after(HELD_MS, () => {
      this.#expiry = undefined;
      const before = this.#clock.monotonic() - HELD_MS;
      for (const [key, { since }] of this.#expected) if (since <= before) this.#drop(key);
      if (this.#expected.size > 0) this.#watch();
    });
  }

  /** Resolves when nothing is read any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#expiry?.cancel();
    await Promise.all(this.#running);
  }
}

function keyOf({ topicId, partition }: BatchSources, isolation: Isolation, offset: number): string {
  return `${topicId}/${partition}/${isolation}/${offset}`;
}
