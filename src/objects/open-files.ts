import * as fs from 'node:fs';
import type { Clock, Timer } from '../base/clock.ts';
import { readAt } from '../base/disk-system.ts';

/** Open files that are kept. */
const MAX_FILES = 32;
/** A file is opened anew after so long, so that one that another thread removed or replaced is let go. */
const HELD_MS = 1000;

interface OpenFile {
  /** By the monotonic clock. */
  readonly opened: number;
  readonly descriptor: Promise<number>;
  readers: number;
  /** Nobody finds it any more: the last reader closes it. */
  dropped: boolean;
}

/** Files that are read piece by piece, kept open between the pieces: opening and closing each time would be two of three calls of the thread pool. */
export class OpenFiles {
  readonly #clock: Clock;
  /** By path, the oldest first. */
  readonly #files = new Map<string, OpenFile>();
  #expiry: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Fills `into` from `position`; gives the bytes read, fewer only at the end of the file. Rejects with the system's error. */
  async read(path: string, into: Uint8Array, position: number): Promise<number> {
    const file = this.#files.get(path) ?? this.#open(path);
    file.readers += 1;
    try {
      return await readAt(await file.descriptor, into, position);
    } finally {
      file.readers -= 1;
      close(file);
    }
  }

  /** The file is removed or replaced: the next read opens what is there then. */
  forget(path: string): void {
    const file = this.#files.get(path);
    if (file === undefined) return;
    this.#files.delete(path);
    file.dropped = true;
    close(file);
  }

  close(): void {
    this.#expiry?.cancel();
    for (const path of this.#files.keys()) this.forget(path);
  }

  #open(path: string): OpenFile {
    const descriptor = new Promise<number>((resolve, reject) => {
      fs.open(path, 'r', (error, opened) => (error ? reject(error) : resolve(opened)));
    });
    const file: OpenFile = { opened: this.#clock.monotonic(), descriptor, readers: 0, dropped: false };
    this.#files.set(path, file);
    descriptor.catch(() => this.#files.get(path) === file && this.forget(path));
    const [oldest] = this.#files.keys();
    if (this.#files.size > MAX_FILES && oldest !== undefined) this.forget(oldest);
    this.#expiry ??= this.#clock.after(HELD_MS, () => this.#expire());
    return file;
  }

  #expire(): void {
    const before = this.#clock.monotonic() - HELD_MS;
    for (const [path, { opened }] of this.#files) if (opened <= before) this.forget(path);
    this.#expiry = this.#files.size > 0 ? this.#clock.after(HELD_MS, () => this.#expire()) : undefined;
  }
}

/** Closes a file that nobody finds and nobody reads. Whoever reads it was told when it could not be opened, and what was only read loses nothing by a failed close. */
function close({ descriptor, readers, dropped }: OpenFile): void {
  if (!dropped || readers > 0) return;
  descriptor.then(
    (opened) => fs.close(opened, () => {}),
    () => {},
  );
}
