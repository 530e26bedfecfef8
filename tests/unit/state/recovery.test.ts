import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { memoryStorage } from '../../../src/state/storage-memory.ts';
import { world } from './world.ts';

const golden = (name: string): string => readFileSync(join(import.meta.dirname, '../../golden/state', name), 'utf8');
const log = (data: unknown, id: unknown): string =>
  `COMPLETED\n${JSON.stringify({ data, _metadata: { timestamp: '5', message_id: id } })}`;
const checkpoint = (data: unknown, id: unknown): string =>
  `COMPLETED\n${JSON.stringify({ data, _metadata: { timestamp: '5', max_message_id: id } })}`;

test('files of format 1 are read, and written the same', async () => {
  const { open, put, names, textOf, problems, clock } = world();
  await put('checkpoint_1700000000000.log', golden('checkpoint-format-1.log'));
  await put('log_1700000000010_43.log', golden('log-format-1.log'));
  expect(await open().retrieve('client')).toEqual({ content: 'wörter', count: 43, nested: { a: 1, b: [1, null] } });
  expect(problems).toEqual([]);
  const fresh = world();
  fresh.clock.time = 1_700_000_000_010;
  await fresh.open().persist('client', { count: 43, nested: { b: [1, null] } }, 43);
  expect(`${await fresh.textOf('log_1700000000010_43.log')}`).toBe(golden('log-format-1.log'));
  clock.time = 1_700_000_000_020;
  for (const id of [44, 45]) await open().persist('client', { count: id }, id);
  expect(await names()).toEqual(['checkpoint_1700000000020.log']);
  expect(await textOf('checkpoint_1700000000020.log')).toBe(golden('checkpoint-format-1-next.log'));
});

test('older files are read: ids as text, line ends, and checkpoints without data of their own', async () => {
  const { open, put, problems } = world();
  await put('checkpoint_1621234567890.log', golden('legacy-checkpoint.log'));
  await put('log_1621234567891_43.log', golden('legacy-log.log'));
  const wal = open();
  expect(await wal.retrieve('client')).toEqual({ content: 'new', kept: true });
  expect(await wal.maxMessageId('client')).toBe(43);
  expect(await wal.persist('client', {}, 43)).toBe(false);
  expect(problems).toEqual([]);
});

test('a log that was not completed is ignored, and its message can be stored', async () => {
  const { open, put, names, problems } = world();
  await put('log_1_1.log', log({ a: 1 }, 1));
  await put('log_2_2.log', log({ a: 2 }, 2).replace('COMPLETED', 'PROCESSING'));
  await put('log_3_3.log', 'PROCESSING');
  const wal = open();
  expect(await wal.retrieve('client')).toEqual({ a: 1 });
  expect(await wal.maxMessageId('client')).toBe(1);
  for (const id of [2, 3, 4]) expect(await wal.persist('client', { [`k${id}`]: id }, id)).toBe(true);
  expect(problems).toEqual([]);
  expect((await names()).filter((name) => name.startsWith('log_'))).toEqual(['log_1700000000000_4.log']);
});

test('housekeeping removes what is covered, incomplete, older or left over, before anything is asked', async () => {
  const { open, put, names } = world();
  await put('checkpoint_10.log', checkpoint({ a: 1 }, 10));
  await put('checkpoint_30.log', checkpoint({ a: 3 }, 30));
  await put('checkpoint_40.log', checkpoint({ a: 4 }, 40).replace('COMPLETED', 'PROCESSING'));
  await put('log_99_30.log', log({ a: 'covered' }, 30));
  await put('log_98_29.log', log({ a: 'covered' }, 29).replace('COMPLETED', 'PROCESSING'));
  await put('log_1_31.log', log({ b: 1 }, 31));
  await put('log_2_31.log', log({ b: 'again' }, 31));
  await put('log_7_32.log.tmp', 'COMP');
  await put('notes.txt', 'not ours');
  await open().ready();
  expect(await names()).toEqual(['checkpoint_30.log', 'log_1_31.log', 'notes.txt']);
  expect(await open().retrieve('client')).toEqual({ a: 3, b: 1 });
});

test('the checkpoint with the highest number counts, whatever the clock said', async () => {
  const { open, put, names } = world();
  await put('checkpoint_900.log', checkpoint({ a: 'old' }, 3));
  await put('checkpoint_100.log', checkpoint({ a: 'new' }, 6));
  expect(await open().retrieve('client')).toEqual({ a: 'new' });
  expect(await names()).toEqual(['checkpoint_100.log']);
});

test.each([
  ['empty', ''],
  ['cut in its status', 'COMPL'],
  ['cut after its status', 'COMPLETED'],
  ['cut in its data', log({ a: 2 }, 2).slice(0, -3)],
  ['of zeros', '\0'.repeat(100)],
  ['without metadata', 'COMPLETED\n{"data":{}}'],
  ['without a number', 'COMPLETED\n{"data":{},"_metadata":{}}'],
  ['with a number that is none', log({ a: 2 }, 'two')],
  ['with another number than its name', log({ a: 2 }, 3)],
  ['of data that is no object', log([1], 2)],
  ['with more behind', `${log({ a: 2 }, 2)}}`],
])('a file %s is kept aside and reported; the rest counts', async (_, text) => {
  const { open, put, names, textOf, problems } = world();
  await put('log_1_1.log', log({ a: 1 }, 1));
  await put('log_2_2.log', text);
  const wal = open();
  await wal.ready();
  expect(problems).toMatchObject([{ kind: 'corrupt', path: '/state/service/client/aside/log_2_2.log' }]);
  expect(problems[0]?.reason).not.toBe('');
  expect(await textOf('aside/log_2_2.log')).toBe(text);
  expect(await names()).toEqual(['aside', 'log_1_1.log']);
  expect(await wal.retrieve('client')).toEqual({ a: 1 });
  expect(await wal.persist('client', { a: 2 }, 2)).toBe(true);
  expect(problems).toHaveLength(1);
});

test('a cut at any byte of a file is seen', async () => {
  const whole = log({ text: 'wörter', deep: { a: [1, 2] } }, 2);
  const all = Buffer.from(whole);
  for (let length = 0; length < all.length; length++) {
    const { open, storage, put, problems } = world();
    await put('log_1_1.log', log({ a: 1 }, 1));
    await storage.write('/state/service/client/log_2_2.log', new Uint8Array(all.subarray(0, length)));
    expect(await open().retrieve('client'), `${length} bytes`).toEqual({ a: 1 });
    expect(problems, `${length} bytes`).toHaveLength(1);
  }
});

test('a clearing that a crash cut short is finished at the next start', async () => {
  const { open, put, names } = world();
  await put('checkpoint_1.log', checkpoint({ a: 1 }, 5));
  await put('cleared.log', 'COMPLETED\n{}');
  await put('aside/log_1_1.log', 'broken');
  const wal = open();
  expect(await wal.retrieve('client')).toBeUndefined();
  expect(await names()).toEqual([]);
  expect(await wal.persist('client', { b: 1 }, 1)).toBe(true);
  expect(await open().retrieve('client')).toEqual({ b: 1 });
});

test('an answer that was lost costs nothing: the message counts once', async () => {
  const inner = memoryStorage();
  let fail = 0;
  const storage = {
    ...inner,
    async write(path: string, content: Uint8Array) {
      await inner.write(path, content);
      if (--fail === 0) throw new Error('answer lost');
    },
  };
  const { open } = world(storage);
  const wal = open();
  await wal.persist('client', { n: 1 }, 1);
  fail = 2;
  await expect(wal.persist('client', { n: 2 }, 2)).rejects.toThrow('answer lost');
  expect(await wal.persist('client', { n: 2 }, 2)).toBe(false);
  fail = 1;
  await expect(wal.persist('client', { n: 3 }, 3)).rejects.toThrow('answer lost');
  expect(await wal.persist('client', { n: 3 }, 3)).toBe(true);
  expect(await open().retrieve('client')).toEqual({ n: 3 });
});

test('a checkpoint that fails is reported, and the next message tries again', async () => {
  const inner = memoryStorage();
  let broken = true;
  const storage = {
    ...inner,
    async write(path: string, content: Uint8Array) {
      if (broken && path.includes('checkpoint_')) throw new Error('no room');
      await inner.write(path, content);
    },
  };
  const { open, problems, names } = world(storage);
  const wal = open();
  for (let id = 1; id <= 3; id++) expect(await wal.persist('client', { [`k${id}`]: id }, id)).toBe(true);
  expect(problems).toEqual([{ kind: 'checkpoint-failed', path: '/state/service/client', reason: 'no room' }]);
  broken = false;
  expect(await wal.persist('client', { k4: 4 }, 4)).toBe(true);
  expect(await names()).toEqual(['checkpoint_1700000000000.log']);
  expect(await open().retrieve('client')).toEqual({ k1: 1, k2: 2, k3: 3, k4: 4 });
});
