import { type Disk, readFile } from '../base/disk.ts';
import type { Processes } from '../base/processes.ts';
import { DirectoryInUse } from './errors.ts';

/** Folders that a process holds: within it the file alone does not tell a second opener from the first. */
const held = new WeakMap<Processes, WeakMap<Disk, Set<string>>>();

/** A folder that no other process may open; `release` gives it back. */
export interface DirectoryLock {
  release(): void;
}

function heldBy(processes: Processes, disk: Disk): Set<string> {
  const disks = held.get(processes) ?? new WeakMap<Disk, Set<string>>();
  held.set(processes, disks);
  const own = disks.get(disk) ?? new Set<string>();
  disks.set(disk, own);
  return own;
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).trim();

/** Writes who has the folder, for people and for systems without a lock of their own. */
function nameOwner(disk: Disk, path: string, folder: string, owner: string): void {
  if (disk.exists(path)) disk.remove(path);
  try {
    const file = disk.open(path, 'create');
    file.writeSync([new TextEncoder().encode(owner)], 0);
    file.close();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw new DirectoryInUse(`${folder} was opened by another process just now`, { cause });
  }
}

/**
 * Takes a folder: `LOCK` says who has it, `LOCK.held` is held by a lock of the system, which knows of processes that this one cannot see. A lock whose
 * process is gone (kill −9, power cut) is taken over. Throws DirectoryInUse when the folder is open in a living process, this one included.
 */
export function lockDirectory(disk: Disk, folder: string, processes: Processes): DirectoryLock {
  const path = `${folder}/LOCK`;
  const own = heldBy(processes, disk);
  if (own.has(path)) throw new DirectoryInUse(`${folder} is already open in this process`);
  if (disk.exists(path)) {
    const owner = text(readFile(disk, path));
    if (owner !== processes.self && processes.alive(owner))
      throw new DirectoryInUse(`${folder} is in use by process ${owner.split(' ')[0]}; stop it first`);
  }
  const letGo = disk.hold?.(`${path}.held`);
  if (disk.hold !== undefined && letGo === undefined)
    throw new DirectoryInUse(
      `${folder} is in use by a process that is not to be seen from here, as of another container`,
    );
  try {
    nameOwner(disk, path, folder, processes.self);
  } catch (error) {
    letGo?.();
    throw error;
  }
  own.add(path);
  return {
    release() {
      if (!own.delete(path)) return;
      disk.remove(path);
      letGo?.();
    },
  };
}

/** The process that has the folder open, or undefined when it is free. Changes nothing. */
export function lockOwner(disk: Disk, folder: string, processes: Processes): string | undefined {
  const path = `${folder}/LOCK`;
  if (!disk.exists(path)) return undefined;
  const owner = text(readFile(disk, path));
  return processes.alive(owner) ? owner.split(' ')[0] : undefined;
}
