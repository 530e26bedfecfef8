import { type BatchHeader, batchesOf } from '../../protocol/records/index.ts';
import type { Logger } from '../base/logger.ts';
import type { SectionRow } from '../metadata/types.ts';
import { ObjectNotFound } from '../objects/errors.ts';
import type { ObjectStore, Take } from '../objects/types.ts';
import { PackCorrupt } from '../packs/errors.ts';
import type { SectionIndex } from '../packs/format.ts';
import {
  type CheckedIntervals,
  intervalEnd,
  type ReadRange,
  readIntervals,
  readSectionIndex,
} from '../packs/reader.ts';
import { LogError } from './types.ts';

/** A section and what its index block says. */
export interface OpenSection {
  readonly row: SectionRow;
  readonly index: SectionIndex;
  /** Where the store is this machine's own disk: the intervals that were read whole before, which are not checked again. */
  readonly checked: CheckedIntervals | undefined;
  /** All batches, checked, of a small section. */
  readonly content?: Uint8Array;
}

/** A batch of a section, whole. */
export interface SectionBatch {
  readonly header: BatchHeader;
  readonly bytes: Uint8Array;
}

/** The section's object is gone: it was rewritten or expired after its row was read. Look again. */
export class SectionGone extends Error {
  override readonly name = 'SectionGone';
}

/** Sections up to this size are read with their index block in one request, and whole. */
const SMALL_SECTION_BYTES = 128 * 1024;

/** Reads checked intervals of sections; what is corrupt is fetched once more past any cache before it is an error. */
export class SectionReader {
  readonly #store: ObjectStore;
  readonly #logger: Logger;
  /** By object and place, the oldest first. */
  readonly #remembered = new Map<string, CheckedIntervals>();

  constructor(store: ObjectStore, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  /** Rejects with SectionGone or LogError. */
  open(row: SectionRow): Promise<OpenSection> {
    return this.#checked(row, async (read) =>
      row.length <= SMALL_SECTION_BYTES
        ? openSmall(row, read)
        : {
            row,
            index: await readSectionIndex(read, row),
            checked: this.#checkedBefore(row),
          },
    );
  }

  /** The batches of the intervals [first, end), where `end` is as far as `maxBytes` reach, at least one interval. */
  async batches(section: OpenSection, first: number, maxBytes: number, take?: Take): Promise<SectionBatch[]> {
    const { row, index, checked, content } = section;
    const start = index.intervals[first]?.position ?? 0;
    let end = first + 1;
    while (end < index.intervals.length && intervalEnd(index, end, row) - start <= maxBytes) end++;
    const bytes =
      content?.subarray(start, intervalEnd(index, end - 1, row)) ??
      (await this.#checked(row, (read) => readIntervals(read, row, index, first, end, checked), take));
    return [...batchesOf(bytes)].map((header) => ({
      header,
      bytes: bytes.subarray(header.position, header.position + header.sizeInBytes),
    }));
  }

  /**
   * Reading what this machine has written and has read whole once, it is the client that checks: each batch carries its own checksum. What rots on the disk
   * later is the scrubber's to find.
   */
  #checkedBefore({ objectKey, position }: SectionRow): CheckedIntervals | undefined {
    if (this.#store.local !== true) return undefined;
    const key = `${objectKey} ${position}`;
    const checked = this.#remembered.get(key) ?? new Set<number>();
    this.#remembered.delete(key);
    this.#remembered.set(key, checked);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > MAX_REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest);
    return checked;
  }

  async #checked<T>(row: SectionRow, task: (read: ReadRange) => Promise<T>, take?: Take): Promise<T> {
    const read: ReadRange = (range) => this.#store.get(row.objectKey, range, take);
    try {
      try {
        return await task(read);
      } catch (error) {
        if (!(error instanceof PackCorrupt)) throw error;
        // What a cache holds may be bad while the object is sound.
        this.#logger.warn({ err: error, objectKey: row.objectKey }, 'A pack section is corrupt, reading it again.');
        this.#store.invalidate?.(row.objectKey);
        return await task(read);
      }
    } catch (error) {
      if (error instanceof ObjectNotFound) throw new SectionGone(row.objectKey, { cause: error });
      const reason = error instanceof Error ? error.message : String(error);
      throw new LogError('KAFKA_STORAGE_ERROR', `cannot read ${row.objectKey}: ${reason}`, { cause: error });
    }
  }
}

/** Sections of which it is remembered what was read whole. */
const MAX_REMEMBERED = 1024;

/** Room for the index block of a small section behind its batches. */
const AHEAD_BYTES = 2048;

/** Opens a small section with one request: batches and index block lie side by side. */
async function openSmall(row: SectionRow, read: ReadRange): Promise<OpenSection> {
  const length = row.length + AHEAD_BYTES;
  const held = await read({ from: row.position, length });
  const fromHeld: ReadRange = async (range) => {
    if ('suffix' in range) return read(range);
    const start = range.from - row.position;
    return start >= 0 && start + range.length <= length ? held.subarray(start, start + range.length) : read(range);
  };
  const index = await readSectionIndex(fromHeld, row);
  return {
    row,
    index,
    checked: undefined,
    content: await readIntervals(fromHeld, row, index, 0, index.intervals.length),
  };
}
