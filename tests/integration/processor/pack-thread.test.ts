import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { systemDisk } from '../../../src/base/disk-system.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { createMetrics } from '../../../src/base/metrics.ts';
import { systemRandom, uuidToString } from '../../../src/base/random.ts';
import { openMetadata } from '../../../src/metadata/open.ts';
import { sectionRegistry } from '../../../src/metadata/registry.ts';
import { createTopic } from '../../../src/metadata/topics.ts';
import { openObjectStore } from '../../../src/objects/open.ts';
import { PackSink } from '../../../src/processor/packs/sink.ts';
import { ThreadedPackBuilding } from '../../../src/processor/packs/thread.ts';
import { openWal, sealWith } from '../../unit/processor/wal-fixture.ts';
import { batch, TOPIC_A } from '../../unit/packs/batches.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quarry-pack-thread-'));
  mkdirSync(join(folder, 'objects'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('the thread packs real files into a file store, registered in a threaded SQL store', async () => {
  const options = {
    objectsUrl: `file:${folder}/objects`,
    retry: { attempts: 2, baseMs: 1, maxMs: 10, factor: 2 },
    walFolder: `${folder}/wal`,
    temporaryFolder: `${folder}/packing`,
    maxConcurrentUploads: 2,
  };
  const topicId = uuidToString(TOPIC_A);
  const wal = await openWal(systemDisk, systemClock, options.walFolder);
  const sql = await openMetadata(`sqlite:${folder}/metadata.db`);
  await sql.transaction(createTopic({ topicId, name: 'a', partitions: 1, created: 1 }, []));
  const building = await ThreadedPackBuilding.start(options);
  const sink = new PackSink({
    wal,
    building,
    sql,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    metrics: createMetrics(),
    settings: { minSegmentAgeMs: 0, maxSegmentsPerRun: 10, maxConcurrentTasks: 2 },
    uploads: new Set(),
    onPacked: (sequence) => void wal.drained(sequence),
  });
  const batches = Array.from({ length: 200 }, (_, i) => batch(i * 2, [i, i], { valueBytes: 20_000 }));
  const placed = batches.map((one, i) => ({ topicId: TOPIC_A, partition: 0, offset: i * 2, batch: one }));
  await sealWith(wal, placed.slice(0, 120));
  await sealWith(wal, placed.slice(120));
  expect(await sink.run()).toMatchObject({ segments: 2, records: 400, errors: 0 });
  expect(wal.sealedSegments()).toEqual([]);
  expect(JSON.stringify(await building.metrics())).toContain('quarry_objects_written_bytes_total');

  const store = await openObjectStore(options.objectsUrl, { clock: systemClock, random: systemRandom });
  const rows = await sectionRegistry(sql).page(10);
  const parts = await Promise.all(
    rows.map((row) => store.get(row.objectKey, { from: row.position, length: row.length })),
  );
  expect(Buffer.compare(Buffer.concat(parts), Buffer.concat(batches))).toBe(0);
  expect(readdirSync(options.temporaryFolder)).toEqual([]);
  await sink.stop();
  await building.close();
  await sql.close();
  await wal.close();
});

test('the end does not wait for an object store that never answers', async () => {
  process.env['AWS_ACCESS_KEY_ID'] = 'test';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
  let asked = (): void => {};
  const request = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const silent = createServer((socket) => socket.on('error', () => {}).on('data', asked));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const endpoint = encodeURIComponent(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`);
  const topicId = uuidToString(TOPIC_A);
  const wal = await openWal(systemDisk, systemClock, `${folder}/wal`);
  const sql = await openMetadata('memory:');
  await sql.transaction(createTopic({ topicId, name: 'a', partitions: 1, created: 1 }, []));
  const building = await ThreadedPackBuilding.start({
    objectsUrl: `s3://bucket?endpoint=${endpoint}`,
    retry: { attempts: 100, baseMs: 1000, maxMs: 10_000, factor: 2 },
    walFolder: `${folder}/wal`,
    temporaryFolder: `${folder}/packing`,
    maxConcurrentUploads: 1,
  });
  const sink = new PackSink({
    wal,
    building,
    sql,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    metrics: createMetrics(),
    settings: { minSegmentAgeMs: 0, maxSegmentsPerRun: 10, maxConcurrentTasks: 2 },
    uploads: new Set(),
    onPacked: () => {},
  });
  await sealWith(wal, [{ topicId: TOPIC_A, partition: 0, offset: 0, batch: batch(0, [1]) }]);
  const running = sink.run(true);
  await request;
  // One request alone may take a minute, which is longer than this test may.
  await sink.stop();
  expect(await running).toMatchObject({ segments: 0, errors: 1 });
  await wal.close();
  await sql.close();
  silent.close();
});

test('a store that the thread cannot open is said at the start', async () => {
  const starting = ThreadedPackBuilding.start({
    objectsUrl: 'ftp://bucket',
    retry: { attempts: 1, baseMs: 1, maxMs: 1, factor: 1 },
    walFolder: `${folder}/wal`,
    temporaryFolder: `${folder}/packing`,
    maxConcurrentUploads: 1,
  });
  await expect(starting).rejects.toThrow('is not supported');
});

test('an error in the thread is the error of that task alone', async () => {
  const building = await ThreadedPackBuilding.start({
    objectsUrl: `file:${folder}/objects`,
    retry: { attempts: 1, baseMs: 1, maxMs: 1, factor: 1 },
    walFolder: `${folder}/wal`,
    temporaryFolder: `${folder}/packing`,
    maxConcurrentUploads: 1,
  });
  const task = { objectKey: 'packs/x', topicIds: [], from: [] };
  await expect(building.build({ ...task, sequence: 77 })).rejects.toThrow('ENOENT');
  expect(await building.metrics()).toBeInstanceOf(Array);
  await building.close();
});
