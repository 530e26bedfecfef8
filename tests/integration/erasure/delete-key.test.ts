import { afterEach, expect, test } from 'vitest';
import { until } from '../broker/client.ts';
import { temporaryFolder } from '../broker/process.ts';
import { ErasureWorld } from './world.ts';

const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(settings: Record<string, number | string> = {}): Promise<ErasureWorld> {
  const folder = temporaryFolder();
  closers.push(() => folder.remove());
  const world = await ErasureWorld.open(folder.path, settings);
  closers.push(() => world.close());
  return world;
}

const keysOf = (records: readonly { key: string | null; offset: number }[]) =>
  records.map(({ key, offset }) => `${offset}:${key}`);

test('a key that is still in the write-ahead log is gone for consumers and searches; offsets stay, later records stay', async () => {
  const world = await open();
  await world.client.createTopic('people', 1);
  await world.send('people', ['ann=one', 'bob=secret two', 'ann=three']);
  await world.send('people', ['bob=secret four']);
  await world.send('people', ['cyd=five', 'bob']);
  expect(await world.found('people', 'secret')).toBe(2);
  const { status, body } = await world.deleteKey('people', 'bob');
  expect({ status, outcome: body.outcome, records: body.records }).toEqual({
    status: 200,
    outcome: 'deleted',
    records: 3,
  });
  await world.send('people', ['bob=afterwards', 'ann=last']);
  expect(keysOf(await world.read('people', 'last'))).toEqual(['0:ann', '2:ann', '4:cyd', '6:bob', '7:ann']);
  expect(await world.found('people', 'secret')).toBe(0);
  expect(await world.found('people', '_kafka.key:bob')).toBe(1);
  expect(await world.found('people', '*')).toBe(5);
}, 60_000);

test('packs and text segments that held the key are rewritten, others are not touched, and no object has its bytes', async () => {
  const world = await open({ 'wal.seal.age.ms': 20 });
  const sendAndStore = async (record: string, partition: number) => {
    const word = record.split('=')[1] ?? '';
    const before = world.objectsWith(word).length;
    await world.send('people', ['ann=one', record], partition);
    // Its pack and its text segment.
    await until(`${record} to be stored`, async () => {
      await world.client.run();
      return world.objectsWith(word).length === before + 2;
    });
  };
  await world.client.createTopic('people', 2);
  await sendAndStore('bob=xyzzysecret', 0);
  await sendAndStore('cyd=xyzzykept', 0);
  await sendAndStore('bob=xyzzysecret', 1);
  expect(world.objectsWith('xyzzysecret')).toHaveLength(4);
  const kept = world.objectsWith('xyzzykept');
  const { body } = await world.deleteKey('people', 'bob');
  expect(body.records).toBe(2);
  await world.client.run();
  expect(world.objectsWith('xyzzysecret')).toEqual([]);
  expect(world.objectsWith('xyzzykept')).toEqual(kept);
  await world.send('people', ['ann=last'], 0);
  expect(keysOf(await world.read('people', 'last'))).toEqual(['0:ann', '2:ann', '3:cyd', '4:ann', '0:ann']);
  expect(await world.found('people', 'xyzzysecret')).toBe(0);
  expect(await world.found('people', 'xyzzykept')).toBe(1);
}, 60_000);

test('the deletion waits for an open transaction, takes its records too, and others read on meanwhile', async () => {
  const world = await open();
  await world.client.createTopic('people', 1);
  const producer = world.client.kafka.producer({ transactionalId: 'tx', maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
  closers.push(() => producer.disconnect());
  const transaction = await producer.transaction();
  await transaction.send({ topic: 'people', messages: [{ key: 'bob', value: 'secret' }] });
  await world.send('people', ['ann=one']);
  const { status, body } = await world.deleteKey('people', 'bob', 'wait=false');
  expect({ status, outcome: body.outcome }).toEqual({ status: 202, outcome: 'pending' });
  const job = async () =>
    (await world.client.http('/admin/jobs')).body.jobs.find(({ kind }: { kind: string }) => kind === 'key-deletion');
  await until('the reason', async () => /people-0 has an open transaction/.test((await job())?.reason ?? ''));
  await transaction.send({ topic: 'people', messages: [{ key: 'cyd', value: 'two' }] });
  await transaction.commit();
  const done = async () => (await world.client.http(`/admin/key-deletions/${body.id}`)).body;
  await until('the deletion', async () => (await done()).outcome === 'deleted', 30_000);
  expect((await done()).records).toBe(1);
  await world.send('people', ['ann=last']);
  const left = await world.read('people', 'last');
  expect(left.map(({ value }) => value)).toEqual(['one', 'two', 'last']);
  expect(await world.found('people', 'secret')).toBe(0);
}, 60_000);
