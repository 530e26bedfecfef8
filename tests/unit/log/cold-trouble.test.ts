import { expect, test } from 'vitest';
import { memoryDisk } from '../../../src/base/disk-memory.ts';
import { createMetrics } from '../../../src/base/metrics.ts';
import { LogError } from '../../../src/log/types.ts';
import { cached } from '../../../src/objects/cached.ts';
import { batch } from '../packs/batches.ts';
import { coldFixture, TOPIC } from './cold-fixture.ts';

const BATCHES = [batch(0, [1]), batch(1, [2])];
const LARGE = Array.from({ length: 10 }, (_, i) => batch(i, [i], { valueBytes: 40_000 }));

test.each([BATCHES, LARGE])('bytes that rotted on the way are read again', async (...batches) => {
  const { cold, add, faults } = await coldFixture();
  await add('packs/1', batches);
  for (let broken = 0; broken < 3; broken++) {
    faults.push(...new Array<undefined>(broken).fill(undefined), 'bit-rot');
    const read = await cold.read(TOPIC, 0, 1, 1);
    expect(Buffer.compare(read?.batches[0] ?? new Uint8Array(), batches[1] ?? new Uint8Array())).toBe(0);
  }
});

test('bytes that rotted on the way into the cache do not stay there', async () => {
  const { cold, add, faults } = await coldFixture((store) =>
    cached(store, { disk: memoryDisk(), folder: '/c', maxBytes: 1e7, blockBytes: 1000, metrics: createMetrics() }),
  );
  await add('packs/1', BATCHES);
  faults.push('bit-rot');
  expect((await cold.read(TOPIC, 0, 0, 1))?.nextOffset).toBe(1);
});

test('bytes that are rotten in the store are an error and are not served', async () => {
  const { cold, add, objects } = await coldFixture();
  const row = await add('packs/1', BATCHES);
  const bytes = await objects.get('packs/1');
  bytes[row.position + 70] = (bytes[row.position + 70] ?? 0) ^ 4;
  await objects.put('packs/1', bytes);
  const read = cold.read(TOPIC, 0, 0, 1000);
  await expect(read).rejects.toBeInstanceOf(LogError);
  await expect(read).rejects.toMatchObject({ code: 'KAFKA_STORAGE_ERROR' });
});

test('a store that is down is an error, and is asked again by the next read', async () => {
  const { cold, add, faults } = await coldFixture();
  await add('packs/1', BATCHES);
  faults.push('refused');
  await expect(cold.read(TOPIC, 0, 0, 1000)).rejects.toMatchObject({ code: 'KAFKA_STORAGE_ERROR' });
  expect((await cold.read(TOPIC, 0, 0, 1000))?.nextOffset).toBe(2);
});

test('an object that is gone although it is registered is an error', async () => {
  const { cold, add, objects } = await coldFixture();
  await add('packs/1', BATCHES);
  await objects.delete(['packs/1']);
  await expect(cold.read(TOPIC, 0, 0, 1000)).rejects.toThrow('the object packs/1 is missing');
});

test('a section that was rewritten meanwhile is looked up again', async () => {
  const { cold, add, objects, sections, sql } = await coldFixture();
  const old = await add('packs/old', LARGE);
  await cold.read(TOPIC, 0, 0, 1);
  await add('packs/new', LARGE, 1);
  await sql.transaction(sections.forgetOne(old, 1));
  await objects.delete(['packs/old']);
  expect((await cold.read(TOPIC, 0, 5, 1))?.nextOffset).toBe(6);
});
