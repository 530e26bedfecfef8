import type { Disk, DiskEntry, DiskFile } from '../src/base/disk.ts';
import { below, type Random } from '../src/base/random.ts';

/** What a disk writes whole or not at all. */
const SECTOR = 512;

/** A file's bytes: as the system shows them, and as they lie on the platter. */
class Inode {
  cached = new Uint8Array(4096);
  length = 0;
  durable = new Uint8Array(4096);
  durableLength = 0;
  /** The number of the last write before the sync that `durableLength` is from. */
  lengthOf = 0;
  /** Sectors written since they were last made durable, with the number of the write. */
  readonly dirty = new Map<number, number>();
  /** The number of the write that a sector on the platter holds. */
  readonly platter = new Map<number, number>();
}

function grown(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const room = new Uint8Array(Math.max(length, bytes.length * 2));
  room.set(bytes);
  return room;
}

/** What may go wrong, asked before each call; a seed decides. Throw to fail the call. */
export interface DiskFaults {
  /** `growth`: bytes by which the file gets longer. */
  beforeWrite(path: string, bytes: number, growth: number): void;
  beforeRead(path: string): void;
  /** Resolves when the sync is done; rejects when it fails. */
  sync(path: string): Promise<void>;
  /** Before a name is created, changed or removed. */
  beforeChange(path: string): void;
}

/** Nothing goes wrong, and syncs are done at once. */
export const noFaults: DiskFaults = {
  beforeWrite() {},
  beforeRead() {},
  sync: () => Promise.resolve(),
  beforeChange() {},
};

/** Names that change together; undefined removes. */
type NameChange = readonly (readonly [path: string, inode: Inode | undefined])[];

/** How a power cut treats the sectors that were not durable. */
export interface CutOptions {
  readonly random: Random;
  /** Probability that an unsynced sector has reached the platter. */
  readonly kept: number;
  /** Probability that one which has not is garbage in its new part instead of what was there before. */
  readonly garbage: number;
}

/**
 * A disk in memory that forgets like a real one. What is written shows at once, and survives the end of the process, but survives a power
 * cut only once it is synced; until then each sector is kept, lost or torn by itself. Names (creation, rename, removal) survive when their
 * folder is synced. A failed sync leaves the bytes in the cache, marked clean: the next sync succeeds without them.
 */
export class SimulatedDisk implements Disk {
  faults: DiskFaults = noFaults;
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  #pendingNames: NameChange[] = [];
  readonly #folders = new Set<string>();
  #writes = 0;
  #life = 0;

  /** Sizes of all files. */
  get used(): number {
    let used = 0;
    for (const inode of this.#names.values()) used += inode.length;
    return used;
  }

  open(path: string, mode: 'read' | 'write' | 'create'): DiskFile {
    const existing = this.#names.get(path);
    if (existing === undefined && mode === 'read') throw systemError('ENOENT', path);
    if (existing !== undefined && mode === 'create') throw systemError('EEXIST', path);
    if (existing !== undefined) return this.#handle(path, existing);
    this.faults.beforeChange(path);
    const made = new Inode();
    this.#name([[path, made]]);
    return this.#handle(path, made);
  }

  #name(change: NameChange): void {
    apply(this.#names, change);
    this.#pendingNames.push(change);
  }

  #handle(path: string, inode: Inode): DiskFile {
    const life = this.#life;
    const check = (): void => {
      if (life !== this.#life) throw systemError('EBADF', path);
    };
    const read = (into: Uint8Array, position: number): number => {
      check();
      this.faults.beforeRead(path);
      const count = Math.max(0, Math.min(into.length, inode.length - position));
      into.set(inode.cached.subarray(position, position + count));
      return count;
    };
    return {
      path,
      writeSync: (buffers, position) => {
        check();
        const bytes = buffers.reduce((sum, one) => sum + one.length, 0);
        this.faults.beforeWrite(path, bytes, Math.max(0, position + bytes - inode.length));
        let at = position;
        for (const buffer of buffers) {
          this.#write(inode, buffer, at);
          at += buffer.length;
        }
      },
      datasync: () => this.#sync(path, inode, life),
      readSync: read,
      read: (into, position) => {
        try {
          return Promise.resolve(read(into, position));
        } catch (error) {
          return Promise.reject(error as Error);
        }
      },
      sizeSync: () => inode.length,
      truncateSync: (length) => {
        check();
        this.#truncate(inode, length);
      },
      close() {},
    };
  }

  #write(inode: Inode, bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    if (end > inode.cached.length) inode.cached = grown(inode.cached, end);
    inode.cached.set(bytes, position);
    inode.length = Math.max(inode.length, end);
    this.#touch(inode, position, end);
  }

  #truncate(inode: Inode, length: number): void {
    if (length > inode.cached.length) inode.cached = grown(inode.cached, length);
    if (length < inode.length) inode.cached.fill(0, length, inode.length);
    this.#touch(inode, Math.min(length, inode.length), Math.max(length, inode.length));
    inode.length = length;
  }

  #touch(inode: Inode, from: number, to: number): void {
    this.#writes += 1;
    for (let sector = Math.floor(from / SECTOR); sector * SECTOR < to; sector++) inode.dirty.set(sector, this.#writes);
  }

  async #sync(path: string, inode: Inode, life: number): Promise<void> {
    const taken = [...inode.dirty].map(([sector, write]) => ({ sector, write, bytes: sectorOf(inode.cached, sector) }));
    const { length } = inode;
    const at = this.#writes;
    const settle = (): void => {
      for (const { sector, write } of taken) if (inode.dirty.get(sector) === write) inode.dirty.delete(sector);
    };
    try {
      await this.faults.sync(path);
    } catch (error) {
      if (life === this.#life) settle();
      throw error;
    }
    if (life !== this.#life) throw systemError('EBADF', path);
    for (const { sector, write, bytes } of taken) {
      // A later sync may have ended before this one.
      if ((inode.platter.get(sector) ?? 0) > write) continue;
      inode.platter.set(sector, write);
      putSector(inode, sector, bytes);
    }
    if (at >= inode.lengthOf) {
      inode.durableLength = length;
      inode.lengthOf = at;
    }
    settle();
  }

  exists(path: string): boolean {
    return this.#names.has(path) || this.#folders.has(path);
  }

  size(path: string): number {
    const inode = this.#names.get(path);
    if (inode === undefined) throw systemError('ENOENT', path);
    return inode.length;
  }

  list(path: string): DiskEntry[] {
    const found = new Map<string, boolean>();
    for (const name of [...this.#names.keys(), ...this.#folders]) {
      if (!name.startsWith(`${path}/`)) continue;
      const [first = '', ...rest] = name.slice(path.length + 1).split('/');
      found.set(first, rest.length > 0 || this.#folders.has(name));
    }
    return [...found].map(([name, directory]) => ({ name, directory })).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  makeDirectory(path: string): void {
    this.#folders.add(path);
  }

  rename(from: string, to: string): void {
    this.faults.beforeChange(to);
    const inode = this.#names.get(from);
    if (inode === undefined) throw systemError('ENOENT', from);
    this.#name([
      [to, inode],
      [from, undefined],
    ]);
  }

  remove(path: string): void {
    this.faults.beforeChange(path);
    if (this.#names.has(path)) this.#name([[path, undefined]]);
  }

  async removeLarge(path: string): Promise<void> {
    this.remove(path);
  }

  removeTree(path: string): void {
    for (const name of Array.from(this.#names.keys())) if (name.startsWith(`${path}/`)) this.remove(name);
  }

  async syncDirectory(path: string): Promise<void> {
    const changes = this.#pendingNames.length;
    const life = this.#life;
    await this.faults.sync(path);
    if (life !== this.#life) throw systemError('EBADF', path);
    for (const change of this.#pendingNames.splice(0, changes)) apply(this.#durableNames, change);
  }

  free(): number {
    return Number.MAX_SAFE_INTEGER;
  }

  inUse(): number {
    return 0;
  }

  /** The process is gone, the machine goes on: nothing that was written is lost. */
  kill(): void {
    this.#life += 1;
  }

  /** The power is cut and comes back. */
  cut({ random, kept, garbage }: CutOptions): void {
    this.#life += 1;
    const survivors = below(random, this.#pendingNames.length + 1);
    for (const change of this.#pendingNames.slice(0, survivors)) apply(this.#durableNames, change);
    this.#pendingNames = [];
    this.#names = new Map(this.#durableNames);
    for (const inode of new Set(this.#names.values())) {
      const lengthKept = inode.dirty.size === 0 || random.float() < kept;
      for (const sector of inode.dirty.keys()) {
        if (random.float() < kept) putSector(inode, sector, sectorOf(inode.cached, sector));
        else if (random.float() < garbage) this.#tear(inode, sector, random);
      }
      inode.durableLength = Math.max(lengthKept ? inode.length : inode.durableLength, 0);
      inode.dirty.clear();
      if (inode.durableLength > inode.durable.length) inode.durable = grown(inode.durable, inode.durableLength);
      inode.cached = inode.durable.slice();
      inode.cached.fill(0, inode.durableLength);
      inode.length = inode.durableLength;
    }
  }

  /** Garbage where the sector's bytes were to change; a sector's other bytes stay as they were. */
  #tear(inode: Inode, sector: number, random: Random): void {
    const fresh = sectorOf(inode.cached, sector);
    const old = sectorOf(inode.durable, sector);
    const torn = fresh.map((byte, i) => (byte === old[i] ? byte : below(random, 256)));
    putSector(inode, sector, torn);
  }

  /** Flips one bit of what a file holds, on the platter and in the cache. */
  flip(path: string, position: number, bit: number): void {
    const inode = this.#names.get(path);
    if (inode === undefined || position >= inode.length) return;
    for (const bytes of [inode.cached, inode.durable])
      if (position < bytes.length) bytes[position] = bytes[position]! ^ (1 << bit);
  }
}

function apply(names: Map<string, Inode>, change: NameChange): void {
  for (const [path, inode] of change) {
    if (inode === undefined) names.delete(path);
    else names.set(path, inode);
  }
}

function sectorOf(bytes: Uint8Array, sector: number): Uint8Array {
  const copy = new Uint8Array(SECTOR);
  copy.set(bytes.subarray(sector * SECTOR, (sector + 1) * SECTOR));
  return copy;
}

function putSector(inode: Inode, sector: number, bytes: Uint8Array): void {
  const end = (sector + 1) * SECTOR;
  if (end > inode.durable.length) inode.durable = grown(inode.durable, end);
  inode.durable.set(bytes, sector * SECTOR);
}

/** An error as the file system gives it. */
export function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code, path });
}
