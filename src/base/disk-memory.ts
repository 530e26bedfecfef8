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

/** A file system in memory: for embedded brokers and tests. Nothing survives the process. */
export function memoryDisk(): Disk {
  const files = new Map<string, MemoryBytes>();
  const folders = new Set<string>();

  const fileAt = (path: string): MemoryBytes => {
    const found = files.get(path);
    if (found === undefined) throw systemError('ENOENT', path);
    return found;
  };

  const open = (path: string, mode: 'read' | 'write' | 'create'): DiskFile => {
    if (mode === 'create' && files.has(path)) throw systemError('EEXIST', path);
    if (mode !== 'read' && !files.has(path)) files.set(path, new MemoryBytes());
    const bytes = fileAt(path);
    return {
      path,
      writeSync(buffers, position) {
        let at = position;
        for (const buffer of buffers) {
          bytes.write(buffer, at);
          at += buffer.byteLength;
        }
      },
      datasync: () => Promise.resolve(),
      readSync: (into, position) => bytes.read(into, position),
      read: (into, position) => Promise.resolve(bytes.read(into, position)),
      sizeSync: () => bytes.length,
      truncateSync: (length) => bytes.resize(length),
      close() {},
    };
  };

  const list = (path: string): DiskEntry[] => {
    const found = new Map<string, boolean>();
    const prefix = `${path}/`;
    const add = (name: string, isFolder: boolean): void => {
      if (!name.startsWith(prefix)) return;
      const [first, ...rest] = name.slice(prefix.length).split('/');
      if (first !== undefined && first !== '')
        found.set(first, rest.length > 0 || isFolder || found.get(first) === true);
    };
    for (const name of files.keys()) add(name, false);
    for (const name of folders) add(name, true);
    return [...found].map(([name, directory]) => ({ name, directory })).sort((a, b) => (a.name < b.name ? -1 : 1));
  };

  return {
    open,
    exists: (path) => files.has(path) || folders.has(path),
    size: (path) => fileAt(path).length,
    list,
    makeDirectory: (path) => void folders.add(path),
    rename(from, to) {
      files.set(to, fileAt(from));
      files.delete(from);
    },
    remove: (path) => void files.delete(path),
    removeTree(path) {
      for (const name of [...files.keys()]) if (name.startsWith(`${path}/`)) files.delete(name);
      for (const name of [...folders]) if (name === path || name.startsWith(`${path}/`)) folders.delete(name);
    },
    syncDirectory: () => Promise.resolve(),
    free: () => Number.MAX_SAFE_INTEGER,
  };
}
