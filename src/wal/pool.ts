import { type Clock, sleep } from '../base/clock.ts';
import type { Disk, DiskFile } from '../base/disk.ts';
import { listWal, segmentPath, sparePath } from './files.ts';
import { encodeSegmentHeader, FORMAT_VERSION, type SegmentHeader } from './format.ts';
import type { OpenSegment } from './open-segment.ts';

const FILL_STEP = 1024 * 1024;
/** Under heavy load a segment is full long before its zeroes would be: then they would only take the disk's time. */
const FILL_PAUSE_MS = 20;
const RETRY_MS = 500;
/** A burst that needs more files than are kept ready comes again, or does not: so long they wait for it. */
const IDLE_MS = 10 * 60 * 1000;
const ZEROES = new Uint8Array(FILL_STEP);

export interface PoolOptions {
  readonly disk: Disk;
  readonly folder: string;
  readonly clock: Clock;
  readonly brokerId: number;
  readonly epoch: number;
  /** Size to which files are filled with zeroes ahead of use; 0 lets them grow. */
  readonly preallocate: number;
  /** Files kept ready. */
  readonly spareFiles: number;
  /** Most files of drained segments that are kept, if these are more. */
  readonly recycledFiles: number;
  /** A file could not be made: said once until it works again. */
  readonly onTrouble: (error: Error) => void;
}

/**
 * Files for segments to come: made and zero-filled in the background, or taken from drained segments. Overwriting bytes that a file
 * already has spares the file system its journal at each sync.
 */
export class SegmentPool {
  readonly #options: PoolOptions;
  /** Numbers of spare files; `#blank` are those that hold only zeroes. */
  readonly #spares: number[];
  readonly #blank = new Set<number>();
  #nextSpare: number;
  /** What fails at the moment, and why. The making of one file says nothing of the room for another. */
  readonly #troubles = new Map<'making' | 'filling', Error>();
  /** When a spare file was last needed, by the monotonic clock. */
  #taken: number;
  #closed = new AbortController();

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#spares = [...listWal(options.disk, options.folder).spares];
    this.#nextSpare = Math.max(0, ...this.#spares) + 1;
    this.#taken = options.clock.monotonic();
    for (const extra of this.#spares.splice(Math.max(options.spareFiles + 2, options.recycledFiles)))
      options.disk.remove(sparePath(options.folder, extra));
  }

  /** Why no file can be made or filled at the moment (a full disk, as a rule), or undefined. */
  get trouble(): Error | undefined {
    return this.#troubles.size === 0 ? undefined : (this.#troubles.get('making') ?? this.#troubles.get('filling'));
  }

  /** Bytes of spare files. */
  get bytes(): number {
    return this.#spares.length * this.#options.preallocate;
  }

  /** Gives `segment` its file, with header and name durable. Tries until it works; false when the pool is closed before. */
  async prepare(segment: OpenSegment): Promise<boolean> {
    while (!this.#closed.signal.aborted) {
      try {
        const file = await this.#make(segment);
        this.#troubles.delete('making');
        if (!this.#closed.signal.aborted) {
          segment.file = file;
          segment.filled = file.sizeSync();
          return true;
        }
        file.close();
      } catch (error) {
        this.#report('making', error as Error);
        await sleep(this.#options.clock, RETRY_MS, this.#closed.signal);
      }
    }
    return false;
  }

  async #make(segment: OpenSegment): Promise<DiskFile> {
    const { disk, folder, clock, brokerId, epoch } = this.#options;
    const spare = this.#spares[0];
    const number = spare ?? this.#nextSpare++;
    const file = disk.open(sparePath(folder, number), 'write');
    if (spare === undefined) this.#blank.add(number);
    try {
      const header: SegmentHeader = {
        formatVersion: FORMAT_VERSION,
        salt: segment.salt,
        sequence: segment.sequence,
        created: clock.now(),
        brokerId,
        epoch,
        recycled: !this.#blank.has(number),
      };
      file.writeSync([encodeSegmentHeader(header)], 0);
      await file.datasync();
      disk.rename(sparePath(folder, number), segmentPath(folder, segment.sequence));
      if (spare !== undefined) this.#spares.shift();
      this.#taken = clock.monotonic();
      this.#blank.delete(number);
      await disk.syncDirectory(folder);
      return file;
    } catch (error) {
      file.close();
      if (spare === undefined) this.#discard(number);
      throw error;
    }
  }

  /** Removes a file that could not be made: a full disk would soon have thousands of them. */
  #discard(number: number): void {
    this.#blank.delete(number);
    try {
      this.#options.disk.remove(sparePath(this.#options.folder, number));
    } catch {
      // The next start counts it among the spare files.
    }
  }

  /**
   * Writes zeroes ahead of the appends of `segment` up to the size of a segment. Syncs what it wrote only while nothing is appended: a failed
   * sync is reported to one caller alone, and must not be taken from the writer.
   */
  async fill(segment: OpenSegment): Promise<void> {
    const { preallocate } = this.#options;
    // That another one had no room says nothing of this one.
    this.#troubles.delete('filling');
    while (
      segment.filled < preallocate &&
      !segment.closed &&
      segment.file !== undefined &&
      !this.#closed.signal.aborted
    ) {
      const from = Math.max(segment.filled, segment.position);
      const length = Math.min(FILL_STEP, preallocate - from);
      if (length <= 0) return;
      try {
        segment.file.writeSync([ZEROES.subarray(0, length)], from);
        this.#troubles.delete('filling');
      } catch (error) {
        this.#report('filling', error as Error);
        if (!(await sleep(this.#options.clock, RETRY_MS, this.#closed.signal))) return;
        continue;
      }
      segment.filled = from + length;
      if (segment.empty) await segment.holding((file) => file.datasync());
      await sleep(this.#options.clock, FILL_PAUSE_MS, this.#closed.signal);
    }
  }

  /** Makes spare files, zero-filled, until there are enough or the disk has no room. */
  async stock(): Promise<void> {
    const { disk, folder, preallocate, spareFiles } = this.#options;
    while (preallocate > 0 && this.#spares.length < spareFiles - 1 && !this.#closed.signal.aborted) {
      const number = this.#nextSpare++;
      let file: DiskFile | undefined;
      try {
        file = disk.open(sparePath(folder, number), 'write');
        for (let at = 0; at < preallocate && !this.#closed.signal.aborted; at += FILL_STEP) {
          file.writeSync([ZEROES.subarray(0, Math.min(FILL_STEP, preallocate - at))], at);
          await file.datasync();
          await sleep(this.#options.clock, FILL_PAUSE_MS, this.#closed.signal);
        }
      } catch {
        // A luxury: a disk without room for it, or a process without one more open file, is no trouble yet.
        this.#discard(number);
        return;
      } finally {
        file?.close();
      }
      this.#blank.add(number);
      this.#spares.push(number);
    }
  }

  /** Takes the file of a drained segment as a spare, or removes it. Rejects with the disk's error. */
  async recycle(sequence: number): Promise<void> {
    const { disk, folder, preallocate, spareFiles, recycledFiles } = this.#options;
    const path = segmentPath(folder, sequence);
    if (preallocate > 0 && this.#spares.length < Math.max(spareFiles, recycledFiles)) {
      const number = this.#nextSpare++;
      disk.rename(path, sparePath(folder, number));
      this.#spares.push(number);
    } else await disk.removeLarge(path);
  }

  /** Gives one file back to the disk when more are kept than are kept ready, and none was needed for minutes. Rejects with the disk's error. */
  async release(): Promise<void> {
    const { disk, folder, clock, spareFiles } = this.#options;
    if (this.#spares.length <= spareFiles || clock.monotonic() - this.#taken < IDLE_MS) return;
    const number = this.#spares.pop();
    if (number !== undefined) await disk.removeLarge(sparePath(folder, number));
  }

  close(): void {
    this.#closed.abort();
  }

  #report(what: 'making' | 'filling', error: Error): void {
    if (this.trouble === undefined) this.#options.onTrouble(error);
    this.#troubles.set(what, error);
  }
}
