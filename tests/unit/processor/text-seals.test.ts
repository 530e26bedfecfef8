import { expect, test } from 'vitest';
import { codecs } from '../../../src/base/compression.ts';
import { crc32c } from '../../../src/base/crc32c.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { TextIndexer } from '../../../src/processor/text/indexer.ts';
import { buildBatch } from '../../../protocol/records/index.ts';
import { grow, partitionWith, SealingWorld, settle } from './text-fixture.ts';

const PLENTY = 1e9;

test('an index is sealed once, however many rounds are asked for at the same time', async () => {
  const world = new SealingWorld(PLENTY);
  const partition = partitionWith('a', 0);
  world.partitions.push(partition);
  grow(partition, 10, world.clock.now());
  world.close();
  const rounds = [world.seals.all(), world.seals.all(), world.seals.olderThan(0)];
  await settle();
  grow(partition, 5, world.clock.now());
  world.open();
  await Promise.all(rounds);
  const ranges = world.registered.map(({ baseOffset, lastOffset }) => [baseOffset, lastOffset]);
  expect(ranges).toEqual([
    [0, 9],
    [10, 14],
  ]);
  expect(partition.slices).toEqual([]);
  expect(partition.sealedLately).toHaveLength(2);
});

test('what could not be stored stays searchable and is tried again, later and later', async () => {
  const world = new SealingWorld(PLENTY);
  const partition = partitionWith('a', 0);
  world.partitions.push(partition);
  grow(partition, 10, world.clock.now());
  world.down = true;
  await world.seals.olderThan(0);
  expect(world.sealer.failing).toBe('the store is down');
  expect(partition.slices).toHaveLength(1);
  for (let look = 0; look < 100; look++) {
    await world.clock.advance(100);
    await world.seals.olderThan(0);
  }
  expect(world.puts).toBeGreaterThan(2);
  expect(world.puts).toBeLessThan(8);
  expect(world.abandoned).toHaveLength(world.puts);
  world.down = false;
  await world.seals.all();
  expect(world.registered).toHaveLength(1);
  expect(world.sealer.failing).toBeUndefined();
});

test('a topic that was removed while it was sealed is not registered, its neighbours are', async () => {
  const world = new SealingWorld(PLENTY);
  const [gone, kept] = [partitionWith('gone', 0), partitionWith('kept', 0)];
  world.partitions.push(gone, kept);
  for (const partition of world.partitions) grow(partition, 10, world.clock.now());
  world.close();
  const round = world.seals.all();
  await settle();
  gone.removed = true;
  world.partitions.shift();
  world.open();
  await round;
  expect(world.registered.map(({ topicId }) => topicId)).toEqual(['kept']);
});

test('an object nothing of which is wanted any more is abandoned', async () => {
  const world = new SealingWorld(PLENTY);
  const gone = partitionWith('gone', 0);
  world.partitions.push(gone);
  grow(gone, 10, world.clock.now());
  world.close();
  const round = world.seals.all();
  await settle();
  gone.removed = true;
  world.open();
  await round;
  expect(world.registered).toEqual([]);
  expect(world.abandoned).toHaveLength(1);
});

test('far over the memory limit nothing more is taken in until something was sealed', async () => {
  const partition = partitionWith('a', 0);
  grow(partition, 100, 0);
  const world = new SealingWorld(partition.bytes / 3);
  world.partitions.push(partition);
  world.down = true;
  let room = false;
  const waiting = world.seals.room().then(() => (room = true));
  for (let second = 0; second < 20; second++) {
    await world.clock.advance(1000);
    await settle();
  }
  expect(room).toBe(false);
  world.down = false;
  while (!room) {
    await world.clock.advance(1000);
    await settle();
  }
  await waiting;
  expect(partition.bytes).toBe(0);
  expect(world.registered).toMatchObject([{ baseOffset: 0, lastOffset: 99, documents: 100 }]);
});

test('the end frees whoever waits for memory', async () => {
  const partition = partitionWith('a', 0);
  grow(partition, 100, 0);
  const world = new SealingWorld(partition.bytes / 3);
  world.partitions.push(partition);
  world.down = true;
  const waiting = world.seals.room();
  await settle();
  world.seals.stop();
  await waiting;
  expect(world.registered).toEqual([]);
});

test('what sealing cannot free does not keep the thread of those who could', async () => {
  const partition = partitionWith('a', 0);
  const world = new SealingWorld(1000);
  world.partitions.push(partition);
  const options = { baseOffset: 0, producerId: 1, producerEpoch: 0, baseSequence: 0, isTransactional: true };
  const records = [{ timestamp: 0, key: null, value: Buffer.alloc(5000), headers: [] }];
  new TextIndexer(codecs, 1e6, silentLogger).follow(partition, buildBatch(options, records, codecs, crc32c), 1, 0);
  let room = false;
  const waiting = world.seals.room().then(() => (room = true));
  await settle();
  expect(room).toBe(false);
  partition.passOverHeld();
  await world.clock.advance(1000);
  await waiting;
  expect(room).toBe(true);
});
