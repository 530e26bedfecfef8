import type { Disk } from '../../base/disk.ts';
import { readFile } from '../../base/disk.ts';
import type { ObjectBody } from '../../objects/types.ts';

/** Where the bytes of a file are collected that is too large to be kept in memory while it grows. */
export interface Spool {
  append(bytes: Uint8Array): void;
  /** All that was appended, to be stored. */
  finish(): ObjectBody;
  /** Gives back what it takes; after the body was stored, or instead. Twice is fine. */
  close(): void;
}

/** Collects in memory. */
export function memorySpool(): Spool {
  const parts: Uint8Array[] = [];
  return {
    append: (bytes) => void parts.push(new Uint8Array(bytes)),
    finish: () => Buffer.concat(parts),
    close: () => void parts.splice(0),
  };
}

/** Collects in a file at `path`; `uploadFiles`: the disk is the machine's, so that the store can read the file itself. */
export function diskSpool(disk: Disk, path: string, uploadFiles: boolean): Spool {
  const file = disk.open(path, 'write');
  file.truncateSync(0);
  let [size, open] = [0, true];
  const end = (): void => {
    if (open) file.close();
    open = false;
  };
  return {
    append(bytes) {
      file.writeSync([bytes], size);
      size += bytes.length;
    },
    finish() {
      end();
      return uploadFiles ? { file: path, size } : readFile(disk, path);
    },
    close() {
      end();
      disk.remove(path);
    },
  };
}
