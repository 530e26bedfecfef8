import { crc32c } from '../base/crc32c.ts';
import type { Disk } from '../base/disk.ts';

/** A cached block: 4 bytes magic, 4 bytes CRC-32C of the content (both big-endian), then the content. */
const MAGIC = 0x51424c4b; // QBLK
const HEADER_BYTES = 8;
const NAME = /^([0-9a-f]{64})-(\d{1,9})$/;

export interface CacheCounts {
  readonly evicted: number;
  /** Blocks whose checksum was wrong, dropped and fetched again. */
  readonly corrupt: number;
  /** Blocks that could not be written or read (disk full …); the store answers instead. */
  readonly failed: number;
}

/** What the cache holds of one object. */
interface Held {
  readonly indexes: Set<number>;
  size: number | undefined;
}

/**
 * Blocks of objects as files in a folder, least recently used out first. A cache: nothing is synced, whatever cannot be written or
 * verified is simply not there. Blocks of an earlier run are found again.
 */
export class CacheFiles {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #maxBytes: number;
  /** Sizes by file name, in order of use. */
  readonly #files = new Map<string, number>();
  readonly #objects = new Map<string, Held>();
  #bytes = 0;
  #evicted = 0;
  #corrupt = 0;
  #failed = 0;

  constructor(disk: Disk, folder: string, maxBytes: number) {
    this.#disk = disk;
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    disk.makeDirectory(folder);
    for (const { name } of disk.list(folder)) {
      const [, object, index] = NAME.exec(name) ?? [];
      if (object === undefined) disk.remove(`${folder}/${name}`);
      else this.#remember(object, Number(index), disk.size(`${folder}/${name}`));
    }
    this.#evict();
  }

  get bytes(): number {
    return this.#bytes;
  }

  get counts(): CacheCounts {
    return { evicted: this.#evicted, corrupt: this.#corrupt, failed: this.#failed };
  }

  has(object: string, index: number): boolean {
    return this.#files.has(`${object}-${index}`);
  }

  /** The content of a block, or undefined when it is not there or not sound. */
  async read(object: string, index: number): Promise<Uint8Array | undefined> {
    const name = `${object}-${index}`;
    const size = this.#files.get(name);
    if (size === undefined) return undefined;
    this.#files.delete(name);
    this.#files.set(name, size);
    try {
      const bytes = await this.#readFile(name, size);
      const view = new DataView(bytes.buffer);
      const content = bytes.subarray(HEADER_BYTES);
      if (size >= HEADER_BYTES && view.getUint32(0) === MAGIC && view.getUint32(4) === crc32c(content)) return content;
      this.#corrupt++;
    } catch {
      this.#failed++; // Counted, and the caller gets the bytes from the store.
    }
    this.#drop(name);
    return undefined;
  }

  async #readFile(name: string, size: number): Promise<Uint8Array<ArrayBuffer>> {
    const file = this.#disk.open(`${this.#folder}/${name}`, 'read');
    try {
      const bytes = new Uint8Array(size);
      await file.read(bytes, 0);
      return bytes;
    } finally {
      file.close();
    }
  }

  write(object: string, index: number, content: Uint8Array): void {
    const name = `${object}-${index}`;
    const size = HEADER_BYTES + content.byteLength;
    if (size > this.#maxBytes || this.#files.has(name)) return;
    const header = new Uint8Array(HEADER_BYTES);
    const view = new DataView(header.buffer);
    view.setUint32(0, MAGIC);
    view.setUint32(4, crc32c(content));
    const path = `${this.#folder}/${name}`;
    try {
      const file = this.#disk.open(`${path}.tmp`, 'write');
      try {
        file.writeSync([header, content], 0);
      } finally {
        file.close();
      }
      this.#disk.rename(`${path}.tmp`, path);
    } catch {
      this.#failed++; // A full disk costs the cache, not the answer.
      this.#disk.remove(`${path}.tmp`);
      return;
    }
    this.#remember(object, index, size);
    this.#evict();
  }

  /** The size of an object of which blocks are held, when it has been noted. */
  sizeOf(object: string): number | undefined {
    return this.#objects.get(object)?.size;
  }

  noteSize(object: string, size: number): void {
    const held = this.#objects.get(object);
    if (held !== undefined) held.size = size;
  }

  /** Forgets all blocks of an object. */
  invalidate(object: string): void {
    for (const index of this.#objects.get(object)?.indexes ?? []) this.#drop(`${object}-${index}`);
  }

  #remember(object: string, index: number, size: number): void {
    const held = this.#objects.get(object) ?? { indexes: new Set(), size: undefined };
    held.indexes.add(index);
    this.#objects.set(object, held);
    this.#files.set(`${object}-${index}`, size);
    this.#bytes += size;
  }

  #drop(name: string): void {
    const size = this.#files.get(name);
    const [, object = '', index] = NAME.exec(name) ?? [];
    if (size === undefined) return;
    this.#files.delete(name);
    this.#bytes -= size;
    const held = this.#objects.get(object);
    held?.indexes.delete(Number(index));
    if (held?.indexes.size === 0) this.#objects.delete(object);
    this.#disk.remove(`${this.#folder}/${name}`);
  }

  #evict(): void {
    for (const name of this.#files.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#drop(name);
      this.#evicted++;
    }
  }
}
