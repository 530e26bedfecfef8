import type { ObjectStore } from '../objects/types.ts';

/** Where tables lie: an object store, and how its keys are written as URIs in metadata (`file:///…`, `s3://bucket/…`), which other engines read. */
export interface Warehouse {
  readonly store: ObjectStore;
  /** `key` relative to the store. */
  uriOf(key: string): string;
  /** Undefined for a URI that lies elsewhere. */
  keyOf(uri: string): string | undefined;
}

/** A warehouse whose keys lie below one base URI, without a trailing slash. */
export function warehouseAt(base: string, store: ObjectStore): Warehouse {
  const prefix = `${base}/`;
  return {
    store,
    uriOf: (key) => prefix + key,
    keyOf(uri) {
      // Java writes file:/a for what others write as file:///a.
      const normal = uri.startsWith('file:/') && !uri.startsWith('file://') ? `file://${uri.slice(5)}` : uri;
      return normal.startsWith(prefix) ? normal.slice(prefix.length) : undefined;
    },
  };
}
