import { assert } from '../base/assert.ts';
import { crc32c } from '../base/crc32c.ts';
import type { Disk, DiskFile } from '../base/disk.ts';
import { type AbortedTransaction, encodeFooter, encodeHeader, encodeIndex, type Section } from './format.ts';
import { SectionBuilder, type SectionName } from './section-builder.ts';

/** Bytes gathered before they are written, at most, and at first: compaction makes many packs of some kilobytes. */
const BUFFER_BYTES = 1024 * 1024;
const FIRST_BUFFER_BYTES = 64 * 1024;

/** A finished pack in a local file. */
export interface PackFile {
  readonly path: string;
  readonly size: number;
  readonly sections: readonly Section[];
}

/** Writes a pack to a local file, section by section, in memory bounded by its buffer. Errors of the disk are thrown as they are. */
export class PackWriter {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #file: DiskFile;
  #buffer = new Uint8Array(FIRST_BUFFER_BYTES);
  readonly #sections: Section[] = [];
  #buffered = 0;
  #written = 0;
  #batchBytes = 0;
  #open: SectionBuilder | undefined;

  /** Creates the file at `path`. One that is there goes, and is not emptied: a store on the same disk may have it as an object, by a second name. */
  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
    disk.remove(path);
    this.#file = disk.open(path, 'write');
    this.#write(encodeHeader());
  }

  get #position(): number {
    return this.#written + this.#buffered;
  }

  /** Bytes of batches so far. */
  get batchBytes(): number {
    return this.#batchBytes;
  }

  beginSection(name: SectionName): void {
    assert(this.#open === undefined, 'the section before is still open');
    this.#open = new SectionBuilder(name, this.#position);
  }

  /** Adds one batch, byte for byte. Throws PackCorrupt (or RecordsError) when it is none or its offsets go back. */
  append(batch: Uint8Array): void {
    assert(this.#open !== undefined, 'no section is open');
    this.#open.add(batch);
    this.#batchBytes += batch.length;
    this.#write(batch);
  }

  endSection(aborted: readonly AbortedTransaction[] = []): Section {
    assert(this.#open !== undefined, 'no section is open');
    const { section, index } = this.#open.finish(aborted);
    this.#open = undefined;
    const block = encodeIndex(index);
    this.#write(block);
    const listed = { ...section, indexLength: block.length, indexCrc: crc32c(block) };
    this.#sections.push(listed);
    return listed;
  }

  /** Writes directory and trailer and closes the file. It is not synced: what makes a pack durable is its upload. */
  finish(): PackFile {
    assert(this.#open === undefined, 'a section is still open');
    this.#write(encodeFooter(this.#sections, this.#position));
    this.#flush();
    this.#file.close();
    return { path: this.#path, size: this.#written, sections: this.#sections };
  }

  /** Gives up: closes and removes the file. */
  abandon(): void {
    this.#file.close();
    this.#disk.remove(this.#path);
  }

  #write(bytes: Uint8Array): void {
    if (this.#buffered + bytes.length > BUFFER_BYTES) this.#flush();
    if (bytes.length > BUFFER_BYTES) {
      this.#file.writeSync([bytes], this.#written);
      this.#written += bytes.length;
      return;
    }
    if (this.#buffered + bytes.length > this.#buffer.length) this.#grow();
    this.#buffer.set(bytes, this.#buffered);
    this.#buffered += bytes.length;
  }

  #grow(): void {
    const grown = new Uint8Array(BUFFER_BYTES);
    grown.set(this.#buffer.subarray(0, this.#buffered));
    this.#buffer = grown;
  }

  #flush(): void {
    if (this.#buffered === 0) return;
    this.#file.writeSync([this.#buffer.subarray(0, this.#buffered)], this.#written);
    this.#written += this.#buffered;
    this.#buffered = 0;
  }
}
