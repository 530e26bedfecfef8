import { batchesOf, patchBatch, readBatchHeader } from '../../../../protocol/records/index.ts';
import { codecs } from '../../../../src/base/compression.ts';
import { memoryDisk } from '../../../../src/base/disk-memory.ts';
import { silentLogger } from '../../../../src/base/logger.ts';
import { seededRandom, uuidToString } from '../../../../src/base/random.ts';
import { ProducerStates } from '../../../../src/log/producer-states.ts';
import type { SectionRow } from '../../../../src/metadata/types.ts';
import { memoryStore } from '../../../../src/objects/memory.ts';
import type { ObjectStore } from '../../../../src/objects/types.ts';
import { Compactor } from '../../../../src/processor/compaction/compactor.ts';
import type {
  CompactionDone,
  CompactionHost,
  CompactionSwap,
  CompactionTask,
} from '../../../../src/processor/compaction/types.ts';
import { packOf } from '../../packs/batches.ts';
import { ManualClock } from '../manual-clock.ts';

const TOPIC = new Uint8Array(16).fill(3);

/** A partition of which all is in packs, and passes of compaction over it: no log, no registry, no broker. */
export class PackedPartition {
  readonly clock = new ManualClock();
  readonly objects: ObjectStore = memoryStore(this.clock);
  readonly producers = new ProducerStates();
  readonly swaps: CompactionSwap[] = [];
  sections: SectionRow[] = [];
  cleanedUpTo = 0;
  logEnd = 0;
  /** Called before a swap takes place. */
  onSwap: (swap: CompactionSwap) => void = () => {};
  readonly #compactor: Compactor;
  #unpacked: Uint8Array[] = [];

  constructor(decorate: (store: ObjectStore) => ObjectStore = (store) => store) {
    this.#compactor = new Compactor({
      disk: memoryDisk(),
      temporaryFolder: '/tmp',
      uploadFiles: false,
      store: decorate(this.objects),
      random: seededRandom(1),
      indexBasePath: 'indexes',
      codecs,
      clock: this.clock,
      logger: silentLogger,
      decompressedLimitBytes: 1e6,
    });
  }

  /** Appends a batch, which gets the next offsets; gives its base offset. */
  append(batch: Uint8Array): number {
    const baseOffset = this.logEnd;
    patchBatch(batch, 0, { baseOffset, leaderEpoch: 0 });
    this.producers.prepare(batch, readBatchHeader(batch, 0), baseOffset, 0, 'coordinator');
    this.producers.commit();
    this.logEnd = readBatchHeader(batch, 0).lastOffset + 1;
    this.#unpacked.push(batch);
    return baseOffset;
  }

  /** Puts what was appended since into a section. */
  async pack(): Promise<void> {
    if (this.#unpacked.length === 0) return;
    const objectKey = `packs/${this.logEnd}`;
    const pack = packOf([{ topicId: TOPIC, partition: 0, batches: this.#unpacked }]);
    this.#unpacked = [];
    await this.objects.put(objectKey, pack.bytes);
    const { indexLength: _length, indexCrc: _crc, ...facts } = pack.sections[0]!;
    this.sections.push({ ...facts, topicId: uuidToString(TOPIC), objectKey, created: 0 });
  }

  /** One pass over all sections that end below `below`. */
  async compact(task: Partial<CompactionTask> = {}, below = Number.MAX_SAFE_INTEGER): Promise<CompactionDone> {
    const host: CompactionHost = {
      announce: () => Promise.resolve(),
      abandon: () => {},
      swap: (swap) => {
        this.onSwap(swap);
        this.#swap(swap);
        return Promise.resolve();
      },
    };
    const sections = this.sections.filter(({ lastOffset }) => lastOffset < below);
    const done = await this.#compactor.compact(
      {
        topicId: uuidToString(TOPIC),
        partition: 0,
        sections,
        logStart: 0,
        dirtyFrom: this.cleanedUpTo,
        now: this.clock.now(),
        deleteRetentionMs: 1000,
        producers: this.producers.all.producers.map(({ id, epoch, batches }) => {
          const lastOffset = batches.at(-1)?.lastOffset;
          return lastOffset === undefined ? { id, epoch } : { id, epoch, lastOffset };
        }),
        aborted: this.producers.abortedIn(0, this.logEnd),
        groupBytes: 1e6,
        groupMs: Number.MAX_SAFE_INTEGER,
        keyBytes: 1e6,
        maxBytesPerSecond: Number.MAX_VALUE,
        searched: true,
        ...task,
      },
      host,
    );
    this.cleanedUpTo = done.cleanedUpTo;
    return done;
  }

  #swap(swap: CompactionSwap): void {
    this.swaps.push(swap);
    const at = this.sections.indexOf(swap.replaced[0]!);
    const { section } = swap;
    this.sections.splice(at, swap.replaced.length, ...(section === undefined ? [] : [{ ...section, created: 0 }]));
  }

  /** All batches, in offset order. */
  async bytes(): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (const { objectKey, position, length } of this.sections)
      parts.push(await this.objects.get(objectKey, { from: position, length }));
    const all = Buffer.concat(parts);
    for (const _header of batchesOf(all)) void _header;
    return all;
  }

  close(): Promise<void> {
    return this.#compactor.close();
  }
}
