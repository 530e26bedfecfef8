import type { DiskFile } from '../base/disk.ts';
import { HEADER_BYTES } from './format.ts';
import { type SyncGroup, syncGroup, type WalPartition } from './partition.ts';

/** A segment that takes appends, or has queued bytes, or waits for its last sync. Positions are known before the file is. */
export class OpenSegment {
  readonly sequence: number;
  readonly salt: number;
  file: DiskFile | undefined;
  /** Where the next entry goes; before it: written up to `written`, durable up to `synced`. */
  position = HEADER_BYTES;
  written = HEADER_BYTES;
  synced = HEADER_BYTES;
  /** The file has its blocks up to here: writes before it do not need free disk. */
  filled = 0;
  entries = 0;
  /** Queued bytes, in order, from `written` on. */
  queue: Uint8Array[] = [];
  /** Takes no more appends. */
  closed = false;
  /** Monotonic time of the first append. */
  firstAppend = 0;
  readonly touched: WalPartition[] = [];
  #group: SyncGroup | undefined;
  #holders = 0;
  #closing = false;

  constructor(sequence: number, salt: number) {
    this.sequence = sequence;
    this.salt = salt;
  }

  get empty(): boolean {
    return this.position === HEADER_BYTES;
  }

  /** The group that the next append joins. */
  get group(): SyncGroup {
    this.#group ??= syncGroup();
    return this.#group;
  }

  /** Takes the group that a sync starting now makes durable. */
  takeGroup(): SyncGroup | undefined {
    const group = this.#group;
    this.#group = undefined;
    return group;
  }

  /** Keeps the file open during `work`, which syncs it. */
  async holding(work: (file: DiskFile) => Promise<void>): Promise<void> {
    if (this.file === undefined) return;
    this.#holders += 1;
    try {
      await work(this.file);
    } finally {
      this.#holders -= 1;
      if (this.#closing) this.closeFile();
    }
  }

  /** Closes the file as soon as no sync of it is under way: its descriptor may be another file's a moment later. */
  closeFile(): void {
    this.#closing = true;
    if (this.#holders > 0) return;
    this.file?.close();
    this.file = undefined;
  }

  /** The promise of what is appended and not covered by a running sync. */
  get pending(): Promise<void> | undefined {
    return this.#group?.durable;
  }
}
