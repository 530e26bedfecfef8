import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { type Logger, silentLogger } from '../../../src/base/logger.ts';
import { createMetrics } from '../../../src/base/metrics.ts';
import { seededRandom, uuidToString } from '../../../src/base/random.ts';
import { sectionRegistry } from '../../../src/metadata/registry.ts';
import { openInlineSqlite } from '../../../src/metadata/sqlite-inline.ts';
import { createTopic } from '../../../src/metadata/topics.ts';
import type { SqlEngine } from '../../../src/metadata/types.ts';
import { faulty, type StoreFault, type StoreOperation } from '../../../src/objects/faulty.ts';
import { memoryStore } from '../../../src/objects/memory.ts';
import type { ObjectStore } from '../../../src/objects/types.ts';
import { GarbageSweep } from '../../../src/processor/garbage-sweep.ts';
import { PackBuilder } from '../../../src/processor/packs/builder.ts';
import { PackSink, type PackSinkSettings } from '../../../src/processor/packs/sink.ts';
import type { Wal } from '../../../src/wal/wal.ts';
import { batch, TOPIC_A, TOPIC_B } from '../packs/batches.ts';
import { ManualClock } from './manual-clock.ts';
import { openWal, type Placed, sealWith, type WalLimits } from './wal-fixture.ts';

export const A = uuidToString(TOPIC_A);
export const B = uuidToString(TOPIC_B);

const SETTINGS: PackSinkSettings = {
  minSegmentAgeMs: 10_000,
  maxSegmentsPerRun: 100,
  maxConcurrentTasks: 4,
};

export const GRACE_MS = 60_000;

/** All keys of a store. */
export async function keysOf(store: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const info of store.list('')) keys.push(info.key);
  return keys;
}

/** A WAL, a registry with two topics, objects in memory, and a pack sink over them. */
export async function packFixture(limits: WalLimits = {}) {
  const clock = new ManualClock();
  const disk = memoryDisk();
  const wal = await openWal(disk, clock, '/wal', limits);
  const sql = openInlineSqlite(':memory:');
  const objects = memoryStore(clock);
  let plan: (operation: StoreOperation, key: string) => StoreFault = () => undefined;
  const store = faulty(objects, (operation, key) => plan(operation, key));
  await sql.transaction([
    ...createTopic({ topicId: A, name: 'a', partitions: 2, created: 1 }, []),
    ...createTopic({ topicId: B, name: 'b', partitions: 1, created: 1 }, []),
  ]);
  const packed: number[] = [];
  let seed = 1;

  /** A sink as a process would start it: over the same files and tables, knowing nothing of earlier ones. */
  const start = (
    settings: Partial<PackSinkSettings> = {},
    over: { sql?: SqlEngine; wal?: Wal; logger?: Logger } = {},
  ) => {
    const uploads = new Set<string>();
    const shared = {
      sql: over.sql ?? sql,
      clock,
      logger: over.logger ?? silentLogger,
      metrics: createMetrics(),
      uploads,
    };
    const building = new PackBuilder({
      disk,
      walFolder: '/wal',
      temporaryFolder: '/tmp',
      uploadFiles: false,
      store,
      maxConcurrentUploads: 2,
    });
    const sink = new PackSink({
      ...shared,
      wal: over.wal ?? wal,
      building,
      random: seededRandom(seed++),
      settings: { ...SETTINGS, ...settings },
      onPacked: (sequence) => void packed.push(sequence),
    });
    const sweep = new GarbageSweep({ ...shared, store, graceMs: GRACE_MS });
    return { sink, sweep, uploads, building };
  };

  const setFaults = (faults: typeof plan): void => {
    plan = faults;
  };
  return { clock, disk, wal, sql, objects, store, packed, start, setFaults, sections: sectionRegistry(sql) };
}

export type PackFixture = Awaited<ReturnType<typeof packFixture>>;

/** Seals a segment with some batches of both topics: of each partition the offsets [from, from + 4). */
export async function sealSome(wal: Wal, from: number): Promise<{ sequence: number; placed: Placed[] }> {
  const at = (topicId: Uint8Array, partition: number, offset: number): Placed => ({
    topicId,
    partition,
    offset,
    batch: batch(offset, [offset * 10, offset * 10 + 5]),
  });
  const placed = [
    at(TOPIC_A, 0, from),
    at(TOPIC_A, 1, from),
    at(TOPIC_A, 0, from + 2),
    at(TOPIC_B, 0, from),
    at(TOPIC_B, 0, from + 2),
    at(TOPIC_A, 1, from + 2),
  ];
  return { sequence: await sealWith(wal, placed), placed };
}

/** The bytes of all sections of a partition in offset order, by the registry. */
export async function packedBytes(fixture: PackFixture, topicId: string, partition: number): Promise<Buffer> {
  const rows = await fixture.sections.overlapping(topicId, partition, 0, Number.MAX_SAFE_INTEGER);
  const parts: Uint8Array[] = [];
  for (const row of rows)
    parts.push(await fixture.objects.get(row.objectKey, { from: row.position, length: row.length }));
  return Buffer.concat(parts);
}

/** What was placed of one partition, in order. */
export function bytesOf(placed: readonly Placed[], topicId: Uint8Array, partition: number): Buffer {
  return Buffer.concat(
    placed.filter((one) => one.topicId === topicId && one.partition === partition).map((one) => one.batch),
  );
}
