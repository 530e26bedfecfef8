import { type BatchHeader, type Codecs, decodeRecords } from '../../../protocol/records/index.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { isAborted } from '../../log/committed-read.ts';
import { expiresAt } from '../../log/record-expiry.ts';
import { SectionReader } from '../../log/section-reader.ts';
import type { SectionRow, TextSegmentRow } from '../../metadata/types.ts';
import type { RewritingRules } from '../compaction/batch.ts';
import { CompactionOutput, type CompactionOutputParts } from '../compaction/output.ts';
import { CompactionSource } from '../compaction/source.ts';
import { TextOutput } from '../compaction/text-output.ts';
import { SwapUploads } from '../compaction/uploads.ts';
import { eraseBatch, holdsKey } from './erase-batch.ts';
import { ErasedKeys } from './keys.ts';
import type { ErasureDone, ErasureHost, ErasureTask } from './types.ts';

export interface ErasurePassParts extends CompactionOutputParts {
  readonly codecs: Codecs;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Most bytes of one batch when decompressed. */
  readonly decompressedLimitBytes: number;
}

interface Found {
  readonly sections: readonly SectionRow[];
  readonly texts: readonly TextSegmentRow[];
}

/**
 * One pass that takes keys out of a partition. First everything is read, to find the sections and text segments that hold one of them; then those
 * text segments are made anew, then those sections. In this order, because only the log tells which text segments are concerned: as long as one
 * of them is left, so are the records that tell.
 */
export class ErasurePass {
  readonly #parts: ErasurePassParts;
  readonly #task: ErasureTask;
  readonly #host: ErasureHost;
  readonly #source: CompactionSource;
  readonly #keys: ErasedKeys;
  readonly #removed: number[];
  readonly #due: number[] = [];
  #bytesWritten = 0;

  constructor(parts: ErasurePassParts, task: ErasureTask, host: ErasureHost, signal: AbortSignal) {
    this.#parts = parts;
    this.#task = task;
    this.#host = host;
    this.#keys = new ErasedKeys(task.keys);
    this.#removed = task.keys.map(() => 0);
    const { clock } = parts;
    const reader = new SectionReader(parts.store, parts.logger);
    this.#source = new CompactionSource({ reader, clock, maxBytesPerSecond: task.maxBytesPerSecond, signal });
  }

  async run(): Promise<ErasureDone> {
    const { sections, texts } = await this.#find();
    for (const text of texts) await this.#rewriteText(text);
    for (const section of sections) await this.#rewriteSection(section);
    return {
      removed: this.#removed,
      sections: sections.length,
      texts: texts.length,
      due: this.#due,
      bytesRead: this.#source.bytes - this.#bytesWritten,
      bytesWritten: this.#bytesWritten,
    };
  }

  async #find(): Promise<Found> {
    const { sections, keys, textsSince } = this.#task;
    const end = keys.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...keys.map(({ below }) => below));
    const held: SectionRow[] = [];
    const texts = new Set(this.#task.texts.filter(({ created }) => created >= textsSince));
    for (const section of sections) {
      if (section.baseOffset >= end) continue;
      let holds = false;
      const times = new ExpiryTimes(this.#task, this.#parts);
      for await (const piece of this.#source.batches(section))
        for (const { header, bytes } of piece) {
          times.add(header, bytes);
          if (!holdsKey(bytes, header, this.#keys, this.#parts)) continue;
          holds = true;
          for (const text of this.#task.texts)
            if (text.baseOffset <= header.lastOffset && text.lastOffset >= header.baseOffset) texts.add(text);
        }
      this.#due.push(times.due);
      if (holds || times.due <= this.#task.now) held.push(section);
    }
    return { sections: held, texts: [...texts] };
  }

  #rulesFor(section: SectionRow): RewritingRules {
    const { producers, now, expiry } = this.#task;
    const { codecs, decompressedLimitBytes } = this.#parts;
    const active = new Map(producers.map((producer) => [producer.id, producer]));
    // What has a delete horizon keeps it, none is set: the time to it does not matter. A section keeps its end.
    const shared = { now, deleteRetentionMs: 0, expiry, codecs, decompressedLimitBytes };
    return { producers: active, end: section.lastOffset + 1, ...shared };
  }

  async #rewriteText({ baseOffset, lastOffset }: TextSegmentRow): Promise<void> {
    const { topicId, partition, sections, aborted, expiry } = this.#task;
    const place = { topicId, partition, from: baseOffset, to: lastOffset + 1, expiry };
    const output = new TextOutput(this.#parts, place);
    const uploads = new SwapUploads(this.#parts, this.#host);
    try {
      for (const section of sections) {
        if (section.lastOffset < baseOffset || section.baseOffset > lastOffset) continue;
        const rules = this.#rulesFor(section);
        for await (const piece of this.#source.batches(section))
          for (const { header, bytes } of piece) {
            if (header.lastOffset < baseOffset || header.baseOffset > lastOffset) continue;
            if (header.isControl || isAborted(header, aborted)) continue;
            for (const record of eraseBatch(bytes, header, this.#keys, rules).records) await output.add(record);
          }
      }
      const text = await output.finish(uploads);
      await this.#written(uploads.bytes);
      await this.#host.swapText({ ...place, text });
    } catch (error) {
      uploads.abandon();
      throw error;
    } finally {
      output.close();
    }
  }

  async #rewriteSection(row: SectionRow): Promise<void> {
    const { topicId, partition } = this.#task;
    const range = { from: row.baseOffset, to: row.lastOffset + 1 };
    const place = { topicId, partition, ...range, generation: row.generation + 1, searched: false };
    const output = new CompactionOutput(this.#parts, this.#host, place);
    const rules = this.#rulesFor(row);
    const removed = this.#task.keys.map(() => 0);
    try {
      for await (const piece of this.#source.batches(row))
        for (const { header, bytes } of piece)
          await output.add(eraseBatch(bytes, header, this.#keys, rules, (index) => void removed[index]!++));
      const { section } = await output.finish();
      if (section === undefined) throw new Error(`nothing is left of ${row.objectKey}, not even its end`);
      await this.#written(output.bytes);
      await this.#host.swapSection({ replaced: row, section });
      for (const [index, count] of removed.entries()) this.#removed[index]! += count;
    } catch (error) {
      output.abandon();
      throw error;
    } finally {
      output.close();
    }
  }

  async #written(bytes: number): Promise<void> {
    this.#bytesWritten += bytes;
    await this.#source.passed(bytes);
  }
}

/** Records of a section whose times are kept; of more, each second one. */
const MOST_TIMES = 100_000;

/** When a share of the records of a section is past its time. */
class ExpiryTimes {
  readonly #task: ErasureTask;
  readonly #parts: Pick<ErasurePassParts, 'codecs' | 'decompressedLimitBytes'>;
  #times: number[] = [];
  #stride = 1;
  #records = 0;

  constructor(task: ErasureTask, parts: Pick<ErasurePassParts, 'codecs' | 'decompressedLimitBytes'>) {
    this.#task = task;
    this.#parts = parts;
  }

  add(header: BatchHeader, bytes: Uint8Array): void {
    const { expiry, expiredShare } = this.#task;
    if (expiry === undefined || expiredShare === undefined || header.isControl || header.recordCount === 0) return;
    decodeRecords(bytes, this.#parts.codecs, this.#parts.decompressedLimitBytes, (record) => {
      if (this.#records++ % this.#stride === 0) this.#times.push(expiresAt(expiry, record));
    });
    if (this.#times.length <= MOST_TIMES) return;
    this.#times = this.#times.filter((_time, at) => at % 2 === 0);
    this.#stride *= 2;
  }

  /** Infinite where that never is, or nothing was asked. */
  get due(): number {
    const { expiredShare } = this.#task;
    if (expiredShare === undefined || this.#times.length === 0) return Number.POSITIVE_INFINITY;
    const sorted = this.#times.toSorted((a, b) => a - b);
    return sorted[Math.ceil(sorted.length * expiredShare) - 1] ?? Number.POSITIVE_INFINITY;
  }
}
