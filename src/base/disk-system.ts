import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Disk, DiskEntry, DiskFile } from './disk.ts';

const FLAGS = { read: 'r', write: fs.constants.O_RDWR | fs.constants.O_CREAT, create: 'wx+' } as const;

/** Fills `into` from `position` of an open file, in the thread pool; gives the bytes read, fewer only at the end of the file. Rejects with the system's error. */
export async function readAt(descriptor: number, into: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < into.byteLength) {
    const count = await readOnce(descriptor, into, done, position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

function readOnce(descriptor: number, into: Uint8Array, from: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(descriptor, into, from, into.byteLength - from, position, (error, count) =>
      error ? reject(error) : resolve(count),
    );
  });
}

class SystemFile implements DiskFile {
  readonly path: string;
  readonly #fd: number;

  constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  writeSync(buffers: readonly Uint8Array[], position: number): void {
    let total = 0;
    for (const buffer of buffers) total += buffer.byteLength;
    const written = fs.writevSync(this.#fd, buffers, position);
    if (written !== total) this.#writeRest(buffers, position, written);
  }

  /** A short write (nearly full disk, signal): go on from where it stopped, so that the error of the world shows. */
  #writeRest(buffers: readonly Uint8Array[], position: number, written: number): void {
    let skip = written;
    let at = position + written;
    for (const buffer of buffers) {
      if (skip >= buffer.byteLength) {
        skip -= buffer.byteLength;
        continue;
      }
      let from = skip;
      skip = 0;
      while (from < buffer.byteLength) {
        const count = fs.writeSync(this.#fd, buffer, from, buffer.byteLength - from, at);
        from += count;
        at += count;
      }
    }
  }

  datasync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#fd, (error) => (error ? reject(error) : resolve()));
    });
  }

  readSync(into: Uint8Array, position: number): number {
    let done = 0;
    while (done < into.byteLength) {
      const count = fs.readSync(this.#fd, into, done, into.byteLength - done, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return readAt(this.#fd, into, position);
  }

  sizeSync(): number {
    return fs.fstatSync(this.#fd).size;
  }

  truncateSync(length: number): void {
    fs.ftruncateSync(this.#fd, length);
  }

  close(): void {
    fs.closeSync(this.#fd);
  }
}

function syncFolder(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fd = fs.openSync(path, 'r');
    fs.fsync(fd, (error) => {
      fs.closeSync(fd);
      if (error) reject(error);
      else resolve();
    });
  });
}

/** Makes a folder, unless it is there, and its name durable: a power cut could take it with all that is synced in it. */
function makeFolder(path: string): void {
  try {
    fs.mkdirSync(path);
  } catch (error) {
    if (fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
    throw error;
  }
  const parent = fs.openSync(dirname(path), 'r');
  try {
    fs.fsyncSync(parent);
  } finally {
    fs.closeSync(parent);
  }
}

/** Step by step: Node's own recursion never ends where a file system knows the parent and yet says that it is missing, as /proc does. */
function makeFolders(path: string): void {
  try {
    makeFolder(path);
  } catch (error) {
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === path) throw error;
    makeFolders(parent);
    makeFolder(path);
  }
}

const require = createRequire(import.meta.url);

/** SQLite's code for a file that somebody else has locked. */
const SQLITE_BUSY = 5;

/** Of the system's own locks, which end with their process and hold between containers, Node offers none but through SQLite. */
function hold(path: string): (() => void) | undefined {
  // In the system's own words where it cannot be made. Not later: whoever closes a file gives up his locks of it.
  if (!fs.existsSync(path)) fs.closeSync(fs.openSync(path, FLAGS.write, 0o644));
  const { DatabaseSync } = require('node:sqlite') as typeof import('node:sqlite');
  const file = new DatabaseSync(path);
  try {
    file.exec('BEGIN EXCLUSIVE');
    return () => file.close();
  } catch (error) {
    file.close();
    const { errcode = 0 } = error as { errcode?: number };
    if ((errcode & 0xff) === SQLITE_BUSY) return undefined;
    throw error;
  }
}

/** The machine's file system. */
export const systemDisk: Disk = {
  open: (path, mode) => new SystemFile(path, fs.openSync(path, FLAGS[mode], 0o644)),
  exists: (path) => fs.existsSync(path),
  size: (path) => fs.statSync(path).size,
  list(path): DiskEntry[] {
    if (!fs.existsSync(path)) return [];
    const entries = fs.readdirSync(path, { withFileTypes: true });
    return entries
      .map((entry) => ({ name: entry.name, directory: entry.isDirectory() }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  },
  makeDirectory: makeFolders,
  rename: (from, to) => fs.renameSync(from, to),
  remove: (path) => fs.rmSync(path, { force: true }),
  removeLarge: (path) => fs.promises.rm(path, { force: true }),
  removeTree: (path) => fs.rmSync(path, { force: true, recursive: true }),
  syncDirectory: syncFolder,
  hold,
  free(path) {
    const stats = fs.statfsSync(path);
    return stats.bavail * stats.bsize;
  },
  inUse(path) {
    const stats = fs.statfsSync(path);
    return (stats.blocks - stats.bfree) * stats.bsize;
  },
};
