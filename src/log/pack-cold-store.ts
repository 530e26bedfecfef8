import { type Codecs, decodeRecords, RecordsError } from '../../protocol/records/index.ts';
import type { Logger } from '../base/logger.ts';
import { SqlUnavailable } from '../metadata/errors.ts';
import type { SegmentRegistry } from '../metadata/registry.ts';
import type { SectionRow } from '../metadata/types.ts';
import type { ObjectStore, Take } from '../objects/types.ts';
import { intervalOf } from '../packs/reader.ts';
import type { ColdRead } from './cold-store.ts';
import type { ColdData, ColdSection } from './options.ts';
import { type OpenSection, type SectionBatch, SectionGone, SectionReader } from './section-reader.ts';
import { LogError, type TimestampOffset } from './types.ts';

export interface PackColdStoreParts {
  readonly sections: SegmentRegistry<SectionRow>;
  readonly store: ObjectStore;
  readonly codecs: Codecs;
  /** Most decompressed bytes of one batch. */
  readonly decompressedLimitBytes: number;
  readonly logger: Logger;
}

/** Open sections kept, one per partition: whoever reads on finds the next batches without asking the registry. */
const MAX_OPEN = 64;

/** A lookup races with expiry and rewrites; each of them changes a partition far more rarely than this. */
const MAX_LOOKUPS = 3;

/** Reads the cold part of the log from packs, by the registry. */
export class PackColdStore implements ColdData {
  readonly #parts: PackColdStoreParts;
  readonly #reader: SectionReader;
  readonly #open = new Map<string, OpenSection>();
  #replacements = 0;

  constructor(parts: PackColdStoreParts) {
    this.#parts = parts;
    this.#reader = new SectionReader(parts.store, parts.logger);
  }

  read(
    topicId: string,
    partition: number,
    offset: number,
    maxBytes: number,
    take?: Take,
  ): Promise<ColdRead | undefined> {
    return this.#lookUp(topicId, partition, async () => {
      const section = await this.#sectionAt(topicId, partition, offset);
      if (section === undefined) return undefined;
      const { intervals } = section.index;
      // An offset in a gap may be past the last batch of its interval: the batch wanted is then in the next one.
      for (let at = intervalOf(section.index, offset); at < intervals.length; at++) {
        const batches = await this.#reader.batches(section, at, maxBytes, take);
        const found = cut(batches, offset, maxBytes);
        if (found !== undefined) return found;
      }
      throw new LogError(
        'KAFKA_STORAGE_ERROR',
        `${section.row.objectKey} lacks offset ${offset}, which the registry promises`,
      );
    });
  }

  findTimestamp(
    topicId: string,
    partition: number,
    timestamp: number,
    from: number,
  ): Promise<TimestampOffset | undefined> {
    return this.#lookUp(topicId, partition, async () => {
      for (let offset = from; ; ) {
        const row = await this.#parts.sections.firstSince(topicId, partition, timestamp, offset);
        if (row === undefined) return undefined;
        const found = await this.#findInSection(await this.#reader.open(row), timestamp, from);
        if (found !== undefined) return found;
        offset = row.lastOffset + 1;
      }
    });
  }

  latestTimestamp(topicId: string, partition: number, from: number): Promise<TimestampOffset | undefined> {
    return this.#lookUp(topicId, partition, async () => {
      const row = await this.#parts.sections.latest(topicId, partition, from);
      if (row === undefined) return undefined;
      if (row.baseOffset >= from) return this.#findInSection(await this.#reader.open(row), row.maxTimestamp, from);
      // The log start lies inside the section: its latest record may be before it.
      const rest = await this.#parts.sections.latest(topicId, partition, row.lastOffset + 1);
      const here = await this.#latestFrom(await this.#reader.open(row), from);
      if (rest === undefined || (here !== undefined && here.timestamp >= rest.maxTimestamp)) return here;
      return this.#findInSection(await this.#reader.open(rest), rest.maxTimestamp, from);
    });
  }

  sections(
    topicId: string,
    partition: number,
    from: number,
    below = Number.MAX_SAFE_INTEGER,
  ): Promise<readonly ColdSection[]> {
    return this.#lookUp(topicId, partition, () => this.#parts.sections.overlapping(topicId, partition, from, below));
  }

  replaced(topicId: string, partition: number): void {
    this.#replacements++;
    this.#open.delete(`${topicId}/${partition}`);
  }

  async #lookUp<T>(topicId: string, partition: number, task: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await task();
      } catch (error) {
        this.#open.delete(`${topicId}/${partition}`);
        if (!(error instanceof SectionGone)) throw asLogError(error);
        if (attempt === MAX_LOOKUPS)
          throw new LogError('KAFKA_STORAGE_ERROR', `the object ${error.message} is missing`, { cause: error });
      }
    }
  }

  async #sectionAt(topicId: string, partition: number, offset: number): Promise<OpenSection | undefined> {
    const key = `${topicId}/${partition}`;
    const open = this.#open.get(key);
    if (open !== undefined && open.row.baseOffset <= offset && offset <= open.row.lastOffset) return open;
    const replacements = this.#replacements;
    const row = await this.#parts.sections.atOrAfter(topicId, partition, offset);
    if (row === undefined) return undefined;
    const section = await this.#reader.open(row);
    // Replaced meanwhile, perhaps: this read may still use it, the next one not.
    if (replacements !== this.#replacements) return section;
    this.#open.delete(key);
    this.#open.set(key, section);
    const [oldest] = this.#open.keys();
    if (this.#open.size > MAX_OPEN && oldest !== undefined) this.#open.delete(oldest);
    return section;
  }

  /** The first record at or after `from` with at least `timestamp`. */
  async #findInSection(section: OpenSection, timestamp: number, from: number): Promise<TimestampOffset | undefined> {
    const { intervals } = section.index;
    for (let at = intervalOf(section.index, from); at < intervals.length; at++) {
      if ((intervals[at]?.maxTimestamp ?? -1) < timestamp) continue;
      for (const batch of await this.#reader.batches(section, at, 0)) {
        const { header } = batch;
        if (header.maxTimestamp < timestamp || header.lastOffset < from) continue;
        const found = this.#findRecord(batch, (record) => record.offset >= from && record.timestamp >= timestamp);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  /** The latest record at or after `from`; reads all that comes after `from`. */
  async #latestFrom(section: OpenSection, from: number): Promise<TimestampOffset | undefined> {
    let latest: TimestampOffset | undefined;
    for (let at = intervalOf(section.index, from); at < section.index.intervals.length; at++) {
      if ((section.index.intervals[at]?.maxTimestamp ?? -1) <= (latest?.timestamp ?? -1)) continue;
      for (const batch of await this.#reader.batches(section, at, 0))
        this.#findRecord(batch, (record) => {
          if (record.offset >= from && record.timestamp > (latest?.timestamp ?? -1))
            latest = { ...record, leaderEpoch: batch.header.partitionLeaderEpoch };
          return false;
        });
    }
    return latest;
  }

  #findRecord(
    batch: SectionBatch,
    matches: (record: { offset: number; timestamp: number }) => boolean,
  ): TimestampOffset | undefined {
    let found: TimestampOffset | undefined;
    const { codecs, decompressedLimitBytes } = this.#parts;
    decodeRecords(batch.bytes, codecs, decompressedLimitBytes, ({ offset, timestamp }) => {
      if (!matches({ offset, timestamp })) return true;
      found = { offset, timestamp, leaderEpoch: batch.header.partitionLeaderEpoch };
      return false;
    });
    return found;
  }
}

/** Faults of the world by the log's name for them; bugs stay what they are. */
function asLogError(error: unknown): unknown {
  if (error instanceof RecordsError) return new LogError('CORRUPT_MESSAGE', error.message, { cause: error });
  if (error instanceof SqlUnavailable) return new LogError('KAFKA_STORAGE_ERROR', error.message, { cause: error });
  return error;
}

/** The batches from the one that holds `offset` on, as many as fit `maxBytes`, at least one; undefined when all end before `offset`. */
function cut(batches: readonly SectionBatch[], offset: number, maxBytes: number): ColdRead | undefined {
  const first = batches.findIndex(({ header }) => header.lastOffset >= offset);
  if (first < 0) return undefined;
  let bytes = 0;
  let end = first;
  for (; end < batches.length; end++) {
    const size = batches[end]?.bytes.byteLength ?? 0;
    if (end > first && bytes + size > maxBytes) break;
    bytes += size;
  }
  const given = batches.slice(first, end);
  const nextOffset = (given.at(-1)?.header.lastOffset ?? offset) + 1;
  return { batches: given.map((batch) => batch.bytes), bytes, nextOffset };
}
