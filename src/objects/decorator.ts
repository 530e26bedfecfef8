import type { ObjectStore } from './types.ts';

/** The storage classes of the store inside, for one that is put around it: none where that has none. Every move goes through `around`. */
export function withClasses(
  inner: ObjectStore,
  around: (key: string, task: () => Promise<void>) => Promise<void>,
): Pick<ObjectStore, 'setStorageClass'> {
  if (inner.setStorageClass === undefined) return {};
  return { setStorageClass: (key, name) => around(key, async () => inner.setStorageClass?.(key, name)) };
}
