import { type Disk, readFile } from '../base/disk.ts';
import { systemDisk } from '../base/disk-system.ts';
import type { Storage, StorageEntry } from './types.ts';

/** A sync failed: what is on the disk is unknown, and a second sync would prove nothing. Only a restart finds out. */
export class StorageStopped extends Error {
  override readonly name = 'StorageStopped';
}

const parentOf = (path: string): string => {
  const at = path.lastIndexOf('/');
  return at > 0 ? path.slice(0, at) : at === 0 ? '/' : '.';
};

const isMissing = (error: unknown): boolean => (error as { code?: unknown }).code === 'ENOENT';

class FileSystemStorage implements Storage {
  readonly #disk: Disk;
  #stopped: Error | undefined;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Nothing is changed any more once a sync has failed (promise 1 of the log holds here too). */
  #check(): void {
    if (this.#stopped !== undefined)
      throw new StorageStopped(`stopped after a failed sync: ${this.#stopped.message}`, { cause: this.#stopped });
  }

  async #sync(task: Promise<void>): Promise<void> {
    try {
      await task;
    } catch (error) {
      this.#stopped ??= error instanceof Error ? error : new Error(String(error));
      throw error;
    }
  }

  async makeDirectory(path: string): Promise<void> {
    this.#check();
    const made: string[] = [];
    for (let at = path; at !== '.' && at !== '/' && !this.#disk.exists(at); at = parentOf(at)) made.push(at);
    if (made.length === 0) return;
    this.#disk.makeDirectory(path);
    // The name of a new directory is in its parent, which a power cut could bring back without it.
    for (const directory of made) await this.#sync(this.#disk.syncDirectory(parentOf(directory)));
  }

  async list(path: string): Promise<StorageEntry[]> {
    return this.#disk.list(path);
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    try {
      return readFile(this.#disk, path);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Written beside, synced, renamed, and the directory synced. */
  async write(path: string, content: Uint8Array): Promise<void> {
    this.#check();
    const temporary = `${path}.tmp`;
    const file = this.#disk.open(temporary, 'write');
    try {
      file.truncateSync(0);
      file.writeSync([content], 0);
      await this.#sync(file.datasync());
    } finally {
      file.close();
    }
    this.#disk.rename(temporary, path);
    await this.#sync(this.#disk.syncDirectory(parentOf(path)));
  }

  async remove(paths: readonly string[]): Promise<void> {
    this.#check();
    for (const path of paths) this.#disk.remove(path);
    for (const directory of new Set(paths.map(parentOf)))
      if (this.#disk.exists(directory)) await this.#sync(this.#disk.syncDirectory(directory));
  }

  async removeDirectory(path: string): Promise<void> {
    this.#check();
    if (!this.#disk.exists(path)) return;
    this.#disk.removeTree(path);
    await this.#sync(this.#disk.syncDirectory(parentOf(path)));
  }
}

/** Files of the machine, or of another disk. After a failed sync it refuses every change with `StorageStopped`. */
export function fileSystemStorage(disk: Disk = systemDisk): Storage {
  return new FileSystemStorage(disk);
}
