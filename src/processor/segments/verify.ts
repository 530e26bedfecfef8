import { batchesOf, verifyBatchCrc } from '../../../protocol/records/index.ts';
import { crc32c } from '../../base/crc32c.ts';
import { uuidToString } from '../../base/random.ts';
import { CorruptTextSegment } from '../../fulltext/bytes.ts';
import type { TextDirectory } from '../../fulltext/format.ts';
import { SegmentBytes } from '../../fulltext/segment-bytes.ts';
import { Garbage } from '../../metadata/garbage.ts';
import { sectionRegistry, textSegmentRegistry } from '../../metadata/registry.ts';
import type { SqlEngine } from '../../metadata/types.ts';
import { ObjectStoreUnavailable } from '../../objects/errors.ts';
import type { ObjectStore } from '../../objects/types.ts';
import { PackCorrupt } from '../../packs/errors.ts';
import { intervalEnd, readDirectory, readIntervals, readSectionIndex } from '../../packs/reader.ts';
import { allSegments, isRegistered, type SegmentInfo, type SegmentKind } from './listing.ts';
import { LAKE_PREFIX } from '../tables/types.ts';

/** Something that is not as it must be. */
export interface SegmentFault {
  /** Id of the segment, or key of the object. */
  readonly where: string;
  readonly problem: string;
}

export interface VerifyReport {
  readonly sections: number;
  readonly textSegments: number;
  readonly batches: number;
  readonly records: number;
  readonly bytes: number;
  readonly faults: readonly SegmentFault[];
  /** Offsets that no section holds between two that do: batches that were corrupt in the WAL, or compacted. */
  readonly gaps: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly from: number;
    readonly to: number;
  }[];
}

export interface VerifyParts {
  readonly sql: SqlEngine;
  readonly store: ObjectStore;
  /** Called after each segment. */
  readonly onProgress?: (done: number, segment: SegmentInfo) => void;
  /** Called for each fault as soon as it is found. */
  readonly onFault?: (fault: SegmentFault) => void;
  /** Begins behind this segment of this kind; packs come before text segments. */
  readonly from?: { readonly kind: SegmentKind; readonly after: string } | undefined;
  /** Awaited after every piece that was read; whoever reads at a set rate waits here. */
  readonly pace?: (bytes: number) => Promise<void>;
  /** Ends it: it then rejects. */
  readonly signal?: AbortSignal;
  /**
   * Part of a broker that runs: gaps, overlaps and objects that nobody knows are not looked for, and a store that does not answer ends it: it then
   * rejects.
   */
  readonly live?: boolean;
}

const PIECE_BYTES = 8 * 1024 * 1024;

/**
 * Reads every registered segment and checks it against its checksums, its directory and its row; looks for objects that nobody knows. The registry may
 * change meanwhile: what is not registered any more has no faults.
 */
class Verifier {
  readonly #parts: VerifyParts;
  readonly #faults: SegmentFault[] = [];
  readonly #gaps: VerifyReport['gaps'][number][] = [];
  readonly #keys = new Set<string>();
  readonly #directories = new Map<string, ReadonlySet<string>>();
  #sections = 0;
  #textSegments = 0;
  #batches = 0;
  #records = 0;
  #bytes = 0;

  constructor(parts: VerifyParts) {
    this.#parts = parts;
  }

  /** One segment; resolves with what is wrong with it. */
  async one(segment: SegmentInfo): Promise<readonly SegmentFault[]> {
    await this.#check(segment, () => (segment.kind === 'pack' ? this.#section(segment) : this.#text(segment)));
    return this.#faults;
  }

  async run(): Promise<VerifyReport> {
    const { sql, onProgress, from } = this.#parts;
    const startOf = (kind: SegmentKind) => (from?.kind === kind ? { after: from.after } : {});
    let before: SegmentInfo | undefined;
    const packs = from?.kind === 'text' ? [] : allSegments(sql, 'pack', startOf('pack'));
    for await (const segment of packs) {
      if (this.#parts.live !== true) await this.#compare(before, segment);
      await this.#check(segment, () => this.#section(segment));
      before = segment;
      this.#sections++;
      onProgress?.(this.#sections, segment);
    }
    for await (const segment of allSegments(sql, 'text', startOf('text'))) {
      await this.#check(segment, () => this.#text(segment));
      this.#textSegments++;
      onProgress?.(this.#sections + this.#textSegments, segment);
    }
    if (this.#parts.live !== true) await this.#strays();
    return {
      sections: this.#sections,
      textSegments: this.#textSegments,
      batches: this.#batches,
      records: this.#records,
      bytes: this.#bytes,
      faults: this.#faults,
      gaps: this.#gaps,
    };
  }

  async #check(segment: SegmentInfo, task: () => Promise<void>): Promise<void> {
    const { sql, store, live, signal } = this.#parts;
    signal?.throwIfAborted();
    this.#keys.add(segment.objectKey);
    try {
      await task();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(await isRegistered(sql, segment))) return;
      // A store that does not answer says nothing of what it holds; one that does cannot give this.
      if (live === true && error instanceof ObjectStoreUnavailable) await store.head(segment.objectKey);
      this.#fault(segment.id, error instanceof Error ? error.message : String(error));
    }
  }

  #fault(where: string, problem: string): void {
    this.#faults.push({ where, problem });
    this.#parts.onFault?.({ where, problem });
  }

  /** Sections of a partition come in offset order. */
  async #compare(before: SegmentInfo | undefined, segment: SegmentInfo): Promise<void> {
    if (before?.topicId !== segment.topicId || before.partition !== segment.partition) return;
    if (segment.baseOffset <= before.lastOffset) {
      if (await isRegistered(this.#parts.sql, before)) this.#fault(segment.id, `overlaps ${before.id}`);
    } else if (segment.baseOffset > before.lastOffset + 1) {
      const { topic, partition } = segment;
      this.#gaps.push({ topic, partition, from: before.lastOffset + 1, to: segment.baseOffset - 1 });
    }
  }

  async #section(segment: SegmentInfo): Promise<void> {
    const read = (range: Parameters<ObjectStore['get']>[1]) => this.#parts.store.get(segment.objectKey, range);
    const listed = await this.#directory(segment.objectKey);
    if (!listed.has(placeOf(segment))) throw new PackCorrupt('the directory of its pack does not list it so');
    const index = await readSectionIndex(read, segment);
    let records = 0;
    let nextOffset = segment.baseOffset;
    for (let first = 0; first < index.intervals.length; ) {
      let end = first + 1;
      const start = index.intervals[first]?.position ?? 0;
      while (end < index.intervals.length && intervalEnd(index, end, segment) - start <= PIECE_BYTES) end++;
      const bytes = await readIntervals(read, segment, index, first, end);
      for (const header of batchesOf(bytes)) {
        if (!verifyBatchCrc(bytes, header.position, crc32c))
          throw new PackCorrupt(`batch ${header.baseOffset} is corrupt`);
        if (header.baseOffset < nextOffset) throw new PackCorrupt(`batch ${header.baseOffset} is out of order`);
        nextOffset = header.lastOffset + 1;
        records += header.recordCount;
        this.#batches++;
      }
      this.#bytes += bytes.length;
      first = end;
      await this.#parts.pace?.(bytes.length);
    }
    this.#records += records;
    if (nextOffset !== segment.lastOffset + 1 || records !== segment.records)
      throw new PackCorrupt(
        `holds ${records} records up to ${nextOffset - 1}, not ${segment.records} up to ${segment.lastOffset}`,
      );
  }

  /** Sections come by partition, objects hold many: a directory is read once while it is in use. */
  async #directory(objectKey: string): Promise<ReadonlySet<string>> {
    const known = this.#directories.get(objectKey);
    if (known !== undefined) return known;
    const sections = await readDirectory((range) => this.#parts.store.get(objectKey, range));
    const places = new Set(sections.map((section) => placeOf({ ...section, topicId: uuidToString(section.topicId) })));
    if (this.#directories.size >= 1000) this.#directories.clear();
    this.#directories.set(objectKey, places);
    return places;
  }

  async #text(segment: SegmentInfo): Promise<void> {
    const { store, pace } = this.#parts;
    const { objectKey } = segment;
    const info = await store.head(objectKey);
    if (info === undefined) throw new Error(`no object ${objectKey}`);
    if (segment.position + segment.length > info.size) throw new Error(`its object ends at ${info.size}`);
    const reader = { read: (from: number, length: number) => store.get(objectKey, { from, length }) };
    const bytes = await SegmentBytes.open(reader, segment);
    const { partition, baseOffset, lastOffset, documents } = bytes.directory;
    const told = placeIn({ ...segment, documents: segment.records });
    if (placeIn({ partition, baseOffset, lastOffset, documents }) !== told)
      throw new CorruptTextSegment(objectKey, `holds ${placeIn(bytes.directory)}, not ${told}`);
    await bytes.verify(async (length) => pace?.(length));
    this.#records += segment.records;
    this.#bytes += segment.length;
  }

  /** Objects that are neither registered nor waiting for their deletion. What tables need, their catalog tells. */
  async #strays(): Promise<void> {
    const { sql, store } = this.#parts;
    const garbage = await new Garbage(sql).keys();
    for await (const { key } of store.list(''))
      if (!this.#keys.has(key) && !garbage.has(key) && !key.startsWith(LAKE_PREFIX) && (await this.#isStray(key)))
        this.#fault(key, 'is in the object store, but nothing refers to it');
  }

  /** A broker that runs may have stored it since, or deleted it. */
  async #isStray(key: string): Promise<boolean> {
    const { sql, store } = this.#parts;
    if (await new Garbage(sql).holds(key)) return false;
    for (const registry of [sectionRegistry(sql), textSegmentRegistry(sql)])
      if ((await registry.ofObject(key)).length > 0) return false;
    return (await store.head(key)) !== undefined;
  }
}

function placeIn(of: Pick<TextDirectory, 'partition' | 'baseOffset' | 'lastOffset' | 'documents'>): string {
  return `${of.documents} documents of partition ${of.partition}, offsets ${of.baseOffset} to ${of.lastOffset}`;
}

function placeOf(
  of: Pick<SegmentInfo, 'topicId' | 'partition' | 'baseOffset' | 'lastOffset' | 'generation' | 'position' | 'length'>,
): string {
  return [of.topicId, of.partition, of.baseOffset, of.lastOffset, of.generation, of.position, of.length].join(' ');
}

/** `quarry segments verify`. Rejects only when the registry or the store cannot be read at all. */
export function verifySegments(parts: VerifyParts): Promise<VerifyReport> {
  return new Verifier(parts).run();
}

/** Reads one segment back; resolves with what is wrong with it. */
export function verifySegment(parts: VerifyParts, segment: SegmentInfo): Promise<readonly SegmentFault[]> {
  return new Verifier(parts).one(segment);
}
