import { type Codecs, decodeRecords } from '../../../protocol/records/index.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { uuidFromString, uuidToString } from '../../base/random.ts';
import { isAborted } from '../../log/committed-read.ts';
import { SectionReader } from '../../log/section-reader.ts';
import type { SectionRow } from '../../metadata/types.ts';
import { PackWriter } from '../../packs/writer.ts';
import type { KeptRecord } from '../compaction/batch.ts';
import { CompactionSource } from '../compaction/source.ts';
import { TextOutput, type TextOutputParts } from '../compaction/text-output.ts';
import { SwapUploads, type UploadParts } from '../compaction/uploads.ts';
import { describe } from '../packs/builder.ts';
import type { MergeDone, MergeHost, PackMergeTask, TextMergeTask } from './types.ts';

export type MergePassParts = TextOutputParts &
  UploadParts & {
    readonly codecs: Codecs;
    readonly clock: Clock;
    readonly logger: Logger;
    /** Most bytes of one batch when decompressed. */
    readonly decompressedLimitBytes: number;
  };

/** One merge of packs, or of text segments. The batches stay byte for byte as they are. */
export class MergePass {
  readonly #parts: MergePassParts;
  readonly #host: MergeHost;
  readonly #source: CompactionSource;
  readonly #uploads: SwapUploads;

  constructor(parts: MergePassParts, host: MergeHost, maxBytesPerSecond: number, signal: AbortSignal) {
    const { store, logger, clock } = parts;
    this.#parts = parts;
    this.#host = host;
    this.#source = new CompactionSource({ reader: new SectionReader(store, logger), clock, maxBytesPerSecond, signal });
    this.#uploads = new SwapUploads(parts, host);
  }

  async packs({ groups }: PackMergeTask): Promise<MergeDone> {
    const { disk, temporaryFolder, random } = this.#parts;
    const path = `${temporaryFolder}/merged.pack`;
    const objectKey = `packs/merged-${uuidToString(random.bytes(16))}.pack`;
    const writer = new PackWriter(disk, path);
    let finished = false;
    try {
      for (const group of groups) await this.#copy(group, writer);
      const { sections, size } = writer.finish();
      finished = true;
      await this.#uploads.put(objectKey, path, size);
      await this.#source.passed(size);
      const described = sections.map((section) => ({ ...describe(section), objectKey }));
      await this.#host.swapPack({ replaced: groups.flat(), sections: described });
      return this.#done(sections.length);
    } catch (error) {
      this.#uploads.abandon();
      throw error;
    } finally {
      if (finished) disk.remove(path);
      else writer.abandon();
    }
  }

  async #copy(group: readonly SectionRow[], writer: PackWriter): Promise<void> {
    const [first] = group;
    if (first === undefined) return;
    const { partition } = first;
    const generation = Math.max(...group.map((section) => section.generation)) + 1;
    writer.beginSection({ topicId: uuidFromString(first.topicId), partition, generation });
    for (const section of group)
      for await (const piece of this.#source.batches(section)) for (const { bytes } of piece) writer.append(bytes);
    const made = writer.endSection();
    const records = group.reduce((sum, section) => sum + section.records, 0);
    if (made.records !== records || made.lastOffset !== group.at(-1)?.lastOffset)
      throw new Error(`${records} records of ${first.objectKey} and others became ${made.records}`);
  }

  async text(task: TextMergeTask): Promise<MergeDone> {
    const { codecs, decompressedLimitBytes } = this.#parts;
    const { topicId, partition, from, to, sections, aborted, expiry } = task;
    const place = { topicId, partition, from, to, expiry };
    const output = new TextOutput(this.#parts, place);
    try {
      for (const section of sections)
        for await (const piece of this.#source.batches(section, { from, to }))
          for (const { header, bytes } of piece) {
            if (header.lastOffset < from || header.baseOffset >= to) continue;
            if (header.isControl || header.recordCount === 0 || isAborted(header, aborted)) continue;
            const records: KeptRecord[] = [];
            decodeRecords(bytes, codecs, decompressedLimitBytes, ({ offset, timestamp, key, value, headers }) => {
              records.push({ offset, timestamp, key, value, headers });
            });
            for (const record of records) await output.add(record);
          }
      const text = await output.finish(this.#uploads);
      await this.#source.passed(this.#uploads.bytes);
      await this.#host.swapText({ topicId, partition, from, to, text });
      return this.#done(text.length);
    } catch (error) {
      this.#uploads.abandon();
      throw error;
    } finally {
      output.close();
    }
  }

  #done(made: number): MergeDone {
    const { bytes } = this.#uploads;
    return { bytesRead: this.#source.bytes - bytes, bytesWritten: bytes, made };
  }
}
