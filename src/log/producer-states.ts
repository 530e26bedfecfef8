import { type BatchHeader, decodeRecords, type MarkerType, readMarker } from '../../protocol/records/index.ts';
import {
  afterBatch,
  afterMarker,
  duplicateOf,
  NO_EPOCH,
  NO_TRANSACTION,
  type ProducedBatch,
  type Producer,
} from './producer.ts';
import { NO_CODECS } from '../wal/no-codecs.ts';
import { type AppendOrigin, type KnownProducer, LogError } from './types.ts';

/** A transaction that was aborted. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** Offset of the marker. */
  readonly lastOffset: number;
}

const NO_SEQUENCE = -1;

/** Control batches are one small record without compression. */
const CONTROL_LIMIT = 1024;

/** The marker in a control batch; undefined for control records of other kinds. */
export function markerOf(batch: Uint8Array): { type: MarkerType; coordinatorEpoch: number } | undefined {
  let marker: ReturnType<typeof readMarker>;
  decodeRecords(batch, NO_CODECS, CONTROL_LIMIT, (record) => {
    marker = readMarker(record.key, record.value);
    return false;
  });
  return marker;
}

/** A batch that passed the checks and is about to be appended. */
interface Change {
  readonly producer: Producer;
  readonly ended: { readonly firstOffset: number; readonly lastOffset: number; readonly aborted: boolean } | undefined;
}

/**
 * The producers of one partition and the transactions that touch it: idempotence, the last stable offset, aborted ranges. A state
 * machine over the batches of the log, in offset order.
 */
export class ProducerStates {
  readonly #producers = new Map<number, Producer>();
  /** First offsets of open transactions, by producer. */
  readonly #open = new Map<number, number>();
  /** Ended transactions whose marker is not below the high watermark yet: they still hold back the last stable offset. */
  #ending: { readonly firstOffset: number; readonly lastOffset: number }[] = [];
  #aborted: AbortedTransaction[] = [];
  #changed: Change | undefined;

  /** The earlier append that `header` repeats, if it does. */
  duplicate(header: BatchHeader): ProducedBatch | undefined {
    return header.producerId < 0 ? undefined : duplicateOf(this.#producers.get(header.producerId), header);
  }

  /**
   * Checks the batch that would get `baseOffset`, without effect until `commit`. Throws LogError. `batch` is the whole batch.
   */
  prepare(batch: Uint8Array, header: BatchHeader, baseOffset: number, now: number, origin: AppendOrigin): void {
    this.#changed = undefined;
    if (header.producerId < 0) {
      if (header.isTransactional) throw new LogError('INVALID_RECORD', 'a transactional batch needs a producer id');
      return;
    }
    const known = this.#producers.get(header.producerId);
    if (!header.isControl) {
      this.#changed = { producer: afterBatch(known, header, baseOffset, now, origin), ended: undefined };
      return;
    }
    const marker = markerOf(batch);
    if (marker === undefined) return;
    const producer = afterMarker(known, header, marker.coordinatorEpoch, now);
    const firstOffset = known?.transactionStart ?? NO_TRANSACTION;
    const ended =
      firstOffset === NO_TRANSACTION
        ? undefined
        : { firstOffset, lastOffset: baseOffset, aborted: marker.type === 'abort' };
    this.#changed = { producer, ended };
  }

  /** Takes over what `prepare` found. */
  commit(): void {
    const changed = this.#changed;
    if (changed === undefined) return;
    this.#changed = undefined;
    const { producer, ended } = changed;
    this.#enter(producer);
    if (ended === undefined) return;
    const { firstOffset, lastOffset, aborted } = ended;
    this.#ending.push({ firstOffset, lastOffset });
    if (aborted) this.#aborted.push({ producerId: producer.id, firstOffset, lastOffset });
  }

  #enter(producer: Producer): void {
    this.#producers.set(producer.id, producer);
    if (producer.transactionStart === NO_TRANSACTION) this.#open.delete(producer.id);
    else this.#open.set(producer.id, producer.transactionStart);
  }

  /** Recovery: takes over a batch that was appended once; what is missing before it is no reason to doubt it. */
  replay(batch: Uint8Array, header: BatchHeader, now: number): void {
    try {
      this.prepare(batch, header, header.baseOffset, now, 'coordinator');
      this.commit();
    } catch (error) {
      // An older epoch than a state which already holds this batch.
      if (!(error instanceof LogError)) throw error;
    }
  }

  /** The high watermark rose. */
  advance(highWatermark: number): void {
    if (this.#ending.length > 0) this.#ending = this.#ending.filter((one) => one.lastOffset >= highWatermark);
  }

  /** The first offset of a transaction that is open, or whose end is not below the high watermark; undefined when there is none. */
  get firstUnstable(): number | undefined {
    let first: number | undefined;
    for (const one of this.#ending) first = Math.min(first ?? one.firstOffset, one.firstOffset);
    for (const offset of this.#open.values()) first = Math.min(first ?? offset, offset);
    return first;
  }

  /** True when the producer's transaction is open here, begun with an epoch below the given one. */
  isOpenBelow(producerId: number, epoch: number): boolean {
    return this.#open.has(producerId) && (this.#producers.get(producerId)?.epoch ?? NO_EPOCH) < epoch;
  }

  /** True when the producer's transaction is open here, begun with just this epoch. */
  isOpenAt(producerId: number, epoch: number): boolean {
    return this.#open.has(producerId) && this.#producers.get(producerId)?.epoch === epoch;
  }

  /** The producers whose transaction is open here. */
  get open(): readonly { readonly producerId: number; readonly producerEpoch: number }[] {
    return [...this.#open.keys()].map((producerId) => ({
      producerId,
      producerEpoch: this.#producers.get(producerId)?.epoch ?? NO_EPOCH,
    }));
  }

  /** Everybody that is remembered. */
  get known(): KnownProducer[] {
    return [...this.#producers.values()].map((producer) => ({
      producerId: producer.id,
      producerEpoch: producer.epoch,
      lastSequence: producer.batches.at(-1)?.lastSequence ?? NO_SEQUENCE,
      lastTimestamp: producer.lastUsed,
      coordinatorEpoch: producer.coordinatorEpoch,
      transactionStart: producer.transactionStart,
    }));
  }

  /** Aborted transactions by their markers. Those that are forgotten later stay in what was given before. */
  get aborted(): readonly AbortedTransaction[] {
    return this.#aborted;
  }

  /** Aborted transactions that touch the offsets [from, to), of all or of what `aborted` gave. */
  abortedIn(from: number, to: number, among: readonly AbortedTransaction[] = this.#aborted): AbortedTransaction[] {
    // They are in the order of their markers, and most readers are near the end.
    let [low, high] = [0, among.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((among[middle]?.lastOffset ?? 0) < from) low = middle + 1;
      else high = middle;
    }
    return among.slice(low).filter((one) => one.firstOffset < to);
  }

  /** Nothing is left in the log of the aborted transactions that end at these offsets, but for their markers. */
  forgetAborted(markers: readonly number[]): void {
    const gone = new Set(markers);
    if (gone.size > 0) this.#aborted = this.#aborted.filter((one) => !gone.has(one.lastOffset));
  }

  /** Forgets producers that were idle for `expirationMs`, unless they have an open transaction; and aborted ones below `logStart`. */
  expire(now: number, expirationMs: number, logStart: number): void {
    for (const producer of this.#producers.values())
      if (producer.transactionStart === NO_TRANSACTION && now - producer.lastUsed >= expirationMs)
        this.#producers.delete(producer.id);
    if (this.#aborted.length > 0) this.#aborted = this.#aborted.filter((one) => one.lastOffset >= logStart);
  }

  /** Everything, for a snapshot. */
  get all(): { readonly producers: readonly Producer[]; readonly aborted: readonly AbortedTransaction[] } {
    return { producers: [...this.#producers.values()], aborted: this.#aborted };
  }

  /** Replaces everything by a snapshot's content. */
  restore(producers: readonly Producer[], aborted: readonly AbortedTransaction[]): void {
    this.#producers.clear();
    this.#open.clear();
    for (const producer of producers) this.#enter(producer);
    this.#aborted = [...aborted];
    this.#ending = [];
  }
}
