import { type BatchHeader, readBatchHeader } from '../../protocol/records/header.ts';
import { crc32c } from '../base/crc32c.ts';
import { PackCorrupt } from './errors.ts';
import {
  type AbortedTransaction,
  INTERVAL_TARGET_BYTES,
  type Interval,
  type ProducerEntry,
  type Section,
  type SectionIndex,
} from './format.ts';

/** What names a section. */
export interface SectionName {
  /** 16 bytes. */
  readonly topicId: Uint8Array;
  readonly partition: number;
  readonly generation: number;
}

/** Sums up the batches of one section as they pass: its numbers and its sparse index. */
export class SectionBuilder {
  readonly #name: SectionName;
  readonly #position: number;
  readonly #intervals: Interval[] = [];
  readonly #producers = new Map<number, ProducerEntry>();
  #open: { baseOffset: number; position: number; maxTimestamp: number; crc: number; batches: number } | undefined;
  #length = 0;
  #records = 0;
  #baseOffset = -1;
  #lastOffset = -1;
  #minTimestamp = Number.POSITIVE_INFINITY;
  #maxTimestamp = -1;

  /** `position` is where the section begins in the object. */
  constructor(name: SectionName, position: number) {
    this.#name = name;
    this.#position = position;
  }

  /** Notes one whole batch. Throws PackCorrupt unless it is exactly one and its offsets come after those before. */
  add(batch: Uint8Array): void {
    const header = readBatchHeader(batch, 0);
    if (header.sizeInBytes !== batch.length) throw new PackCorrupt('a batch has another length than it says');
    if (header.baseOffset <= this.#lastOffset)
      throw new PackCorrupt(`the batch at offset ${header.baseOffset} comes after offset ${this.#lastOffset}`);
    if (this.#baseOffset < 0) this.#baseOffset = header.baseOffset;
    this.#lastOffset = header.lastOffset;
    this.#records += header.recordCount;
    const maxTimestamp = latestOf(header);
    // With a delete horizon the base timestamp is that and no time of a record (KIP-534).
    if (header.recordCount > 0)
      this.#minTimestamp = Math.min(this.#minTimestamp, header.hasDeleteHorizon ? maxTimestamp : header.baseTimestamp);
    this.#maxTimestamp = Math.max(this.#maxTimestamp, maxTimestamp);
    this.#addToInterval(batch, header);
    if (header.producerId >= 0 && !header.isControl) this.#producers.set(header.producerId, producerEntry(header));
    this.#length += batch.length;
  }

  #addToInterval(batch: Uint8Array, header: BatchHeader): void {
    if (this.#open !== undefined && this.#length - this.#open.position >= INTERVAL_TARGET_BYTES) this.#closeInterval();
    this.#open ??= { baseOffset: header.baseOffset, position: this.#length, maxTimestamp: -1, crc: 0, batches: 0 };
    this.#open.crc = crc32c(batch, this.#open.crc);
    this.#open.maxTimestamp = Math.max(this.#open.maxTimestamp, latestOf(header));
    this.#open.batches += 1;
  }

  #closeInterval(): void {
    if (this.#open !== undefined) this.#intervals.push(this.#open);
    this.#open = undefined;
  }

  /** Ends the section; it must have at least one batch. */
  finish(aborted: readonly AbortedTransaction[]): {
    section: Omit<Section, 'indexLength' | 'indexCrc'>;
    index: SectionIndex;
  } {
    if (this.#baseOffset < 0) throw new PackCorrupt('a section needs at least one batch');
    this.#closeInterval();
    const section = {
      ...this.#name,
      baseOffset: this.#baseOffset,
      lastOffset: this.#lastOffset,
      records: this.#records,
      position: this.#position,
      length: this.#length,
      minTimestamp: Number.isFinite(this.#minTimestamp) ? this.#minTimestamp : -1,
      maxTimestamp: this.#maxTimestamp,
    };
    return { section, index: { intervals: this.#intervals, producers: [...this.#producers.values()], aborted } };
  }
}

/** A batch that compaction emptied keeps the timestamp of records that are gone: no lookup by time may be led to it. */
const latestOf = (header: BatchHeader): number => (header.recordCount === 0 ? -1 : header.maxTimestamp);

/** Sequences wrap around after 2^31 - 1 (KIP-98). */
function producerEntry(header: BatchHeader): ProducerEntry {
  return {
    producerId: header.producerId,
    producerEpoch: header.producerEpoch,
    lastSequence: (header.baseSequence + header.lastOffsetDelta) % 2 ** 31,
    lastOffset: header.lastOffset,
    lastTimestamp: header.maxTimestamp,
  };
}
