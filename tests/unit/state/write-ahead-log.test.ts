import { expect, test } from 'vitest';
import { memoryStorage } from '../../../src/state/storage-memory.ts';
import { world } from './world.ts';

test('a log file has the status on its first line and data with metadata on the second', async () => {
  const { open, names, textOf } = world();
  await open().persist('client', { content: 'x' }, 5);
  expect(await names()).toEqual(['log_1700000000000_5.log']);
  expect(await textOf('log_1700000000000_5.log')).toBe(
    'COMPLETED\n{"data":{"content":"x"},"_metadata":{"timestamp":"1700000000000","message_id":5}}',
  );
});

test('a file is written as PROCESSING first, and as COMPLETED when that is done', async () => {
  const inner = memoryStorage();
  const seen: string[] = [];
  const storage = {
    ...inner,
    write(path: string, content: Uint8Array) {
      seen.push(`${path.split('/').at(-1)} ${Buffer.from(content).toString().split('\n')[0]}`);
      return inner.write(path, content);
    },
  };
  const { open } = world(storage, 1);
  await open().persist('client', { a: 1 }, 9);
  expect(seen).toEqual([
    'log_1700000000000_9.log PROCESSING',
    'log_1700000000000_9.log COMPLETED',
    'checkpoint_1700000000000.log PROCESSING',
    'checkpoint_1700000000000.log COMPLETED',
  ]);
});

test('after as many logs as the threshold says they become one checkpoint', async () => {
  const { open, names, textOf, clock } = world();
  const log = open();
  for (let id = 1; id <= 3; id++) {
    clock.time += 10;
    await log.persist('client', { [`k${id}`]: id }, id);
  }
  expect(await names()).toEqual(['checkpoint_1700000000030.log']);
  expect(await textOf('checkpoint_1700000000030.log')).toBe(
    'COMPLETED\n{"data":{"k1":1,"k2":2,"k3":3},"_metadata":{"timestamp":"1700000000030","max_message_id":3}}',
  );
});

test('a message that is not above the highest one is skipped, as is one that went before it', async () => {
  const log = world().open();
  expect(await log.persist('client', { v: 'a' }, 5)).toBe(true);
  expect(await log.persist('client', { v: 'b' }, 5)).toBe(false);
  expect(await log.persist('client', { v: 'c' }, 4)).toBe(false);
  expect(await log.persist('client', { v: 'd' }, 6)).toBe(true);
  expect(await log.persist('other', { v: 'e' }, 1)).toBe(true);
  expect(await log.retrieve('client')).toEqual({ v: 'd' });
});

test('the first message may have the number 0, or one below it', async () => {
  const log = world().open();
  expect(await log.persist('client', { v: 1 }, 0)).toBe(true);
  expect(await log.persist('client', { v: 2 }, -0)).toBe(false);
  expect(await log.persist('below', { v: 3 }, -2)).toBe(true);
  expect(await log.persist('below', { v: 4 }, -1)).toBe(true);
  expect(await log.retrieve('below')).toEqual({ v: 4 });
});

test('numbers come as number, bigint or text and are compared as integers', async () => {
  const log = world().open();
  expect(await log.persist('client', { v: 1 }, '9')).toBe(true);
  expect(await log.persist('client', { v: 2 }, '10')).toBe(true);
  expect(await log.persist('client', { v: 3 }, 10n)).toBe(false);
  expect(await log.persist('client', { v: 4 }, 11n)).toBe(true);
  for (const bad of ['', 'x', '1.5', '1e3', 1.5, Number.NaN, 2 ** 53, '9007199254740993', 2n ** 60n])
    await expect(log.persist('client', { v: 5 }, bad), String(bad)).rejects.toBeInstanceOf(RangeError);
  expect(await log.retrieve('client')).toEqual({ v: 4 });
});

test('messages are merged by their number when the clock went back', async () => {
  const { open, clock, names } = world();
  const log = open();
  for (const id of [1, 2, 10, 11, 12, 13, 14]) {
    clock.time -= 1000;
    await log.persist('client', { last: id, [`k${id}`]: true }, id);
  }
  expect(await names()).toEqual(['checkpoint_1699999997001.log', 'log_1699999993000_14.log']);
  const again = open();
  expect(await again.retrieve('client')).toMatchObject({ last: 14, k1: true, k14: true });
  expect(await again.persist('client', { last: 'old' }, 14)).toBe(false);
});

test('two checkpoints in the same millisecond are two files, and the second one stays', async () => {
  const { open, names } = world(memoryStorage(), 1);
  const log = open();
  await log.persist('client', { a: 1 }, 1);
  await log.persist('client', { b: 2 }, 2);
  expect(await names()).toEqual(['checkpoint_1700000000001.log']);
  expect(await open().retrieve('client')).toEqual({ a: 1, b: 2 });
});

test('concurrent calls of one client take their turns in the order they were made', async () => {
  const log = world().open();
  const calls = Array.from({ length: 20 }, (_, id) => log.persist('client', { [`k${id}`]: id }, id));
  const during = log.retrieve('client');
  calls.push(log.persist('client', { late: true }, 3));
  expect(await Promise.all(calls)).toEqual([...Array.from({ length: 20 }, () => true), false]);
  expect(Object.keys((await during) ?? {})).toHaveLength(20);
});

test('one client does not wait for another', async () => {
  const inner = memoryStorage();
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const write = async (path: string, content: Uint8Array): Promise<void> => {
    if (path.includes('/slow/')) await held;
    await inner.write(path, content);
  };
  const log = world({ ...inner, write }).open();
  const slow = log.persist('slow', { a: 1 }, 1);
  expect(await log.persist('client', { a: 1 }, 1)).toBe(true);
  release();
  expect(await slow).toBe(true);
});

test('data that is no JSON is refused, and the number can be used again', async () => {
  const log = world().open();
  await expect(log.persist('client', undefined as never, 1)).rejects.toBeInstanceOf(TypeError);
  await expect(log.persist('client', { a: 1n } as never, 1)).rejects.toBeInstanceOf(TypeError);
  expect(await log.persist('client', { a: 1 }, 1)).toBe(true);
});

test('a threshold that is no positive integer is refused', () => {
  for (const threshold of [0, -1, 1.5, Number.NaN])
    expect(() => world(memoryStorage(), threshold).open()).toThrow(RangeError);
});
