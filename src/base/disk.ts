/** An open file. Positions and lengths are bytes. */
export interface DiskFile {
  readonly path: string;
  /** Writes all of `buffers` one after another at `position`, before returning. Throws the system's error (ENOSPC, EIO …). */
  writeSync(buffers: readonly Uint8Array[], position: number): void;
  /** Makes all bytes written before the call durable (fdatasync, in the thread pool). */
  datasync(): Promise<void>;
  /** Fills `into` from `position`; returns the bytes read, fewer only at the end of the file. */
  readSync(into: Uint8Array, position: number): number;
  read(into: Uint8Array, position: number): Promise<number>;
  sizeSync(): number;
  truncateSync(length: number): void;
  close(): void;
}

export interface DiskEntry {
  readonly name: string;
  readonly directory: boolean;
}

/** The file system as the program may see it: the real one, one in memory, or a faulty one in a simulation. Paths use '/'. */
export interface Disk {
  /**
   * Opens a file. 'read' needs it to exist; 'write' opens for reading and writing and creates it;
   * 'create' does so too but fails with EEXIST when the file is there.
   */
  open(path: string, mode: 'read' | 'write' | 'create'): DiskFile;
  exists(path: string): boolean;
  /** Size in bytes; throws ENOENT when missing. */
  size(path: string): number;
  /** Entries of a folder, sorted by name; empty when the folder is missing. */
  list(path: string): DiskEntry[];
  /** Creates a folder and its parents, durably; one that is there is fine. */
  makeDirectory(path: string): void;
  /** Atomic replace. */
  rename(from: string, to: string): void;
  /** Removes a file; missing is fine. */
  remove(path: string): void;
  /** The same in the thread pool: giving back the blocks of a large file takes tens of milliseconds. */
  removeLarge(path: string): Promise<void>;
  /** Removes a folder with all in it; missing is fine. */
  removeTree(path: string): void;
  /** Makes creations, renames and removals in `path` durable (fsync of the folder). */
  syncDirectory(path: string): Promise<void>;
  /**
   * Takes a file, made when missing, for this process alone, until the function is called that comes back, or the process ends; undefined when another
   * process has it. A disk that no other process can see has no such call.
   */
  hold?(path: string): (() => void) | undefined;
  /** Free bytes of the file system that holds `path`. */
  free(path: string): number;
  /** Bytes of that file system that are in use. */
  inUse(path: string): number;
}

/** Reads a whole file. */
export function readFile(disk: Disk, path: string): Uint8Array {
  const file = disk.open(path, 'read');
  try {
    const bytes = new Uint8Array(file.sizeSync());
    const length = file.readSync(bytes, 0);
    return length === bytes.length ? bytes : bytes.subarray(0, length);
  } finally {
    file.close();
  }
}

/** Replaces `path` with `bytes` atomically and durably: a temporary file beside it, synced, renamed, and the folder synced. */
export async function replaceFile(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = disk.open(temporary, 'write');
  try {
    file.truncateSync(0);
    file.writeSync([bytes], 0);
    await file.datasync();
  } finally {
    file.close();
  }
  disk.rename(temporary, path);
  await disk.syncDirectory(path.slice(0, path.lastIndexOf('/')) || '/');
}
