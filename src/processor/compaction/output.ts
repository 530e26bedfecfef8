import { uuidFromString, uuidToString } from '../../base/random.ts';
import { PackWriter } from '../../packs/writer.ts';
import type { BuiltSection } from '../packs/builder.ts';
import type { CleanedBatch } from './batch.ts';
import { TextOutput, type TextOutputParts, type TextPlace } from './text-output.ts';
import type { CompactionHost, CompactionSwap } from './types.ts';
import { SwapUploads, type UploadParts } from './uploads.ts';

export type CompactionOutputParts = TextOutputParts & UploadParts;

/** The offsets [from, to) of one partition that an output takes the place of. */
export interface CompactionPlace extends TextPlace {
  /** That of the new section: above those that it replaces. */
  readonly generation: number;
  readonly searched: boolean;
}

/** Objects that take the place of some sections: a pack with one section, and text segments of the same offsets. */
export class CompactionOutput {
  readonly #parts: CompactionOutputParts;
  readonly #place: CompactionPlace;
  readonly #pack: PackWriter;
  readonly #packPath: string;
  readonly #text: TextOutput | undefined;
  readonly #uploads: SwapUploads;
  #open = false;
  #finished = false;
  records = 0;

  constructor(
    parts: CompactionOutputParts,
    host: Pick<CompactionHost, 'announce' | 'abandon'>,
    place: CompactionPlace,
  ) {
    const { disk, temporaryFolder } = parts;
    this.#parts = parts;
    this.#place = place;
    this.#packPath = `${temporaryFolder}/compacted.pack`;
    this.#pack = new PackWriter(disk, this.#packPath);
    this.#text = place.searched ? new TextOutput(parts, place) : undefined;
    this.#uploads = new SwapUploads(parts, host);
  }

  /** Bytes that were uploaded. */
  get bytes(): number {
    return this.#uploads.bytes;
  }

  /** Adds what is left of the next batch. */
  async add({ bytes, records }: CleanedBatch): Promise<void> {
    if (bytes === undefined) return;
    const { topicId, partition, generation } = this.#place;
    if (!this.#open) this.#pack.beginSection({ topicId: uuidFromString(topicId), partition, generation });
    this.#open = true;
    this.#pack.append(bytes);
    this.records += records.length;
    if (this.#text !== undefined) for (const record of records) await this.#text.add(record);
  }

  /** Uploads what was added; then the swap needs only to be done. Rejects with the store's error. */
  async finish(): Promise<Omit<CompactionSwap, 'replaced'>> {
    const { topicId, partition, from, to } = this.#place;
    if (this.#open) this.#pack.endSection();
    const { sections, size } = this.#pack.finish();
    this.#finished = true;
    const place = { topicId, partition, from, to };
    const [section] = sections;
    const text = (await this.#text?.finish(this.#uploads)) ?? [];
    if (section === undefined) return { ...place, text };
    const objectKey = `packs/compacted-${uuidToString(this.#parts.random.bytes(16))}.pack`;
    await this.#uploads.put(objectKey, this.#packPath, size);
    const { topicId: _id, indexLength: _length, indexCrc: _crc, ...facts } = section;
    return { ...place, text, section: { ...facts, topicId, objectKey } satisfies BuiltSection & { objectKey: string } };
  }

  /** The swap did not take place: what was uploaded may go. */
  abandon(): void {
    this.#uploads.abandon();
  }

  /** Removes the files. */
  close(): void {
    if (!this.#finished) this.#pack.abandon();
    this.#text?.close();
    this.#parts.disk.remove(this.#packPath);
  }
}
