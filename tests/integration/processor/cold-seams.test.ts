import { expect, test } from 'vitest';
import { codecs } from '../../../src/base/compression.ts';
import type { Disk } from '../../../src/base/disk.ts';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { createMetrics } from '../../../src/base/metrics.ts';
import { below, type Random, seededRandom } from '../../../src/base/random.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { PackColdStore } from '../../../src/log/pack-cold-store.ts';
import type { PartitionLog } from '../../../src/log/types.ts';
import { saveLogStart } from '../../../src/metadata/log-start.ts';
import { partitionRows } from '../../../src/metadata/partitions.ts';
import { sectionRegistry } from '../../../src/metadata/registry.ts';
import { openInlineSqlite } from '../../../src/metadata/sqlite-inline.ts';
import { createTopic } from '../../../src/metadata/topics.ts';
import { memoryStore } from '../../../src/objects/memory.ts';
import type { ObjectStore } from '../../../src/objects/types.ts';
import type { SqlEngine } from '../../../src/metadata/types.ts';
import { PackBuilder } from '../../../src/processor/packs/builder.ts';
import { PackSink } from '../../../src/processor/packs/sink.ts';
import { WalDrain } from '../../../src/processor/wal-drain.ts';
import { batch, openFixture, record, TOPIC, TOPIC_ID } from '../../unit/log/log-fixture.ts';

const PARTITIONS = 3;

interface Model {
  /** Of each partition: every record's timestamp by offset, and the bytes of its batch by base offset. */
  readonly timestamps: number[][];
  readonly batches: Map<number, Buffer>[];
}

interface World {
  readonly disk: Disk;
  readonly sql: SqlEngine;
  readonly store: ObjectStore;
  readonly random: Random;
}

/** A log with its packs, as a process would open it over what is there. */
async function open({ disk, sql, store, random }: World) {
  const sections = sectionRegistry(sql);
  const cold = new PackColdStore({ sections, store, codecs, decompressedLimitBytes: 1e7, logger: silentLogger });
  const rows = await partitionRows(sql);
  const { log } = await openFixture({
    disk,
    partitions: PARTITIONS,
    cold,
    facts: rows.map(({ logStart, ...facts }) => ({ ...facts, logStartOffset: logStart })),
    saveLogStart: (topicId, partition, offset, by) => saveLogStart(sql, topicId, partition, offset, by, 1),
    settings: { tailMaxBytes: 20_000 },
  });
  const drain = new WalDrain(log, true, () => {});
  const sink = new PackSink({
    wal: log.wal,
    building: new PackBuilder({
      disk,
      walFolder: '/wal',
      temporaryFolder: '/tmp',
      uploadFiles: false,
      store,
      maxConcurrentUploads: 1,
    }),
    sql,
    clock: systemClock,
    random,
    logger: silentLogger,
    metrics: createMetrics(),
    settings: { minSegmentAgeMs: 0, maxSegmentsPerRun: 2, maxConcurrentTasks: 2 },
    uploads: new Set(),
    onPacked(sequence) {
      drain.textDoneBelow(sequence + 1);
      drain.packed(sequence);
    },
  });
  const partitions = Array.from({ length: PARTITIONS }, (_, i) => log.partition(TOPIC, i)).filter(
    (one) => one !== undefined,
  );
  return { log, sink, partitions };
}

async function append(partition: PartitionLog, model: Model, random: Random): Promise<void> {
  const records = Array.from({ length: 1 + below(random, 4) }, () =>
    record('x'.repeat(below(random, 3000)), 1 + below(random, 1_000_000)),
  );
  const bytes = batch(records, { partitionLeaderEpoch: 0 });
  const { baseOffset, durable } = partition.append(bytes);
  const expected = Buffer.from(bytes);
  await durable;
  model.batches[partition.partition]?.set(baseOffset, expected);
  for (const [i, one] of records.entries()) {
    const timestamps = model.timestamps[partition.partition];
    if (timestamps !== undefined) timestamps[baseOffset + i] = one.timestamp;
  }
}

/** Reads on from a random offset to the end and compares every batch. */
async function readFrom(partition: PartitionLog, model: Model, random: Random): Promise<void> {
  const batches = model.batches[partition.partition] ?? new Map<number, Buffer>();
  const end = partition.highWatermark;
  const start = partition.logStartOffset + below(random, Math.max(1, end - partition.logStartOffset));
  for (let offset = start; offset < end; ) {
    const read = await partition.read(offset, below(random, 20_000), 'read_uncommitted', true);
    expect(read.bytes).toBeGreaterThan(0);
    let expected = offset;
    for (const chunk of read.chunks)
      for (let at = 0; at < chunk.length; ) {
        const view = Buffer.from(chunk.buffer, chunk.byteOffset + at, chunk.length - at);
        const base = Number(view.readBigInt64BE(0));
        const known = batches.get(base);
        expect(known, `batch ${base} after a read at ${offset}`).toBeDefined();
        expect(base <= expected).toBe(true);
        expect(view.subarray(0, known?.length).equals(known ?? Buffer.alloc(0))).toBe(true);
        expected = base + view.readInt32BE(23) + 1;
        expect(expected).toBeGreaterThan(offset);
        at += known?.length ?? chunk.length;
      }
    offset = expected;
  }
}

async function lookUpTime(partition: PartitionLog, model: Model, random: Random): Promise<void> {
  const timestamps = model.timestamps[partition.partition] ?? [];
  const wanted = below(random, 1_100_000);
  const from = partition.logStartOffset;
  const expected = timestamps.findIndex((timestamp, offset) => offset >= from && timestamp >= wanted);
  const found = await partition.findOffset({ timestamp: wanted }, 'read_uncommitted');
  expect(found?.offset).toBe(expected < 0 ? undefined : expected);
  const latest = await partition.findOffset('max-timestamp', 'read_uncommitted');
  const rest = timestamps.slice(from);
  expect(latest?.offset).toBe(rest.length === 0 ? undefined : from + rest.indexOf(Math.max(...rest)));
}

test.each([1, 2, 3, 4])(
  'random appends, seals, packs, deletions and restarts never show a seam (seed %i)',
  async (seed) => {
    const random = seededRandom(seed);
    const world: World = {
      disk: memoryDisk(),
      sql: openInlineSqlite(':memory:'),
      store: memoryStore(systemClock),
      random,
    };
    await world.sql.transaction(
      createTopic({ topicId: TOPIC_ID, name: TOPIC, partitions: PARTITIONS, created: 1 }, []),
    );
    const model: Model = {
      timestamps: Array.from({ length: PARTITIONS }, () => []),
      batches: Array.from({ length: PARTITIONS }, () => new Map<number, Buffer>()),
    };
    let running = await open(world);
    let packing: Promise<unknown> = Promise.resolve();
    for (let step = 0; step < 400; step++) {
      const partition = running.partitions[below(random, PARTITIONS)];
      if (partition === undefined) throw new Error('no partition');
      const dice = below(random, 100);
      if (dice < 55) await append(partition, model, random);
      else if (dice < 65) running.log.wal.roll();
      else if (dice < 75) packing = running.sink.run(true);
      else if (dice < 85) await readFrom(partition, model, random);
      else if (dice < 92) {
        await packing;
        await lookUpTime(partition, model, random);
      } else if (dice < 94) {
        const { logStartOffset, highWatermark } = partition;
        await partition.deleteRecordsBefore(logStartOffset + below(random, (highWatermark - logStartOffset) / 2 + 1));
      } else if (dice < 97) {
        await running.sink.stop();
        await running.log.close();
        running = await open(world);
      }
    }
    await running.sink.run(true);
    for (const partition of running.partitions) {
      expect(partition.highWatermark).toBe(model.timestamps[partition.partition]?.length);
      for (let i = 0; i < 20; i++) await readFrom(partition, model, random);
      await lookUpTime(partition, model, random);
    }
    await running.sink.stop();
    await running.log.close();
  },
);
