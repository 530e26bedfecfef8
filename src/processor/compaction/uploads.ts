import { type Disk, readFile } from '../../base/disk.ts';
import type { ObjectStore } from '../../objects/types.ts';
import type { CompactionHost } from './types.ts';

export interface UploadParts {
  readonly disk: Disk;
  readonly store: ObjectStore;
  /** The disk is the machine's, so that the store can read files itself; else their bytes are handed over. */
  readonly uploadFiles: boolean;
}

/** Objects that are uploaded for one swap. */
export class SwapUploads {
  readonly #parts: UploadParts;
  readonly #host: Pick<CompactionHost, 'announce' | 'abandon'>;
  readonly #keys: string[] = [];
  bytes = 0;

  constructor(parts: UploadParts, host: Pick<CompactionHost, 'announce' | 'abandon'>) {
    this.#parts = parts;
    this.#host = host;
  }

  /** Announces the object, then stores the file's bytes as it. Rejects with the store's error. */
  async put(objectKey: string, path: string, size: number): Promise<void> {
    const { store, disk, uploadFiles } = this.#parts;
    this.bytes += size;
    this.#keys.push(objectKey);
    await this.#host.announce(objectKey);
    await store.put(objectKey, uploadFiles ? { file: path, size } : readFile(disk, path), { ifAbsent: true });
  }

  /** The swap did not take place: what was uploaded may go. */
  abandon(): void {
    for (const key of this.#keys) this.#host.abandon(key);
  }
}
