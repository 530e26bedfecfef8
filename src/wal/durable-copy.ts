import type { Disk, DiskFile } from '../base/disk.ts';

const STEP = 1024 * 1024;

function pieces(file: DiskFile, from: number, to: number, take: (bytes: Uint8Array, at: number) => void): void {
  const window = new Uint8Array(Math.max(0, Math.min(STEP, to - from)));
  for (let at = from; at < to; ) {
    const count = file.readSync(window.subarray(0, Math.min(window.length, to - at)), at);
    if (count === 0) return;
    take(window.subarray(0, count), at);
    at += count;
  }
}

/** Writes the bytes [from, to) of a file over themselves, so that the next sync really brings them to the disk. */
export function rewriteRange(file: DiskFile, from: number, to: number): void {
  pieces(file, from, to, (bytes, at) => file.writeSync([bytes], at));
}

/** Copies the bytes [from, to) of a file into a new file at `path`, durably. */
export async function extractRange(disk: Disk, file: DiskFile, from: number, to: number, path: string): Promise<void> {
  const folder = path.slice(0, path.lastIndexOf('/'));
  disk.makeDirectory(folder);
  const copy = disk.open(path, 'write');
  try {
    copy.truncateSync(0);
    pieces(file, from, to, (bytes, at) => copy.writeSync([bytes], at - from));
    await copy.datasync();
  } finally {
    copy.close();
  }
  await disk.syncDirectory(folder);
}
