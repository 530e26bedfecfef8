import { type Clock, sleep } from '../../base/clock.ts';
import { type SectionBatch, SectionReader } from '../../log/section-reader.ts';
import type { SectionRow } from '../../metadata/types.ts';
import type { Take } from '../../objects/types.ts';
import { intervalOf } from '../../packs/reader.ts';
import type { OffsetRange } from '../text/types.ts';

/** Bytes read at once. */
const PIECE_BYTES = 2 * 1024 * 1024;

const EVERYTHING: OffsetRange = { from: 0, to: Number.POSITIVE_INFINITY };

export interface CompactionSourceParts {
  readonly reader: SectionReader;
  readonly clock: Clock;
  readonly maxBytesPerSecond: number;
  /** Aborted when nobody wants the result any more. */
  readonly signal: AbortSignal;
}

/** Reads the batches of sections, of one at a time, no faster than allowed, and counts what passes. */
export class CompactionSource {
  readonly #parts: CompactionSourceParts;
  readonly #started: number;
  /** Where each piece lies in turn: a piece of new memory each time would stay until the garbage collector finds it. */
  #memory = new Uint8Array(0);
  readonly #take: Take = (size) => {
    if (size > this.#memory.length) this.#memory = new Uint8Array(size);
    return this.#memory.subarray(0, size);
  };
  bytes = 0;

  constructor(parts: CompactionSourceParts) {
    this.#parts = parts;
    this.#started = parts.clock.monotonic();
  }

  /**
   * The batches of a section in offset order, or those that reach into some offsets, with some before and after them; the caller's own as long as it has
   * not asked for the next piece. Rejects with LogError or SectionGone.
   */
  async *batches(row: SectionRow, { from, to }: OffsetRange = EVERYTHING): AsyncGenerator<SectionBatch[]> {
    const { reader } = this.#parts;
    const section = await reader.open(row);
    const { intervals } = section.index;
    for (let first = intervalOf(section.index, from); (intervals[first]?.baseOffset ?? to) < to; ) {
      const piece = await reader.batches(section, first, PIECE_BYTES, this.#take);
      let count = 0;
      for (let batches = 0; batches < piece.length; count++)
        batches += intervals[first + count]?.batches ?? piece.length;
      first += count;
      await this.passed(piece.reduce((sum, { bytes }) => sum + bytes.length, 0));
      yield piece;
    }
  }

  /** So many bytes were read or written: waits until that is slow enough, and lets other work of the thread run. */
  async passed(bytes: number): Promise<void> {
    const { clock, maxBytesPerSecond, signal } = this.#parts;
    this.bytes += bytes;
    const earliest = this.#started + (this.bytes / maxBytesPerSecond) * 1000;
    const early = earliest - clock.monotonic();
    if (early >= 1) await sleep(clock, early, signal);
    else await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
  }
}
