import { createHash } from 'node:crypto';
import { linkSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ObjectNotFound, unavailable } from './errors.ts';
import { checkKey } from './keys.ts';
import type { ObjectStore } from './types.ts';

export interface LocalFilesOptions {
  readonly store: Pick<ObjectStore, 'get'>;
  /** Nobody else writes here. */
  readonly folder: string;
  /** Of downloads; files that only got a second name cost nothing. */
  readonly maxBytes: number;
  /** Where the store's objects lie on this machine under their keys, if they do. */
  readonly root?: string;
}

/** An object and the size that it must have. */
export interface WantedObject {
  readonly key: string;
  readonly size: number;
}

/** Objects as local files, in the order in which they were asked for. They stay until `release`. */
export interface BroughtFiles {
  readonly paths: readonly string[];
  readonly fetchedBytes: number;
  release(): Promise<void>;
}

/** More objects are wanted at once than there is room for. */
export class LocalFilesFull extends Error {
  override readonly name = 'LocalFilesFull';
}

/** Objects brought at once, and bytes of a request. */
const PARALLEL = 4;
const PART_BYTES = 8 * 1024 * 1024;

/** Second names given or taken before other work of the thread has its turn. */
const LINKS_A_TURN = 256;

const DOWNLOAD = /^[0-9a-f]{64}-(\d{1,15})$/;

interface Download {
  readonly size: number;
  users: number;
  readonly ready: Promise<void>;
}

/**
 * Whole objects as files on the local disk, for readers that want a path. An object of a store on the same disk gets a second name, so that
 * it stays readable when the store deletes it; others are downloaded and kept, least recently used out first. For objects that never
 * change under their key.
 */
export class LocalFiles {
  readonly #options: LocalFilesOptions;
  /** By name, in order of use. */
  readonly #downloads = new Map<string, Download>();
  #links = 0;
  #bytes = 0;

  private constructor(options: LocalFilesOptions) {
    this.#options = options;
  }

  /** Takes over what an earlier run downloaded. */
  static async open(options: LocalFilesOptions): Promise<LocalFiles> {
    const { folder } = options;
    const files = new LocalFiles(options);
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) {
      const size = Number(DOWNLOAD.exec(name)?.[1] ?? Number.NaN);
      if ((await stat(join(folder, name))).size === size) files.#adopt(name, size);
      else await rm(join(folder, name), { recursive: true, force: true });
    }
    files.#makeRoom(0);
    return files;
  }

  /** Bytes of the downloads. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Rejects with ObjectNotFound, ObjectStoreUnavailable, LocalFilesFull, or the signal's reason; nothing is held then. */
  async bring(wanted: readonly WantedObject[], signal: AbortSignal): Promise<BroughtFiles> {
    const paths: string[] = new Array<string>(wanted.length);
    const releases: (() => void)[] = [];
    let fetchedBytes = 0;
    const release = async (): Promise<void> => {
      for (const [at, one] of releases.splice(0).entries()) {
        one();
        if (at % LINKS_A_TURN === LINKS_A_TURN - 1) await turn();
      }
    };
    let next = 0;
    const bringSome = async (): Promise<void> => {
      while (next < wanted.length) {
        signal.throwIfAborted();
        const at = next++;
        const object = wanted[at]!;
        const brought = this.#link(object) ?? (await this.#download(object));
        if (at % LINKS_A_TURN === LINKS_A_TURN - 1) await turn();
        releases.push(brought.release);
        paths[at] = brought.path;
        fetchedBytes += brought.fetched;
      }
    };
    const done = await Promise.allSettled(Array.from({ length: PARALLEL }, bringSome));
    const failed = done.find((one) => one.status === 'rejected');
    if (failed !== undefined) {
      await release();
      throw failed.reason;
    }
    return { paths, fetchedBytes, release };
  }

  /** By calls that wait: one that the thread pool makes costs ten times as much, and a query may need thousands. */
  #link({ key, size }: WantedObject) {
    const { root, folder } = this.#options;
    if (root === undefined) return undefined;
    checkKey(key);
    const path = join(folder, `link-${this.#links++}`);
    try {
      linkSync(join(root, key), path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new ObjectNotFound(key, { cause: error });
      // Another disk, or a file system without links.
      return undefined;
    }
    const found = statSync(path).size;
    const release = (): void => unlinkSync(path);
    if (found === size) return { path, fetched: 0, release };
    release();
    throw damaged(key, found, size);
  }

  async #download({ key, size }: WantedObject) {
    const name = `${createHash('sha256').update(key).digest('hex')}-${size}`;
    const known = this.#downloads.get(name);
    const download = known ?? this.#begin(key, name, size);
    download.users++;
    this.#downloads.delete(name);
    this.#downloads.set(name, download);
    const release = (): void => void download.users--;
    try {
      await download.ready;
    } catch (error) {
      release();
      throw error;
    }
    return { path: join(this.#options.folder, name), fetched: known === undefined ? size : 0, release };
  }

  /** Not ended by who asked first: others may wait for it by then. */
  #begin(key: string, name: string, size: number): Download {
    this.#makeRoom(size);
    const ready = this.#fetch(key, name, size);
    const download = { size, users: 0, ready };
    this.#downloads.set(name, download);
    this.#bytes += size;
    ready.catch(() => {
      this.#downloads.delete(name);
      this.#bytes -= size;
    });
    return download;
  }

  async #fetch(key: string, name: string, size: number): Promise<void> {
    const path = join(this.#options.folder, name);
    try {
      const file = await open(`${path}.part`, 'w');
      try {
        for (let from = 0; from < size; from += PART_BYTES) {
          const length = Math.min(PART_BYTES, size - from);
          const bytes = await this.#options.store.get(key, { from, length });
          if (bytes.length < length) throw damaged(key, from + bytes.length, size);
          await file.write(bytes, 0, bytes.length, from);
        }
        // The name of a download says that all of it is there, after a power cut too.
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(`${path}.part`, path);
    } catch (error) {
      await rm(`${path}.part`, { force: true });
      throw unavailable(`cannot bring ${key}`, error);
    }
  }

  #adopt(name: string, size: number): void {
    this.#downloads.set(name, { size, users: 0, ready: Promise.resolve() });
    this.#bytes += size;
  }

  /** Throws LocalFilesFull when what is in use leaves no room for `size` bytes. */
  #makeRoom(size: number): void {
    const { folder, maxBytes } = this.#options;
    for (const [name, { size: freed, users }] of this.#downloads) {
      if (this.#bytes + size <= maxBytes) return;
      if (users > 0) continue;
      this.#downloads.delete(name);
      this.#bytes -= freed;
      // At once, or a new download under the same name could be hit.
      rmSync(join(folder, name), { force: true });
    }
    if (this.#bytes + size > maxBytes)
      throw new LocalFilesFull(`${maxBytes} bytes have no room for all files that are wanted at once`);
  }
}

function damaged(key: string, found: number, size: number): Error {
  return unavailable(`cannot read ${key}`, new Error(`it has ${found} bytes instead of ${size}`));
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
