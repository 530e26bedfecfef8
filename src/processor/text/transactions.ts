import type { BatchHeader } from '../../../protocol/records/index.ts';
import { type AbortedRange, isAborted } from '../../log/committed-read.ts';
import type { OffsetRange } from './types.ts';

/** A batch that waits until it is known whether its records exist. */
export interface HeldBatch {
  /** The caller's own memory. */
  readonly bytes: Uint8Array;
  readonly header: BatchHeader;
  /** The first offset that is to be indexed: a batch may reach back over what is. */
  readonly from: number;
  readonly walSegment: number;
  /** Monotonic time at which it was read. */
  readonly since: number;
}

/** A batch whose records may be indexed, or are known never to be seen. */
export interface ReleasedBatch extends HeldBatch {
  readonly aborted: boolean;
}

/**
 * The open transactions of one partition, as they show in its batches (KIP-98). Batches from the first offset of an open transaction on are held
 * until that is the last stable offset: an index takes records in offset order, and none of them can be seen before. A state machine over
 * the batches of the WAL.
 */
export class TextTransactions {
  /** First offsets of open transactions, by producer. */
  readonly #open = new Map<number, number>();
  #aborted: AbortedRange[] = [];
  #held: HeldBatch[] = [];
  #bytes = 0;

  /** Bytes of the batches held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What is held; undefined when nothing is. */
  get range(): OffsetRange | undefined {
    const first = this.#held[0];
    return first && { from: first.from, to: (this.#held.at(-1) ?? first).header.lastOffset + 1 };
  }

  /** Monotonic time since when something is held; infinite when nothing is. */
  get since(): number {
    return this.#held[0]?.since ?? Number.POSITIVE_INFINITY;
  }

  /** The oldest WAL segment of which something is held; infinite when nothing is. */
  get oldestWalSegment(): number {
    return this.#held[0]?.walSegment ?? Number.POSITIVE_INFINITY;
  }

  /** Whether a batch has to be given to `add`; others change nothing and can be indexed as they are. */
  concerns({ isTransactional, isControl }: BatchHeader): boolean {
    return this.#held.length > 0 || isTransactional || isControl;
  }

  /** Takes the next batch; gives what can be indexed now, in offset order. `abort` says that it is the marker of an aborted transaction. */
  add(batch: HeldBatch, abort: boolean): ReleasedBatch[] {
    const { header } = batch;
    if (header.isControl) this.#end(header, abort);
    else if (header.isTransactional && !this.#open.has(header.producerId))
      this.#open.set(header.producerId, header.baseOffset);
    this.#held.push(batch);
    this.#bytes += batch.bytes.length;
    return this.#release();
  }

  #end({ producerId, baseOffset }: BatchHeader, abort: boolean): void {
    const firstOffset = this.#open.get(producerId);
    this.#open.delete(producerId);
    if (firstOffset !== undefined && abort) this.#aborted.push({ producerId, firstOffset, lastOffset: baseOffset });
  }

  #release(): ReleasedBatch[] {
    let stable = Number.POSITIVE_INFINITY;
    for (const first of this.#open.values()) stable = Math.min(stable, first);
    let count = 0;
    while (count < this.#held.length && this.#held[count]!.header.baseOffset < stable) count++;
    const released = this.#held
      .splice(0, count)
      .map((batch) => ({ ...batch, aborted: isAborted(batch.header, this.#aborted) }));
    for (const { bytes } of released) this.#bytes -= bytes.length;
    this.#aborted = this.#aborted.filter(
      ({ lastOffset }) => lastOffset >= (this.#held[0]?.header.baseOffset ?? stable),
    );
    return released;
  }

  /**
   * Lets go of everything; gives the offsets that then have to be indexed from the log. What comes later of an open transaction counts as a
   * new one, which ends at the same marker.
   */
  clear(): OffsetRange | undefined {
    const { range } = this;
    this.#open.clear();
    this.#aborted = [];
    this.#held = [];
    this.#bytes = 0;
    return range;
  }
}
