import { readBatchHeader } from '../../../protocol/records/index.ts';
import { type Disk, readFile } from '../../base/disk.ts';
import { uuidToString } from '../../base/random.ts';
import type { SectionRow } from '../../metadata/types.ts';
import type { ObjectStore } from '../../objects/types.ts';
import type { Section } from '../../packs/format.ts';
import { type PackFile, PackWriter } from '../../packs/writer.ts';
import type { CorruptRange } from '../../wal/segment-reader.ts';
import { WalSegmentBatches, type WalShare } from './wal-batches.ts';

/** The offset from which on a partition still has to be packed. */
export interface PackFrom {
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
}

/** A sealed WAL segment to be packed. Plain data: it crosses threads. */
export interface PackTask {
  readonly sequence: number;
  readonly objectKey: string;
  /** Topics that exist; batches of others are left out. */
  readonly topicIds: readonly string[];
  /** Where not all of a partition is to be packed: what lies before is packed already or below the log start. */
  readonly from: readonly PackFrom[];
}

/** A section of a pack that is stored and not yet registered. */
export type BuiltSection = Omit<SectionRow, 'created' | 'objectKey'>;

/** What became of a task. Without sections nothing was stored. */
export interface BuiltPack {
  readonly sections: readonly BuiltSection[];
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly corrupt: readonly CorruptRange[];
}

/** A pack in a local file. */
interface CopiedPack extends PackFile {
  readonly bytesRead: number;
  readonly corrupt: readonly CorruptRange[];
}

/** Builds packs, here or in another thread. */
export interface PackBuilding {
  build(task: PackTask): Promise<BuiltPack>;
  close(): Promise<void>;
}

export interface PackBuilderParts {
  readonly disk: Disk;
  readonly walFolder: string;
  /** Where packs are put together before they are uploaded; a folder of the builder's own. */
  readonly temporaryFolder: string;
  /** The disk is the machine's, so that the store can read the file itself; else its bytes are handed over. */
  readonly uploadFiles: boolean;
  readonly store: ObjectStore;
  readonly maxConcurrentUploads: number;
}

/** Copies what a sealed WAL segment holds into one pack, partition by partition and byte for byte, and uploads it. */
export class PackBuilder implements PackBuilding {
  readonly #parts: PackBuilderParts;
  readonly #waiting: (() => void)[] = [];
  #uploads = 0;
  /** Copying takes this thread whole: more than one at a time would cost memory and no less time. */
  #copying: Promise<unknown> = Promise.resolve();

  /** Removes what an earlier run left in the temporary folder. */
  constructor(parts: PackBuilderParts) {
    this.#parts = parts;
    parts.disk.removeTree(parts.temporaryFolder);
    parts.disk.makeDirectory(parts.temporaryFolder);
  }

  /** Rejects with the disk's error, WalUnavailable, or the store's error; then nothing of it counts. */
  build(task: PackTask): Promise<BuiltPack> {
    const copied = this.#copying.then(() => this.#copy(task));
    this.#copying = copied.catch(() => undefined);
    return copied.then((copy) => this.#store(task, copy));
  }

  /** Puts the pack together in a local file; without sections there is nothing in it. */
  async #copy(task: PackTask): Promise<CopiedPack> {
    const { disk, walFolder, temporaryFolder } = this.#parts;
    const source = new WalSegmentBatches(disk, walFolder, task.sequence);
    try {
      const writer = new PackWriter(disk, `${temporaryFolder}/${task.sequence}.pack`);
      try {
        await copyWanted(source, task, writer);
        const corrupt = await source.quarantine();
        return { ...writer.finish(), bytesRead: writer.batchBytes, corrupt };
      } catch (error) {
        writer.abandon();
        throw error;
      }
    } finally {
      source.close();
    }
  }

  async #store(task: PackTask, { path, sections, size, bytesRead, corrupt }: CopiedPack): Promise<BuiltPack> {
    try {
      if (sections.length === 0) return { sections: [], bytesRead, bytesWritten: 0, corrupt };
      await this.#upload(task.objectKey, path, size);
      return { sections: sections.map(describe), bytesRead, bytesWritten: size, corrupt };
    } finally {
      this.#parts.disk.remove(path);
    }
  }

  /** A pack goes under a key that nobody else uses: finding it taken would be a bug, and must not overwrite. */
  async #upload(objectKey: string, path: string, size: number): Promise<void> {
    const { store, disk, uploadFiles, maxConcurrentUploads } = this.#parts;
    while (this.#uploads >= maxConcurrentUploads)
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    this.#uploads++;
    try {
      await store.put(objectKey, uploadFiles ? { file: path, size } : readFile(disk, path), { ifAbsent: true });
    } finally {
      this.#uploads--;
      this.#waiting.shift()?.();
    }
  }

  async close(): Promise<void> {}
}

/** Bytes copied in one turn of the event loop, which may be that of the whole broker. */
const TURN_BYTES = 2 * 1024 * 1024;

async function copyWanted(source: WalSegmentBatches, task: PackTask, writer: PackWriter): Promise<void> {
  const topics = new Set(task.topicIds);
  const offsets = new Map(task.from.map((one) => [`${one.topicId}/${one.partition}`, one.offset]));
  const fromOf = (share: WalShare): number => offsets.get(`${uuidToString(share.topicId)}/${share.partition}`) ?? 0;
  const wanted = (share: WalShare): boolean =>
    topics.has(uuidToString(share.topicId)) && share.lastOffset >= fromOf(share);
  let open = false;
  let turn = 0;
  for (const { share, batches, last } of source.pieces(wanted)) {
    const from = fromOf(share);
    for (const batch of batches) {
      if (share.baseOffset < from && readBatchHeader(batch, 0).lastOffset < from) continue;
      if (!open) writer.beginSection({ topicId: share.topicId, partition: share.partition, generation: 0 });
      open = true;
      writer.append(batch);
    }
    if (open && last) {
      writer.endSection();
      open = false;
    }
    if (writer.batchBytes - turn < TURN_BYTES) continue;
    turn = writer.batchBytes;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A section as the registry has it. */
export function describe(section: Section): BuiltSection {
  const { topicId, indexLength: _length, indexCrc: _crc, ...facts } = section;
  return { ...facts, topicId: uuidToString(topicId) };
}
