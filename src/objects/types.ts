/** What a store knows of an object without reading it. `key` is a '/'-separated path without a leading slash. */
export interface ObjectInfo {
  readonly key: string;
  readonly size: number;
  /** Opaque; changes when the content does. */
  readonly etag: string;
  /** Milliseconds since the epoch. */
  readonly modified: number;
  /** The class that it is kept in, as the store calls it; said by `head` of a store that has classes. */
  readonly storageClass?: string;
}

/**
 * Bytes to store: in memory, or a local file (uploaded as a stream; its length is known). The file may be removed afterwards and must not be
 * changed: a store on the same disk keeps it under a second name.
 */
export type ObjectBody = Uint8Array | { readonly file: string; readonly size: number };

export interface PutOptions {
  /** Fails with `ObjectExists` when the key is taken (HTTP If-None-Match: *). */
  readonly ifAbsent?: boolean;
  /** Fails with `PreconditionFailed` when the current etag differs (HTTP If-Match). */
  readonly ifMatch?: string;
}

/** A byte range: from `from`, `length` bytes; or the last `suffix` bytes. A range past the end is cut. */
export type ByteRange = { readonly from: number; readonly length: number } | { readonly suffix: number };

/** Gives memory of exactly so many bytes. */
export type Take = (size: number) => Uint8Array;

/**
 * An object store. One contract suite runs on every implementation and on every stack of decorators.
 * Errors: `ObjectNotFound`, `ObjectExists`, `PreconditionFailed`; everything else is `ObjectStoreUnavailable` with a cause.
 */
export interface ObjectStore {
  /** Objects are files of this machine: nothing but the disk itself lies between what was written and what is read. */
  readonly local?: boolean;
  put(key: string, body: ObjectBody, options?: PutOptions): Promise<ObjectInfo>;
  /** Into memory from `take` where the store can; else into memory of its own. */
  get(key: string, range?: ByteRange, take?: Take): Promise<Uint8Array>;
  /** Undefined when there is none. */
  head(key: string): Promise<ObjectInfo | undefined>;
  /** Missing keys are fine. */
  delete(keys: readonly string[]): Promise<void>;
  /** Objects whose key starts with `prefix`, in key order, after the key `after` when given. */
  list(prefix: string, after?: string): AsyncIterable<ObjectInfo>;
  /**
   * Has an object kept in another class, from which it is read as before; its bytes stay. Doing it again changes nothing. Also rejects with
   * `StorageClassRefused`. Missing where a store has no classes.
   */
  setStorageClass?(key: string, storageClass: string): Promise<void>;
  /** Drops what a cache in front of the store holds of an object; missing where there is no cache. */
  invalidate?(key: string): void;
  /** The store behind a cache, for who has to see what is stored; missing where there is no cache. */
  readonly behindCache?: ObjectStore;
  close(): Promise<void>;
}
