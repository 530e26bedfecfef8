import { createHash } from 'node:crypto';
import type { Disk } from '../base/disk.ts';
import type { Metrics } from '../base/metrics.ts';
import { CacheFiles } from './cache-files.ts';
import { withClasses } from './decorator.ts';
import { checkRange, resolveRange } from './keys.ts';
import type { ByteRange, ObjectStore } from './types.ts';

export interface CacheOptions {
  readonly disk: Disk;
  /** A folder of the cache's own. */
  readonly folder: string;
  /** Bytes of all files in it. */
  readonly maxBytes: number;
  /** Unit of reading and of eviction. */
  readonly blockBytes: number;
  readonly metrics: Metrics;
}

/** Blocks fetched with one request. */
const MAX_RUN = 64;

const nameOf = (key: string): string => createHash('sha256').update(key).digest('hex');

/** Reads through blocks kept on the local disk. */
class CachedReader {
  readonly #inner: ObjectStore;
  readonly #blockBytes: number;
  readonly #files: CacheFiles;
  readonly #fetching = new Map<string, Promise<Uint8Array>>();
  readonly #hit: () => void;
  readonly #missed: () => void;
  /** Raised by every change, so that a fetch that began before does not keep what it got. */
  #changes = 0;

  constructor(inner: ObjectStore, files: CacheFiles, options: CacheOptions) {
    this.#inner = inner;
    this.#blockBytes = options.blockBytes;
    this.#files = files;
    const count = (result: string) =>
      options.metrics.counter('quarry_objects_cache_blocks_total', 'Blocks asked of the local object cache.', {
        result,
      });
    const hits = count('hit');
    const misses = count('miss');
    this.#hit = () => hits.inc();
    this.#missed = () => misses.inc();
  }

  invalidate(key: string): void {
    this.#changes++;
    this.#files.invalidate(nameOf(key));
    this.#fetching.clear();
  }

  async get(key: string, range: ByteRange | undefined): Promise<Uint8Array> {
    if (range !== undefined) checkRange(range);
    if (range !== undefined && 'length' in range) return this.#read(key, range.from, range.from + range.length);
    const { start, end } = resolveRange(range, await this.#size(key));
    return this.#read(key, start, end);
  }

  async #size(key: string): Promise<number> {
    const known = this.#files.sizeOf(nameOf(key));
    if (known !== undefined) return known;
    const info = await this.#inner.head(key);
    // A get of a missing object must say so in its own words.
    if (info === undefined) return (await this.#inner.get(key)).byteLength;
    this.#files.noteSize(nameOf(key), info.size);
    return info.size;
  }

  /** The bytes [start, end), cut at the end of the object. */
  async #read(key: string, start: number, end: number): Promise<Uint8Array> {
    const object = nameOf(key);
    const pieces: Uint8Array[] = [];
    const first = Math.floor(start / this.#blockBytes);
    const last = Math.max(first, Math.ceil(end / this.#blockBytes) - 1);
    for (let index = first; index <= last; index++) {
      const block = await this.#block(key, object, index, last);
      const from = index * this.#blockBytes;
      pieces.push(block.subarray(Math.max(0, start - from), Math.max(0, Math.min(end - from, block.byteLength))));
      if (block.byteLength < this.#blockBytes) break;
    }
    return pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces);
  }

  async #block(key: string, object: string, index: number, last: number): Promise<Uint8Array> {
    const cached = await this.#files.read(object, index);
    if (cached !== undefined) {
      this.#hit();
      return cached;
    }
    this.#missed();
    const fetching = this.#fetching.get(`${object}-${index}`);
    return fetching ?? this.#fetch(key, object, index, last);
  }

  /** Fetches the block `index` and those after it that are missing too, up to `last`, with one request. */
  #fetch(key: string, object: string, index: number, last: number): Promise<Uint8Array> {
    let stop = index + 1;
    const isMissing = (at: number): boolean => !this.#files.has(object, at) && !this.#fetching.has(`${object}-${at}`);
    while (stop <= last && stop - index < MAX_RUN && isMissing(stop)) stop++;
    const blockBytes = this.#blockBytes;
    const changes = this.#changes;
    const got = this.#inner.get(key, { from: index * blockBytes, length: (stop - index) * blockBytes });
    const slice = (bytes: Uint8Array, at: number): Uint8Array =>
      bytes.subarray((at - index) * blockBytes, (at - index + 1) * blockBytes);
    for (let at = index; at < stop; at++) {
      const name = `${object}-${at}`;
      const block = got.then((bytes) => slice(bytes, at));
      block.catch(() => undefined); // The caller that waits for it gets the error; nobody may wait for the others.
      this.#fetching.set(name, block);
    }
    return got
      .then((bytes) => {
        if (changes === this.#changes) this.#keep(object, index, stop, bytes, slice);
        return slice(bytes, index);
      })
      .finally(() => {
        if (changes === this.#changes) for (let at = index; at < stop; at++) this.#fetching.delete(`${object}-${at}`);
      });
  }

  #keep(
    object: string,
    index: number,
    stop: number,
    bytes: Uint8Array,
    slice: (bytes: Uint8Array, at: number) => Uint8Array,
  ): void {
    for (let at = index; at < stop; at++) {
      const block = slice(bytes, at);
      this.#files.write(object, at, block);
      if (block.byteLength < this.#blockBytes) {
        this.#files.noteSize(object, at * this.#blockBytes + block.byteLength);
        return;
      }
    }
  }
}

/**
 * Keeps what is read on the local disk, in blocks that are verified when read again. For objects that never change under their key:
 * changes made by others are not seen, changes made through this store are.
 */
export function cached(inner: ObjectStore, options: CacheOptions): ObjectStore {
  const files = new CacheFiles(options.disk, options.folder, options.maxBytes);
  const reader = new CachedReader(inner, files, options);
  const { metrics } = options;
  metrics.gaugeFrom('quarry_objects_cache_bytes', 'Bytes of the local object cache.', () => files.bytes);
  metrics.gaugesFrom('quarry_objects_cache_losses', 'Blocks lost from the local object cache.', ['reason'], () =>
    Object.entries(files.counts).map(([reason, count]) => [{ reason }, count] as const),
  );
  const changing = async <T>(keys: readonly string[], task: () => Promise<T>): Promise<T> => {
    try {
      return await task();
    } finally {
      // After a failure too: the store may have done it.
      for (const key of keys) reader.invalidate(key);
    }
  };
  return {
    put: (key, body, putOptions) => changing([key], () => inner.put(key, body, putOptions)),
    get: (key, range) => reader.get(key, range),
    head: (key) => inner.head(key),
    delete: (keys) => changing(keys, () => inner.delete(keys)),
    list: (prefix, after) => inner.list(prefix, after),
    ...withClasses(inner, (_key, task) => task()),
    invalidate: (key) => reader.invalidate(key),
    behindCache: inner,
    close: () => inner.close(),
  };
}
