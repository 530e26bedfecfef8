import { ObjectNotFound } from '../objects/errors.ts';
import type { ObjectStore } from '../objects/types.ts';
import { entriesBelow } from './storage-memory.ts';
import type { Storage } from './types.ts';

/** Objects have no folders: paths are keys without the '/' or './' in front that paths may have. */
const keyOf = (path: string): string => path.replace(/^(?:\.?\/)+/, '');

async function keysBelow(store: ObjectStore, path: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(`${keyOf(path)}/`)) keys.push(key);
  return keys;
}

/** Files as objects. A put replaces an object as a whole and is durable when it is answered. */
export function objectStorage(store: ObjectStore): Storage {
  return {
    async makeDirectory() {},
    list: async (path) => entriesBelow(keyOf(path), await keysBelow(store, path)),
    async read(path) {
      try {
        return await store.get(keyOf(path));
      } catch (error) {
        if (error instanceof ObjectNotFound) return undefined;
        throw error;
      }
    },
    async write(path, content) {
      await store.put(keyOf(path), content);
    },
    remove: (paths) => store.delete(paths.map(keyOf)),
    async removeDirectory(path) {
      await store.delete(await keysBelow(store, path));
    },
  };
}
