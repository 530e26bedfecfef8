import type { BatchHeader, Codecs } from '../../../protocol/records/index.ts';
import { decodeRecords } from '../../../protocol/records/index.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { markerOf } from '../../log/producer-states.ts';
import { SectionReader } from '../../log/section-reader.ts';
import type { SectionRow } from '../../metadata/types.ts';
import { ErasurePass } from '../erasure/erasure-pass.ts';
import { MergePass } from '../merging/merge-pass.ts';
import type { MergeDone, MergeHost, Merging, PackMergeTask, TextMergeTask } from '../merging/types.ts';
import type { Erasing, ErasureDone, ErasureHost, ErasureTask } from '../erasure/types.ts';
import { type CleaningRules, cleanBatch } from './batch.ts';
import { KeyOffsets } from './keys.ts';
import { CompactionOutput, type CompactionOutputParts } from './output.ts';
import { groupSections } from './policy.ts';
import { CompactionSource } from './source.ts';
import { CleanedTransactions } from './transactions.ts';
import type { Compacting, CompactionDone, CompactionHost, CompactionTask } from './types.ts';

export interface CompactorParts extends CompactionOutputParts {
  readonly codecs: Codecs;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Most bytes of one batch when decompressed. */
  readonly decompressedLimitBytes: number;
}

/** Rewrites partitions one after another: their sections, in offset order, with the last record of each key, or without some keys. */
export class Compactor implements Compacting, Erasing, Merging {
  readonly #parts: CompactorParts;
  readonly #stop = new AbortController();

  /** Removes what an earlier run left in the temporary folder. */
  constructor(parts: CompactorParts) {
    this.#parts = parts;
    parts.disk.removeTree(parts.temporaryFolder);
    parts.disk.makeDirectory(parts.temporaryFolder);
  }

  compact(task: CompactionTask, host: CompactionHost): Promise<CompactionDone> {
    return new CompactionPass(this.#parts, task, host, this.#stop.signal).run();
  }

  erase(task: ErasureTask, host: ErasureHost): Promise<ErasureDone> {
    return new ErasurePass(this.#parts, task, host, this.#stop.signal).run();
  }

  mergePacks(task: PackMergeTask, host: MergeHost): Promise<MergeDone> {
    return new MergePass(this.#parts, host, task.maxBytesPerSecond, this.#stop.signal).packs(task);
  }

  mergeText(task: TextMergeTask, host: MergeHost): Promise<MergeDone> {
    return new MergePass(this.#parts, host, task.maxBytesPerSecond, this.#stop.signal).text(task);
  }

  close(): Promise<void> {
    this.#stop.abort(new Error('the broker stops'));
    return Promise.resolve();
  }
}

/**
 * One pass over a partition. First the last offsets of all keys of the dirty part are gathered, as many as fit memory; then group by group of
 * sections is rewritten and swapped. Groups go in offset order, each durable before the next: a marker of a deleted key goes only when the records
 * before it are gone, and a crash between two groups leaves what the next pass would have found anyway.
 */
class CompactionPass {
  readonly #parts: CompactorParts;
  readonly #task: CompactionTask;
  readonly #host: CompactionHost;
  readonly #source: CompactionSource;
  #recordsRead = 0;
  #recordsKept = 0;
  #bytesWritten = 0;
  #sectionsAfter = 0;

  constructor(parts: CompactorParts, task: CompactionTask, host: CompactionHost, signal: AbortSignal) {
    this.#parts = parts;
    this.#task = task;
    this.#host = host;
    const reader = new SectionReader(parts.store, parts.logger);
    this.#source = new CompactionSource({
      reader,
      clock: parts.clock,
      maxBytesPerSecond: task.maxBytesPerSecond,
      signal,
    });
  }

  async run(): Promise<CompactionDone> {
    const { sections, groupBytes, groupMs, logStart } = this.#task;
    const rules = await this.#rules();
    const within = sections.filter((section) => section.baseOffset < rules.keysUpTo);
    let from = logStart;
    for (const group of groupSections(within, groupBytes, groupMs)) {
      const to = (group.at(-1)?.lastOffset ?? from) + 1;
      await this.#clean(group, from, to, rules);
      from = to;
    }
    return {
      cleanedUpTo: rules.keysUpTo,
      sectionsBefore: within.length,
      sectionsAfter: this.#sectionsAfter,
      recordsRead: this.#recordsRead,
      recordsKept: this.#recordsKept,
      bytesRead: this.#source.bytes - this.#bytesWritten,
      bytesWritten: this.#bytesWritten,
      emptied: rules.transactions.emptied,
    };
  }

  async #rules(): Promise<CleaningRules> {
    const { sections, aborted, producers, now, deleteRetentionMs, expiry } = this.#task;
    const { codecs, decompressedLimitBytes } = this.#parts;
    const end = (sections.at(-1)?.lastOffset ?? -1) + 1;
    const { keys, keysUpTo } = await this.#gather(end);
    const transactions = new CleanedTransactions(aborted);
    const active = new Map(producers.map((producer) => [producer.id, producer]));
    const shared = { now, deleteRetentionMs, expiry, codecs, decompressedLimitBytes };
    return { keys, keysUpTo, end, transactions, producers: active, ...shared };
  }

  /** The last offsets of the keys in the dirty part; of no offset at or above `keysUpTo` when memory is not enough for all. */
  async #gather(end: number): Promise<{ keys: KeyOffsets; keysUpTo: number }> {
    const { sections, dirtyFrom, aborted, keyBytes } = this.#task;
    const dirty = sections.filter((section) => section.lastOffset >= dirtyFrom);
    const records = dirty.reduce((sum, section) => sum + section.records, 0);
    const keys = new KeyOffsets(records, keyBytes);
    const transactions = new CleanedTransactions(aborted);
    for (const section of dirty)
      for await (const piece of this.#source.batches(section))
        for (const { header, bytes } of piece) {
          if (header.lastOffset < dirtyFrom || skips(header, bytes, transactions)) continue;
          const full = this.#addKeys(bytes, keys);
          if (full !== undefined) return { keys, keysUpTo: full };
        }
    return { keys, keysUpTo: end };
  }

  /** The offset of the first record whose key there is no room for; undefined when there was room for all. */
  #addKeys(bytes: Uint8Array, keys: KeyOffsets): number | undefined {
    const { codecs, decompressedLimitBytes } = this.#parts;
    let full: number | undefined;
    decodeRecords(bytes, codecs, decompressedLimitBytes, ({ offset, key }) => {
      if (offset < this.#task.dirtyFrom || key === null || keys.put(key, offset)) return true;
      full = offset;
      return false;
    });
    return full;
  }

  /** Rewrites a group, unless it is one section in which nothing changes. */
  async #clean(group: readonly SectionRow[], from: number, to: number, rules: CleaningRules): Promise<void> {
    const { topicId, partition, searched, expiry } = this.#task;
    if (group.length === 1 && !(await this.#changes(group, rules))) {
      this.#sectionsAfter++;
      return;
    }
    const generation = Math.max(...group.map((section) => section.generation)) + 1;
    const place = { topicId, partition, from, to, generation, searched, expiry };
    const output = new CompactionOutput(this.#parts, this.#host, place);
    try {
      for (const section of group)
        for await (const piece of this.#source.batches(section))
          for (const { header, bytes } of piece) {
            this.#recordsRead += header.recordCount;
            await output.add(cleanBatch(bytes, header, rules));
          }
      const swap = await output.finish();
      this.#recordsKept += output.records;
      this.#bytesWritten += output.bytes;
      await this.#source.passed(output.bytes);
      await this.#host.swap({ ...swap, replaced: group });
      if (swap.section !== undefined) this.#sectionsAfter++;
    } catch (error) {
      output.abandon();
      throw error;
    } finally {
      output.close();
    }
  }

  /** Whether cleaning changes anything in the sections; if so, `rules` are as they were before. */
  async #changes(group: readonly SectionRow[], rules: CleaningRules): Promise<boolean> {
    const before = rules.transactions.mark();
    let records = 0;
    for (const section of group)
      for await (const piece of this.#source.batches(section))
        for (const { header, bytes } of piece) {
          records += header.recordCount;
          if (cleanBatch(bytes, header, rules).bytes === bytes) continue;
          before.back();
          return true;
        }
    this.#recordsRead += records;
    this.#recordsKept += records;
    return false;
  }
}

/** Whether a batch has no keys that count: it is aborted or a marker. */
function skips(header: BatchHeader, bytes: Uint8Array, transactions: CleanedTransactions): boolean {
  if (!header.isControl) return transactions.dropsBatch(header);
  if (header.recordCount > 0) transactions.dropsMarker(header, markerOf(bytes)?.type);
  return true;
}
