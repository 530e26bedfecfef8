import { type Disk, type DiskFile, readFile } from '../../base/disk.ts';
import { type Random, uuidFromString, uuidToString } from '../../base/random.ts';
import { LiveIndex } from '../../fulltext/live-index.ts';
import { writeTextSegment } from '../../fulltext/segment-writer.ts';
import type { ObjectStore } from '../../objects/types.ts';
import { PackWriter } from '../../packs/writer.ts';
import type { BuiltSection } from '../pack-builder.ts';
import { describeIndex, type SealedText } from '../text-types.ts';
import type { CleanedBatch } from './batch.ts';
import type { CompactionHost, CompactionSwap } from './types.ts';

/** Memory of a text index at which the next one is begun. */
const INDEX_BYTES = 32 * 1024 * 1024;

export interface CompactionOutputParts {
  readonly disk: Disk;
  /** Where objects are put together before they are uploaded; a folder of its own. */
  readonly temporaryFolder: string;
  /** The disk is the machine's, so that the store can read files itself; else their bytes are handed over. */
  readonly uploadFiles: boolean;
  readonly store: ObjectStore;
  readonly random: Random;
  /** Prefix of text segments in the object store. */
  readonly indexBasePath: string;
}

/** The offsets [from, to) of one partition that an output takes the place of. */
export interface CompactionPlace {
  readonly topicId: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  /** That of the new section: above those that it replaces. */
  readonly generation: number;
  readonly searched: boolean;
}

/** Objects that take the place of some sections: a pack with one section, and text segments of the same offsets. */
export class CompactionOutput {
  readonly #parts: CompactionOutputParts;
  readonly #host: CompactionHost;
  readonly #place: CompactionPlace;
  readonly #pack: PackWriter;
  readonly #packPath: string;
  readonly #textPath: string;
  readonly #seed: number;
  readonly #keys: string[] = [];
  #text: DiskFile | undefined;
  #textBytes = 0;
  #segments: Omit<SealedText, 'objectKey'>[] = [];
  #index: LiveIndex | undefined;
  #open = false;
  #finished = false;
  records = 0;
  bytes = 0;

  constructor(parts: CompactionOutputParts, host: CompactionHost, place: CompactionPlace) {
    const { disk, temporaryFolder, random } = parts;
    this.#parts = parts;
    this.#host = host;
    this.#place = place;
    this.#packPath = `${temporaryFolder}/compacted.pack`;
    this.#textPath = `${temporaryFolder}/compacted.text`;
    this.#pack = new PackWriter(disk, this.#packPath);
    this.#seed = random.bytes(4).reduce((seed, byte) => seed * 256 + byte, 0);
    if (place.searched) this.#index = this.#begin(place.from);
  }

  #begin(offset: number): LiveIndex {
    return new LiveIndex(this.#place.partition, offset, this.#seed);
  }

  /** Adds what is left of the next batch. */
  async add({ bytes, records }: CleanedBatch): Promise<void> {
    if (bytes === undefined) return;
    const { topicId, partition, generation } = this.#place;
    if (!this.#open) this.#pack.beginSection({ topicId: uuidFromString(topicId), partition, generation });
    this.#open = true;
    this.#pack.append(bytes);
    this.records += records.length;
    for (const record of records) {
      if (this.#index === undefined) return;
      // A section may reach back below the log start; nothing is searched there.
      if (record.offset < this.#place.from) continue;
      if (this.#index.bytes > INDEX_BYTES || this.#index.full || !this.#index.reaches(record.offset)) {
        await this.#seal(record.offset);
        this.#index = this.#begin(record.offset);
      }
      this.#index.add(record);
    }
  }

  /** Ends the index that is open; it covers everything up to `to`. */
  async #seal(to: number): Promise<void> {
    const index = this.#index;
    if (index === undefined || to === index.baseOffset) return;
    index.endOffset = to;
    const bytes = await writeTextSegment(index, turn);
    this.#text ??= this.#parts.disk.open(this.#textPath, 'write');
    if (this.#textBytes === 0) this.#text.truncateSync(0);
    this.#text.writeSync([bytes], this.#textBytes);
    const { topicId, partition } = this.#place;
    this.#segments.push({
      ...describeIndex({ topicId, partition }, index),
      position: this.#textBytes,
      length: bytes.length,
    });
    this.#textBytes += bytes.length;
  }

  /** Uploads what was added; then the swap needs only to be done. Rejects with the store's error. */
  async finish(): Promise<Omit<CompactionSwap, 'replaced'>> {
    const { topicId, partition, from, to } = this.#place;
    if (this.#open) this.#pack.endSection();
    const { sections, size } = this.#pack.finish();
    this.#finished = true;
    await this.#seal(to);
    this.#text?.close();
    this.#text = undefined;
    const place = { topicId, partition, from, to };
    const [section] = sections;
    const text = await this.#uploadText();
    if (section === undefined) return { ...place, text };
    const objectKey = `packs/compacted-${this.#unique()}.pack`;
    await this.#upload(objectKey, this.#packPath, size);
    const { topicId: _id, indexLength: _length, indexCrc: _crc, ...facts } = section;
    return { ...place, text, section: { ...facts, topicId, objectKey } satisfies BuiltSection & { objectKey: string } };
  }

  async #uploadText(): Promise<SealedText[]> {
    if (this.#segments.length === 0) return [];
    const objectKey = `${this.#parts.indexBasePath}/${this.#unique()}.text`;
    await this.#upload(objectKey, this.#textPath, this.#textBytes);
    return this.#segments.map((segment) => ({ ...segment, objectKey }));
  }

  #unique(): string {
    return uuidToString(this.#parts.random.bytes(16));
  }

  async #upload(objectKey: string, path: string, size: number): Promise<void> {
    const { store, disk, uploadFiles } = this.#parts;
    this.bytes += size;
    this.#keys.push(objectKey);
    await this.#host.announce(objectKey);
    await store.put(objectKey, uploadFiles ? { file: path, size } : readFile(disk, path), { ifAbsent: true });
  }

  /** The swap did not take place: what was uploaded may go. */
  abandon(): void {
    for (const key of this.#keys) this.#host.abandon(key);
  }

  /** Removes the files. */
  close(): void {
    if (!this.#finished) this.#pack.abandon();
    this.#text?.close();
    this.#parts.disk.remove(this.#packPath);
    this.#parts.disk.remove(this.#textPath);
  }
}

/** Lets other work of the thread run. */
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });
