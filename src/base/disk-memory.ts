import type { Disk, DiskEntry, DiskFile } from './disk.ts';

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code, path });
}

/** Bytes of one file in memory; grows by doubling. */
class MemoryBytes {
  #bytes = new Uint8Array(0);
  length = 0;

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.byteLength;
    this.#reserve(end);
    this.#bytes.set(bytes, position);
    this.length = Math.max(this.length, end);
  }

  read(into: Uint8Array, position: number): number {
    const count = Math.max(0, Math.min(into.byteLength, this.length - position));
    into.set(this.#bytes.subarray(position, position + count));
    return count;
  }

  resize(length: number): void {
    this.#reserve(length);
    if (length < this.length) this.#bytes.fill(0, length, this.length);
    this.length = length;
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(length, this.#bytes.length * 2, 4096));
    grown.set(this.#bytes.subarray(0, this.length));
    this.#bytes = grown;
  }
}

/** An open file over its bytes. Every write is durable at once: there is nothing to lose it to. */
class MemoryFile implements DiskFile {
  readonly path: string;
  readonly #bytes: MemoryBytes;

  constructor(path: string, bytes: MemoryBytes) {
    this.path = path;
    this.#bytes = bytes;
  }

  writeSync(buffers: readonly Uint8Array[], position: number): void {
    let at = position;
    for (const buffer of buffers) {
      this.#bytes.write(buffer, at);
      at += buffer.byteLength;
    }
  }

  datasync(): Promise<void> {
    return Promise.resolve();
  }

  readSync(into: Uint8Array, position: number): number {
    return this.#bytes.read(into, position);
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return Promise.resolve(this.#bytes.read(into, position));
  }

  sizeSync(): number {
    return this.#bytes.length;
  }

  truncateSync(length: number): void {
    this.#bytes.resize(length);
  }

  close(): void {}
}

/** Names directly below `path` among full paths; the value says whether it is a folder. */
function childrenOf(path: string, files: Iterable<string>, folders: Iterable<string>): DiskEntry[] {
  const found = new Map<string, boolean>();
  const prefix = `${path}/`;
  const add = (name: string, isFolder: boolean): void => {
    if (!name.startsWith(prefix)) return;
    const [first, ...rest] = name.slice(prefix.length).split('/');
    if (first !== undefined && first !== '') found.set(first, rest.length > 0 || isFolder || found.get(first) === true);
  };
  for (const name of files) add(name, false);
  for (const name of folders) add(name, true);
  return [...found].map(([name, directory]) => ({ name, directory })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A file system in memory: for embedded brokers and tests. Nothing survives the process. */
export function memoryDisk(): Disk {
  const files = new Map<string, MemoryBytes>();
  const folders = new Set<string>();
  const fileAt = (path: string): MemoryBytes => {
    const found = files.get(path);
    if (found === undefined) throw systemError('ENOENT', path);
    return found;
  };
  const removeBelow = (names: Set<string> | Map<string, MemoryBytes>, path: string): void => {
    for (const name of names.keys()) if (name === path || name.startsWith(`${path}/`)) names.delete(name);
  };
  return {
    open(path, mode) {
      if (mode === 'create' && files.has(path)) throw systemError('EEXIST', path);
      if (mode !== 'read' && !files.has(path)) files.set(path, new MemoryBytes());
      return new MemoryFile(path, fileAt(path));
    },
    exists: (path) => files.has(path) || folders.has(path),
    size: (path) => fileAt(path).length,
    list: (path) => childrenOf(path, files.keys(), folders),
    makeDirectory: (path) => void folders.add(path),
    rename(from, to) {
      files.set(to, fileAt(from));
      files.delete(from);
    },
    remove: (path) => void files.delete(path),
    removeLarge(path) {
      files.delete(path);
      return Promise.resolve();
    },
    removeTree(path) {
      removeBelow(files, path);
      removeBelow(folders, path);
    },
    syncDirectory: () => Promise.resolve(),
    free: () => Number.MAX_SAFE_INTEGER,
    inUse: () => 0,
  };
}
