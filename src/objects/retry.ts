import * as fs from 'node:fs/promises';
import { type Clock, sleep } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { withClasses } from './decorator.ts';
import { ObjectExists, ObjectStoreUnavailable, PreconditionFailed } from './errors.ts';
import { bodySize } from './keys.ts';
import type { ObjectBody, ObjectInfo, ObjectStore } from './types.ts';

/** How often and how long to wait. Times in ms. */
export interface RetryPolicy {
  /** Attempts in all, from 1. */
  readonly attempts: number;
  readonly baseMs: number;
  readonly maxMs: number;
  readonly factor: number;
}

/** The pause before attempt `attempt` (from 1 for the first repeat): exponential, with half of it at random. */
export function backoffMs(policy: RetryPolicy, attempt: number, random: Random): number {
  const full = Math.min(policy.maxMs, policy.baseMs * policy.factor ** (attempt - 1));
  return full / 2 + (full / 2) * random.float();
}

/** Compared in pieces, so that a large file is never in memory at once. */
const COMPARE_BYTES = 4 * 1024 * 1024;

async function holdsSame(store: ObjectStore, info: ObjectInfo, body: ObjectBody): Promise<boolean> {
  const size = bodySize(body);
  if (info.size !== size) return false;
  const handle = body instanceof Uint8Array ? undefined : await fs.open(body.file, 'r');
  try {
    for (let from = 0; from < size; from += COMPARE_BYTES) {
      const length = Math.min(COMPARE_BYTES, size - from);
      const theirs = await store.get(info.key, { from, length });
      const ours = body instanceof Uint8Array ? body.subarray(from, from + length) : new Uint8Array(length);
      await handle?.read(ours, 0, length, from);
      if (Buffer.compare(theirs, ours) !== 0) return false;
    }
    return true;
  } finally {
    await handle?.close();
  }
}

/**
 * Repeats what failed with ObjectStoreUnavailable. A conditional put whose answer was lost may find its own object at the
 * repeat: the same bytes count as success. Whoever races for a key therefore puts something of its own into the bytes.
 */
export function retrying(inner: ObjectStore, policy: RetryPolicy, clock: Clock, random: Random): ObjectStore {
  const stopped = new AbortController();

  /** Waits before the next attempt; throws `error` when there is none. */
  const pause = async (error: unknown, attempt: number): Promise<void> => {
    if (!(error instanceof ObjectStoreUnavailable) || attempt >= policy.attempts) throw error;
    if (!(await sleep(clock, backoffMs(policy, attempt, random), stopped.signal))) throw error;
  };

  const repeat = async <T>(task: (attempt: number) => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await task(attempt);
      } catch (error) {
        await pause(error, attempt);
      }
    }
  };

  return {
    ...(inner.local === true && { local: true }),
    put: (key, body, options) =>
      repeat(async (attempt) => {
        try {
          return await inner.put(key, body, options);
        } catch (error) {
          const refused = error instanceof ObjectExists || error instanceof PreconditionFailed;
          if (!refused || attempt === 1) throw error;
          const info = await inner.head(key);
          if (info !== undefined && (await holdsSame(inner, info, body))) return info;
          throw error;
        }
      }),
    get: (key, range, take) => repeat(() => inner.get(key, range, take)),
    head: (key) => repeat(() => inner.head(key)),
    delete: (keys) => repeat(() => inner.delete(keys)),
    async *list(prefix, after) {
      let last = after;
      for (let attempt = 1; ; attempt++) {
        try {
          for await (const info of inner.list(prefix, last)) {
            last = info.key;
            attempt = 1;
            yield info;
          }
          return;
        } catch (error) {
          await pause(error, attempt);
        }
      }
    },
    ...withClasses(inner, (_key, task) => repeat(task)),
    close() {
      stopped.abort();
      return inner.close();
    },
  };
}
