import { expect, test } from 'vitest';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { uuidToString } from '../../../src/base/random.ts';
import { segmentPath } from '../../../src/wal/files.ts';
import { noFaults, SimulatedDisk } from '../../../simulation/disk.ts';
import { topicConfig } from '../../../simulation/topic-config.ts';
import { batch, openFixture, TOPIC, TOPIC_ID } from './log-fixture.ts';

const other = { name: 'other', topicId: uuidToString(new Uint8Array(16).fill(9)), partitions: 2, config: topicConfig };

test('topics come, grow, change and go', async () => {
  const { log, partition } = await openFixture();
  log.createTopic(other);
  expect(log.partition('other', 1)).toBe(log.partitionById(other.topicId, 1));
  expect([log.partition('other', 2), log.partition('none', 0), log.partition(TOPIC, -1)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  log.addPartitions(other.topicId, 3);
  expect(log.partition('other', 2)?.logEndOffset).toBe(0);
  log.configureTopic(TOPIC_ID, { ...topicConfig, maxMessageBytes: 10 });
  expect(() => partition.append(batch(['a']))).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }));
  let woken = false;
  partition.onAdvance(() => (woken = true));
  log.deleteTopic(TOPIC_ID);
  expect([woken, log.partition(TOPIC, 0)]).toEqual([true, undefined]);
  expect(() => partition.read(0, 1, 'read_uncommitted', true)).toThrow(
    expect.objectContaining({ code: 'UNKNOWN_TOPIC_OR_PARTITION' }),
  );
  await log.close();
});

test('a topic of the same name with another id starts empty; batches of the old one belong to nobody', async () => {
  const disk = memoryDisk();
  const { log, partition } = await openFixture({ disk });
  await partition.append(batch(['old'])).durable;
  log.deleteTopic(TOPIC_ID);
  log.createTopic({ ...other, name: TOPIC });
  expect(log.partition(TOPIC, 0)?.logEndOffset).toBe(0);
  await log.close();
  const again = await openFixture({ disk, topics: [{ ...other, name: TOPIC }] });
  expect(again.partition.logEndOffset).toBe(0);
  await again.log.close();
});

test('a corrupt batch in the WAL is never served: the read goes on behind it', async () => {
  const disk = memoryDisk();
  const { log, partition } = await openFixture({ disk, settings: { tailMaxBytes: 0 } });
  for (const value of ['a', 'b', 'c']) partition.append(batch([value]));
  await log.flush();
  const { segment } = log.wal.watermark.read();
  disk.open(segmentPath('/wal', segment), 'write').writeSync([Uint8Array.of(0xff)], 4096 + 44 + 64);
  const { chunks } = await partition.read(0, 100_000, 'read_uncommitted', true);
  expect(chunks.map((chunk) => Number(Buffer.from(chunk).readBigInt64BE(0)))).toEqual([1, 2]);
  const first = await partition.read(0, 1, 'read_uncommitted', true);
  expect(first.chunks.length).toBe(1);
  await log.close();
});

test('a disk that cannot be read is a storage error, and the next read may succeed', async () => {
  const disk = new SimulatedDisk();
  const { log, partition } = await openFixture({ disk, settings: { tailMaxBytes: 0 } });
  await partition.append(batch(['a'])).durable;
  disk.faults = {
    ...noFaults,
    beforeRead() {
      throw new Error('EIO');
    },
  };
  await expect(partition.read(0, 1000, 'read_uncommitted', true)).rejects.toMatchObject({
    code: 'KAFKA_STORAGE_ERROR',
  });
  disk.faults = noFaults;
  expect((await partition.read(0, 1000, 'read_uncommitted', true)).chunks.length).toBe(1);
  await log.close();
});

test('reads go on after the WAL stopped', async () => {
  const disk = new SimulatedDisk();
  const { log, partition } = await openFixture({ disk, settings: { tailMaxBytes: 0 } });
  await partition.append(batch(['a'])).durable;
  disk.faults = { ...noFaults, sync: () => Promise.reject(new Error('EIO')) };
  await expect(partition.append(batch(['b'])).durable).rejects.toMatchObject({ code: 'KAFKA_STORAGE_ERROR' });
  expect(() => partition.append(batch(['c']))).toThrow(expect.objectContaining({ code: 'KAFKA_STORAGE_ERROR' }));
  await expect(log.flush()).rejects.toMatchObject({ code: 'KAFKA_STORAGE_ERROR' });
  const { chunks, highWatermark } = await partition.read(0, 1000, 'read_uncommitted', true);
  expect([chunks.length, highWatermark, log.failure?.message]).toEqual([1, 1, expect.stringContaining('EIO')]);
});
