import type { BigIntStats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { readAt, systemDisk } from '../base/disk-system.ts';
import { type Random, uuidToString } from '../base/random.ts';
import { ObjectExists, ObjectNotFound, PreconditionFailed, unavailable } from './errors.ts';
import { checkKey, resolveRange } from './keys.ts';
import { OpenFiles } from './open-files.ts';
import type { ByteRange, ObjectBody, ObjectInfo, ObjectStore, PutOptions, Take } from './types.ts';

/** Folder under the root where objects are written before they get their name. Not a possible first component of a key. */
const UPLOADS = '.uploads';

/** Ranges up to this length are read without asking for the size of the object. */
const UNASKED_BYTES = 8 * 1024 * 1024;

const ownMemory: Take = (size) => Buffer.allocUnsafeSlow(size);

const isMissing = (error: unknown): boolean => {
  const code = (error as { code?: unknown }).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
};

const hasCode = (error: unknown, code: string): boolean => (error as { code?: unknown }).code === code;

async function syncFolder(path: string): Promise<void> {
  const handle = await fs.open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A file on the same disk becomes the object by a second name: writing its bytes again would cost the disk as much as the log itself. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await fs.link(from, to);
  } catch (error) {
    if (isMissing(error)) throw error;
    // Another disk, or a file system without links.
    await fs.copyFile(from, to);
  }
}

/** A new file has a new inode, so that the etag changes even when size and time stay. */
function infoOf(key: string, stats: BigIntStats): ObjectInfo {
  const etag = `${stats.ino.toString(36)}-${stats.mtimeNs.toString(36)}-${stats.size.toString(36)}`;
  return { key, size: Number(stats.size), etag, modified: Number(stats.mtimeMs) };
}

/**
 * Objects as files under a folder. A put is atomic and durable: written aside, synced, given its name by rename or
 * (ifAbsent) link, and the folders synced. `ifMatch` is exact within this process only.
 */
class FileStore implements ObjectStore {
  readonly local = true;
  readonly #root: string;
  readonly #random: Random;
  readonly #open: OpenFiles;
  /** Last writer of each key with a conditional put, so that check and rename are one step. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(root: string, { random, clock }: FileStoreParts) {
    this.#root = root;
    this.#random = random;
    this.#open = new OpenFiles(clock);
  }

  #path(key: string): string {
    checkKey(key);
    if (key.split('/')[0] === UPLOADS) throw new RangeError(`'${key}' is not an object key`);
    return join(this.#root, key);
  }

  async put(key: string, body: ObjectBody, options: PutOptions = {}): Promise<ObjectInfo> {
    const path = this.#path(key);
    const temporary = join(this.#root, UPLOADS, uuidToString(this.#random.bytes(16)));
    try {
      await this.#makeFolder(dirname(temporary));
      await this.#write(temporary, body);
      await this.#makeFolder(dirname(path));
      const info = await this.#inTurn(key, () => this.#name(key, temporary, path, options));
      await syncFolder(dirname(path));
      return info;
    } catch (error) {
      throw unavailable(`cannot store ${key}`, error);
    } finally {
      this.#open.forget(path);
      await fs.rm(temporary, { force: true });
    }
  }

  async #write(path: string, body: ObjectBody): Promise<void> {
    if (!(body instanceof Uint8Array)) await linkOrCopy(body.file, path);
    const handle = await fs.open(path, body instanceof Uint8Array ? 'wx' : 'r+');
    try {
      if (body instanceof Uint8Array) await handle.writeFile(body);
      await handle.datasync();
    } finally {
      await handle.close();
    }
  }

  /** What is said of the object is asked of the file before it has its name: afterwards the next writer's may be there. */
  async #name(key: string, temporary: string, path: string, options: PutOptions): Promise<ObjectInfo> {
    const info = infoOf(key, await fs.stat(temporary, { bigint: true }));
    if (options.ifAbsent === true) {
      await fs.link(temporary, path).catch((error: unknown) => {
        throw hasCode(error, 'EEXIST') ? new ObjectExists(key, { cause: error }) : error;
      });
      return info;
    }
    if (options.ifMatch !== undefined && (await this.head(key))?.etag !== options.ifMatch)
      throw new PreconditionFailed(key);
    await fs.rename(temporary, path);
    return info;
  }

  async #inTurn<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(key) ?? Promise.resolve();
    const mine = before.then(task, task);
    this.#turns.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#turns.get(key) === mine) this.#turns.delete(key);
    }
  }

  /** Creates a folder; each new folder's parent is synced, or a power cut could lose the folder with the object in it. */
  async #makeFolder(path: string): Promise<void> {
    const first = await fs.mkdir(path, { recursive: true });
    if (first === undefined) return;
    for (let at = path; at.length >= first.length; at = dirname(at)) await syncFolder(dirname(at));
  }

  async get(key: string, range?: ByteRange, take: Take = ownMemory): Promise<Uint8Array> {
    const path = this.#path(key);
    try {
      const bounded = range !== undefined && 'length' in range && range.length <= UNASKED_BYTES;
      // A part of an object is asked for in the company of others, and the object does not change then.
      if (bounded) {
        const { start, end } = resolveRange(range, Number.POSITIVE_INFINITY);
        return await this.#fill(take(end - start), (into) => this.#open.read(path, into, start));
      }
      const handle = await fs.open(path, 'r');
      try {
        const { start, end } = resolveRange(range, (await handle.stat()).size);
        return await this.#fill(take(end - start), (into) => readAt(handle.fd, into, start));
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (error instanceof RangeError) throw error;
      throw isMissing(error) ? new ObjectNotFound(key, { cause: error }) : unavailable(`cannot read ${key}`, error);
    }
  }

  /** What is past the end shows when it is read. */
  async #fill(bytes: Uint8Array, read: (into: Uint8Array) => Promise<number>): Promise<Uint8Array> {
    const count = await read(bytes);
    return count === bytes.length ? bytes : bytes.subarray(0, count);
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    try {
      const stats = await fs.stat(this.#path(key), { bigint: true });
      return stats.isFile() ? infoOf(key, stats) : undefined;
    } catch (error) {
      if (error instanceof RangeError) throw error;
      if (isMissing(error)) return undefined;
      throw unavailable(`cannot look at ${key}`, error);
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    const paths = keys.map((key) => this.#path(key));
    try {
      for (const path of paths) {
        await fs.rm(path, { force: true });
        this.#open.forget(path);
      }
      for (const folder of new Set(paths.map((path) => dirname(path))))
        await syncFolder(folder).catch((error: unknown) => {
          if (!isMissing(error)) throw error;
        });
    } catch (error) {
      throw unavailable(`cannot delete ${keys.length} objects`, error);
    }
  }

  async *list(prefix: string, after = ''): AsyncIterable<ObjectInfo> {
    yield* this.#walk(this.#root, prefix, after);
  }

  /** A folder sorts with its '/', as its keys do: 'a-b' comes before 'a/b'. */
  async *#walk(folder: string, prefix: string, after: string): AsyncIterable<ObjectInfo> {
    const base = relative(this.#root, folder).split(sep).join('/');
    const entries = await fs.readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw unavailable(`cannot list ${folder}`, error);
    });
    const names = entries
      .filter((entry) => base !== '' || entry.name !== UPLOADS)
      .map((entry) => `${base === '' ? '' : `${base}/`}${entry.name}${entry.isDirectory() ? '/' : ''}`)
      .sort();
    for (const name of names) {
      if (!name.startsWith(prefix) && !(name.endsWith('/') && prefix.startsWith(name))) continue;
      if (name.endsWith('/')) {
        // Nothing in a folder that sorts wholly before `after` is wanted.
        if (name > after || after.startsWith(name)) yield* this.#walk(join(this.#root, name), prefix, after);
      } else if (name > after) {
        const info = await this.head(name);
        if (info !== undefined) yield info;
      }
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#turns.values());
    this.#open.close();
  }
}

export interface FileStoreParts {
  readonly random: Random;
  readonly clock: Clock;
  readonly cleanUp?: boolean;
}

/**
 * Objects as files under `root` (made when missing). With `cleanUp`, what a crash left of uploads is removed: for the one who opens the
 * store first, because another thread's upload under way would be removed too.
 */
export async function openFileStore(root: string, parts: FileStoreParts): Promise<ObjectStore> {
  try {
    systemDisk.makeDirectory(root);
    if (parts.cleanUp === true) await fs.rm(join(root, UPLOADS), { recursive: true, force: true });
  } catch (error) {
    throw unavailable(`cannot use ${root} for objects`, error);
  }
  return new FileStore(root, parts);
}
