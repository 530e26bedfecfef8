import { readFile } from 'node:fs/promises';
import { copyOf } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { ObjectExists, ObjectNotFound, PreconditionFailed, StorageClassRefused, unavailable } from './errors.ts';
import { checkKey, resolveRange } from './keys.ts';
import { wrongClass } from '../base/storage-classes.ts';
import type { ObjectInfo, ObjectStore } from './types.ts';

interface Held {
  readonly bytes: Uint8Array;
  readonly info: ObjectInfo;
}

/** An object store in memory: for embedded brokers, tests and simulations. A storage class is remembered and means nothing. */
export function memoryStore(clock: Clock): ObjectStore {
  const held = new Map<string, Held>();
  let versions = 0;
  return {
    async put(key, body, options = {}) {
      checkKey(key);
      const bytes =
        body instanceof Uint8Array
          ? copyOf(body)
          : await readFile(body.file).catch((error: unknown) =>
              Promise.reject(unavailable(`cannot read ${body.file}`, error)),
            );
      // No await from here on: the check and the change are one step.
      const current = held.get(key);
      if (options.ifAbsent === true && current !== undefined) throw new ObjectExists(key);
      if (options.ifMatch !== undefined && current?.info.etag !== options.ifMatch) throw new PreconditionFailed(key);
      const info = { key, size: bytes.byteLength, etag: `v${++versions}`, modified: clock.now() };
      held.set(key, { bytes, info });
      return info;
    },
    async get(key, range) {
      checkKey(key);
      const found = held.get(key);
      if (found === undefined) throw new ObjectNotFound(key);
      const { start, end } = resolveRange(range, found.bytes.byteLength);
      return copyOf(found.bytes.subarray(start, end));
    },
    async head(key) {
      checkKey(key);
      return held.get(key)?.info;
    },
    async delete(keys) {
      for (const key of keys) {
        checkKey(key);
        held.delete(key);
      }
    },
    async *list(prefix, after = '') {
      const keys = [...held.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
      for (const key of keys) {
        const found = held.get(key);
        if (found !== undefined) yield found.info;
      }
    },
    async setStorageClass(key, storageClass) {
      checkKey(key);
      const found = held.get(key);
      if (found === undefined) throw new ObjectNotFound(key);
      const refused = wrongClass(storageClass);
      if (refused !== undefined) throw new StorageClassRefused(refused);
      held.set(key, { ...found, info: { ...found.info, storageClass } });
    },
    async close() {},
  };
}
