import { afterEach, beforeEach, expect, test } from 'vitest';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { until } from '../broker/client.ts';
import { BUSY, startWorld, stopWorld, type World } from './world.ts';

let world: World;

beforeEach(async () => {
  world = await startWorld({ settings: BUSY, parts: { disk: memoryDisk() } });
});
afterEach(() => stopWorld(world));

const numbers = (count: number, word = 'number'): string[] => Array.from({ length: count }, (_, n) => `${word} ${n}`);

async function segmentsOf(topic: string): Promise<{ kind: string; topic: string }[]> {
  const lists = ['pack', 'text'].map((kind) => world.client.http(`/admin/segments?kind=${kind}`));
  const segments = (await Promise.all(lists)).flatMap(({ body }) => body.segments);
  return segments.filter((segment) => segment.topic === topic);
}

async function alter(topic: string, name: string, value: string): Promise<void> {
  const admin = await world.client.admin();
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: 2, name: topic, configEntries: [{ name, value }] }],
  });
}

test('a topic that is not indexed is refused by name and passed over by a pattern', async () => {
  await world.client.createTopic('silent', 1, { 'quarry.search': 'false' });
  await world.client.send('silent', numbers(3));
  const { status, body } = await world.client.http('/silent/_search?q=number');
  expect({ status, reason: body.error.reason }).toEqual({
    status: 400,
    reason: 'topic [silent] is not indexed for search: its setting quarry.search is false',
  });
  expect((await world.client.count('s*', 'number')).value).toBe(0);
});

test('a topic that is switched on gets its old records, wherever they are, and back and forth counts nothing twice', async () => {
  const { client } = world;
  await client.createTopic('late', 2, { 'quarry.search': 'false' });
  await client.send('late', numbers(400, 'early'), 0);
  await until('a pack', async () => {
    await client.run();
    return (await segmentsOf('late')).length > 0;
  });
  await client.send('late', numbers(100, 'early'), 1);
  await alter('late', 'quarry.search', 'true');
  expect(await client.exact('late', 'early')).toBe(500);
  for (let round = 1; round <= 3; round++) {
    const sealing = client.run();
    await alter('late', 'quarry.search', 'false');
    await client.send('late', numbers(10, 'between'), 0);
    await alter('late', 'quarry.search', 'true');
    await sealing;
    expect(await client.exact('late', 'between'), `round ${round}`).toBe(10 * round);
    expect(await client.exact('late', 'early')).toBe(500);
  }
  await client.run();
  expect((await client.run()).text).toMatchObject({ backlog: 0, errors: 0 });
  expect((await client.http('/health')).body.status).toBe('ok');
});

test('partitions that are added are searched', async () => {
  const { client } = world;
  await client.createTopic('wide', 1);
  await client.send('wide', numbers(10), 0);
  await (await client.admin()).createPartitions({ topicPartitions: [{ topic: 'wide', count: 4 }] });
  const producer = client.kafka.producer();
  await producer.connect();
  for (let partition = 0; partition < 4; partition++)
    await producer.send({ topic: 'wide', messages: numbers(5).map((value) => ({ value, partition })) });
  await producer.disconnect();
  expect(await client.exact('wide', 'number')).toBe(30);
});

test('records that are deleted are not hits any more, before and after sealing', async () => {
  const { client } = world;
  await client.createTopic('shrinking', 1);
  await client.send('shrinking', numbers(50), 0);
  const admin = await client.admin();
  await admin.fetchTopicOffsets('shrinking');
  const deleteBefore = (offset: number) =>
    admin.deleteTopicRecords({ topic: 'shrinking', partitions: [{ partition: 0, offset: String(offset) }] });
  await deleteBefore(20);
  expect(await client.exact('shrinking', 'number')).toBe(30);
  await client.run();
  await deleteBefore(35);
  expect(await client.exact('shrinking', 'number')).toBe(15);
  const { body } = await client.http('/shrinking/_search?q=number&sort=_kafka.offset&size=1');
  expect(body.hits.hits[0]._id).toBe('0:35');
});

test('a deleted topic is not found, its rows and objects go, and a new one of its name starts empty', async () => {
  const { client } = world;
  await client.createTopic('gone', 2);
  await client.send('gone', numbers(200), 0);
  await client.send('gone', numbers(200), 1);
  await until('a pack and a text segment', async () => {
    await client.run();
    return new Set((await segmentsOf('gone')).map(({ kind }) => kind)).size >= 2;
  });
  const deleted = async (): Promise<number> => {
    const metrics = String((await client.http('/metrics')).body);
    return Number(/^quarry_processor_deleted_objects_total (\d+)/m.exec(metrics)?.[1] ?? 0);
  };
  const before = await deleted();
  await (await client.admin()).deleteTopics({ topics: ['gone'] });
  expect((await client.http('/gone/_search?q=number')).status).toBe(404);
  expect(await segmentsOf('gone')).toEqual([]);
  await until('the objects to go', async () => (await client.run()) && (await deleted()) >= before + 2);
  await client.createTopic('gone', 1);
  await client.send('gone', ['number one'], 0);
  expect(await client.exact('gone', 'number')).toBe(1);
});

test('the processor is paused and resumed over HTTP', async () => {
  const { client } = world;
  await client.send('held', numbers(5));
  expect(await client.exact('held', 'number')).toBe(5);
  const paused = await client.http('/admin/processor/pause', 'POST');
  expect(paused.body).toMatchObject({ packs: { paused: true }, text: { paused: true } });
  await client.send('held', numbers(5));
  const { body } = await client.http('/held/_search?q=number&size=0&timeout=50ms');
  expect(body.hits.total).toEqual({ value: 5, relation: 'gte' });
  const resumed = await client.http('/admin/processor/resume', 'POST');
  expect(resumed.body).toMatchObject({ packs: { paused: false }, text: { paused: false } });
  expect(await client.exact('held', 'number')).toBe(10);
});
