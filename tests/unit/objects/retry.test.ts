import { expect, test } from 'vitest';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { ObjectExists, ObjectNotFound, ObjectStoreUnavailable } from '../../../src/objects/errors.ts';
import { faulty, type StoreFault } from '../../../src/objects/faulty.ts';
import { memoryStore } from '../../../src/objects/memory.ts';
import { backoffMs, retrying } from '../../../src/objects/retry.ts';

const POLICY = { attempts: 4, baseMs: 100, maxMs: 350, factor: 2 };

/** Fires timers at once and notes their delays. */
function instantClock(): Clock & { readonly delays: number[] } {
  const delays: number[] = [];
  return {
    now: () => 0,
    monotonic: () => 0,
    after(delayMs, task) {
      delays.push(delayMs);
      queueMicrotask(task);
      return { cancel() {} };
    },
    delays,
  };
}

function storeWith(faults: StoreFault[]) {
  const clock = instantClock();
  const inner = memoryStore(systemClock);
  const seen: string[] = [];
  const store = retrying(
    faulty(inner, (operation) => {
      seen.push(operation);
      return faults.shift();
    }),
    POLICY,
    clock,
    seededRandom(1),
  );
  return { store, inner, clock, seen };
}

test('pauses grow by the factor up to the limit, half of each at random', () => {
  const least = { float: () => 0, bytes: () => new Uint8Array(0) };
  const most = { float: () => 1, bytes: () => new Uint8Array(0) };
  expect([1, 2, 3, 4].map((attempt) => backoffMs(POLICY, attempt, least))).toEqual([50, 100, 175, 175]);
  expect([1, 2, 3, 4].map((attempt) => backoffMs(POLICY, attempt, most))).toEqual([100, 200, 350, 350]);
});

test('a failed request is repeated after a pause', async () => {
  const { store, clock } = storeWith(['refused', 'refused']);
  await store.put('a', new Uint8Array([1]));
  expect(clock.delays).toHaveLength(2);
  expect(await store.get('a')).toEqual(new Uint8Array([1]));
});

test('after the last attempt the error is the answer', async () => {
  const { store, seen } = storeWith(['refused', 'refused', 'refused', 'refused', 'refused']);
  await expect(store.head('a')).rejects.toBeInstanceOf(ObjectStoreUnavailable);
  expect(seen).toHaveLength(4);
});

test('what the store knows for sure is not repeated', async () => {
  const { store, seen } = storeWith([]);
  await expect(store.get('a')).rejects.toBeInstanceOf(ObjectNotFound);
  expect(seen).toHaveLength(1);
});

test('an exclusive put whose answer was lost has won', async () => {
  const { store } = storeWith(['answer-lost']);
  const info = await store.put('a', new Uint8Array([1, 2]), { ifAbsent: true });
  expect(info.size).toBe(2);
});

test('an exclusive put that lost to another after a failure has lost', async () => {
  const { store, inner } = storeWith(['refused']);
  await inner.put('a', new Uint8Array([9, 9]));
  await expect(store.put('a', new Uint8Array([1, 2]), { ifAbsent: true })).rejects.toBeInstanceOf(ObjectExists);
});

test('a put over an expected version whose answer was lost has won', async () => {
  const { store, inner } = storeWith(['answer-lost']);
  const { etag } = await inner.put('a', new Uint8Array([9]));
  await store.put('a', new Uint8Array([1, 2]), { ifMatch: etag });
  expect(await inner.get('a')).toEqual(new Uint8Array([1, 2]));
});

test('a listing that breaks off goes on after the last key it gave', async () => {
  const { store, inner } = storeWith(['answer-lost', 'answer-lost']);
  for (const key of ['a', 'b', 'c', 'd']) await inner.put(key, new Uint8Array(1));
  const keys: string[] = [];
  for await (const info of store.list('')) keys.push(info.key);
  expect(keys).toEqual(['a', 'b', 'c', 'd']);
});

test('close ends a pause with the error', async () => {
  const store = retrying(
    faulty(memoryStore(systemClock), () => 'refused'),
    { ...POLICY, baseMs: 3_600_000, maxMs: 3_600_000 },
    systemClock,
    seededRandom(1),
  );
  const waiting = store.get('a');
  await store.close();
  await expect(waiting).rejects.toBeInstanceOf(ObjectStoreUnavailable);
});
