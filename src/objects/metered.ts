import type { Clock } from '../base/clock.ts';
import type { Metrics } from '../base/metrics.ts';
import { withClasses } from './decorator.ts';
import { bodySize } from './keys.ts';
import type { ObjectInfo, ObjectStore } from './types.ts';

type Operation = 'put' | 'get' | 'head' | 'delete' | 'list' | 'class';

/** Counts requests by operation and outcome, their time, and the bytes in both directions. */
export function metered(inner: ObjectStore, metrics: Metrics, clock: Clock): ObjectStore {
  const written = metrics.counter('quarry_objects_written_bytes_total', 'Bytes put into the object store.');
  const read = metrics.counter('quarry_objects_read_bytes_total', 'Bytes got from the object store.');

  const finish = (operation: Operation, milliseconds: number, error?: unknown): void => {
    const outcome = error === undefined ? 'ok' : error instanceof Error ? error.name : 'Error';
    metrics.counter('quarry_objects_requests_total', 'Requests to the object store.', { operation, outcome }).inc();
    metrics
      .histogram('quarry_objects_request_seconds', 'Time of a request to the object store.', { operation })
      .observe(milliseconds / 1000);
  };

  const measure = async <T>(operation: Operation, task: () => Promise<T>, done?: (result: T) => void): Promise<T> => {
    const started = clock.monotonic();
    try {
      const result = await task();
      done?.(result);
      finish(operation, clock.monotonic() - started);
      return result;
    } catch (error) {
      finish(operation, clock.monotonic() - started, error);
      throw error;
    }
  };

  return {
    ...(inner.local === true && { local: true }),
    put: (key, body, options) =>
      measure<ObjectInfo>(
        'put',
        () => inner.put(key, body, options),
        () => written.inc(bodySize(body)),
      ),
    get: (key, range, take) =>
      measure<Uint8Array>(
        'get',
        () => inner.get(key, range, take),
        (bytes) => read.inc(bytes.byteLength),
      ),
    head: (key) => measure('head', () => inner.head(key)),
    delete: (keys) => measure('delete', () => inner.delete(keys)),
    list: (prefix, after) =>
      timed(inner.list(prefix, after), clock, (milliseconds, error) => finish('list', milliseconds, error)),
    ...withClasses(inner, (_key, task) => measure('class', task)),
    close: () => inner.close(),
  };
}

/** What is done with each object meanwhile is no time of the store; who has seen enough has made a request, too. */
async function* timed(
  objects: AsyncIterable<ObjectInfo>,
  clock: Clock,
  finish: (milliseconds: number, error: unknown) => void,
): AsyncGenerator<ObjectInfo> {
  const iterator = objects[Symbol.asyncIterator]();
  let milliseconds = 0;
  let failure: unknown;
  try {
    for (;;) {
      const started = clock.monotonic();
      const next = await iterator.next();
      milliseconds += clock.monotonic() - started;
      if (next.done === true) return;
      yield next.value;
    }
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    await iterator.return?.();
    finish(milliseconds, failure);
  }
}
