import type { Disk, DiskFile } from '../../base/disk.ts';
import { type Random, uuidToString } from '../../base/random.ts';
import { LiveIndex } from '../../fulltext/live-index.ts';
import { writeTextSegment } from '../../fulltext/segment-writer.ts';
import { type ExpiryRule, expiresAt } from '../../log/record-expiry.ts';
import { describeIndex, type SealedText } from '../text/types.ts';
import type { KeptRecord } from './batch.ts';
import type { SwapUploads } from './uploads.ts';

/** Memory of a text index at which the next one is begun. */
const INDEX_BYTES = 32 * 1024 * 1024;

export interface TextOutputParts {
  readonly disk: Disk;
  /** A folder of its own. */
  readonly temporaryFolder: string;
  readonly random: Random;
  /** Prefix of text segments in the object store. */
  readonly indexBasePath: string;
}

/** The offsets [from, to) of one partition. */
export interface TextPlace {
  readonly topicId: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  /** Until when records count; searches pass over the others. */
  readonly expiry?: ExpiryRule | undefined;
}

/** Text segments that cover exactly the offsets [from, to), in one object. */
export class TextOutput {
  readonly #parts: TextOutputParts;
  readonly #place: TextPlace;
  readonly #path: string;
  readonly #seed: number;
  #file: DiskFile | undefined;
  #bytes = 0;
  #segments: Omit<SealedText, 'objectKey'>[] = [];
  #index: LiveIndex;

  constructor(parts: TextOutputParts, place: TextPlace) {
    this.#parts = parts;
    this.#place = place;
    this.#path = `${parts.temporaryFolder}/compacted.text`;
    this.#seed = parts.random.bytes(4).reduce((seed, byte) => seed * 256 + byte, 0);
    this.#index = this.#begin(place.from);
  }

  #begin(offset: number): LiveIndex {
    return new LiveIndex(this.#place.partition, offset, this.#seed);
  }

  /** Adds the next record; one outside of the offsets is passed over. */
  async add(record: KeptRecord): Promise<void> {
    // A section may reach over the ends; nothing is searched there.
    if (record.offset < this.#place.from || record.offset >= this.#place.to) return;
    if (this.#index.bytes > INDEX_BYTES || this.#index.full || !this.#index.reaches(record.offset)) {
      await this.#seal(record.offset);
      this.#index = this.#begin(record.offset);
    }
    const { expiry } = this.#place;
    this.#index.add(record, expiry === undefined ? undefined : expiresAt(expiry, record));
  }

  /** Ends the index that is open; it covers everything up to `to`. */
  async #seal(to: number): Promise<void> {
    const index = this.#index;
    if (to === index.baseOffset) return;
    index.endOffset = to;
    const bytes = await writeTextSegment(index, turn);
    this.#file ??= this.#create();
    this.#file.writeSync([bytes], this.#bytes);
    const { topicId, partition, expiry } = this.#place;
    this.#segments.push({
      ...describeIndex({ topicId, partition }, index, expiry),
      position: this.#bytes,
      length: bytes.length,
    });
    this.#bytes += bytes.length;
  }

  /** A file that is there may be an object by now, by a second name, and must not be written into. */
  #create(): DiskFile {
    this.#parts.disk.remove(this.#path);
    return this.#parts.disk.open(this.#path, 'write');
  }

  /** Stores what was added. Rejects with the store's error. */
  async finish(uploads: SwapUploads): Promise<SealedText[]> {
    await this.#seal(this.#place.to);
    this.#file?.close();
    this.#file = undefined;
    if (this.#segments.length === 0) return [];
    const objectKey = `${this.#parts.indexBasePath}/${uuidToString(this.#parts.random.bytes(16))}.text`;
    await uploads.put(objectKey, this.#path, this.#bytes);
    return this.#segments.map((segment) => ({ ...segment, objectKey }));
  }

  /** Removes the file. */
  close(): void {
    this.#file?.close();
    this.#parts.disk.remove(this.#path);
  }
}

/** Lets other work of the thread run. */
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });
