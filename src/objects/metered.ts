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

  const finish = (operation: Operation, started: number, error?: unknown): void => {
    const outcome = error === undefined ? 'ok' : error instanceof Error ? error.name : 'Error';
    metrics.counter('quarry_objects_requests_total', 'Requests to the object store.', { operation, outcome }).inc();
    metrics
      .histogram('quarry_objects_request_seconds', 'Time of a request to the object store.', { operation })
      .observe((clock.monotonic() - started) / 1000);
  };

  const measure = async <T>(operation: Operation, task: () => Promise<T>, done?: (result: T) => void): Promise<T> => {
    const started = clock.monotonic();
    try {
      const result = await task();
      done?.(result);
      finish(operation, started);
      return result;
    } catch (error) {
      finish(operation, started, error);
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
    async *list(prefix, after) {
      const started = clock.monotonic();
      try {
        yield* inner.list(prefix, after);
        finish('list', started);
      } catch (error) {
        finish('list', started, error);
        throw error;
      }
    },
    ...withClasses(inner, (_key, task) => measure('class', task)),
    close: () => inner.close(),
  };
}
