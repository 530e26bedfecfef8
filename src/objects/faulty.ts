import { copyOf } from '../base/bytes.ts';
import { withClasses } from './decorator.ts';
import { ObjectStoreUnavailable } from './errors.ts';
import type { ObjectStore } from './types.ts';

export type StoreOperation = 'put' | 'get' | 'head' | 'delete' | 'list' | 'class';

/**
 * What goes wrong with one request: it never arrives; it is done but its answer is lost; the answer of a get is cut short or has one
 * bit turned; or it waits for a promise first.
 */
export type StoreFault = 'refused' | 'answer-lost' | 'cut-short' | 'bit-rot' | Promise<void> | undefined;

/** Asked before each request. */
export type FaultPlan = (operation: StoreOperation, key: string) => StoreFault;

/** An object store with faults, for tests and simulations. */
export function faulty(inner: ObjectStore, plan: FaultPlan): ObjectStore {
  const failure = (operation: StoreOperation, key: string): Error =>
    new ObjectStoreUnavailable(`injected fault: ${operation} ${key}`);

  const apply = async <T>(operation: StoreOperation, key: string, task: () => Promise<T>): Promise<T> => {
    const fault = plan(operation, key);
    if (fault === 'refused') throw failure(operation, key);
    if (fault instanceof Promise) await fault;
    const result = await task();
    if (fault === 'answer-lost') throw failure(operation, key);
    if (result instanceof Uint8Array && fault === 'cut-short') return result.subarray(0, result.length >> 1) as T;
    if (result instanceof Uint8Array && fault === 'bit-rot' && result.length > 0) return turnBit(result) as T;
    return result;
  };

  return {
    put: (key, body, options) => apply('put', key, () => inner.put(key, body, options)),
    get: (key, range, take) => apply('get', key, () => inner.get(key, range, take)),
    head: (key) => apply('head', key, () => inner.head(key)),
    delete: (keys) => apply('delete', keys[0] ?? '', () => inner.delete(keys)),
    async *list(prefix, after) {
      let passed = 0;
      const fault = plan('list', prefix);
      if (fault === 'refused') throw failure('list', prefix);
      for await (const info of inner.list(prefix, after)) {
        if (fault === 'answer-lost' && passed++ === 1) throw failure('list', prefix);
        yield info;
      }
    },
    ...withClasses(inner, (key, task) => apply('class', key, task)),
    close: () => inner.close(),
  };
}

function turnBit(bytes: Uint8Array): Uint8Array {
  const turned = copyOf(bytes);
  const at = turned.length >> 1;
  turned[at] = (turned[at] ?? 0) ^ 1;
  return turned;
}
