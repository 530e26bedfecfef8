import { expect, test } from 'vitest';
import { readBatchHeader } from '../../../protocol/records/index.ts';
import { below, seededRandom } from '../../../src/base/random.ts';
import { batch } from '../packs/batches.ts';
import { coldFixture, TOPIC } from './cold-fixture.ts';

const BIG = { valueBytes: 30_000 };

/** Two sections with gaps between batches, the second one with many intervals; offsets 0…29 and 100…499. */
async function filled() {
  const fixture = await coldFixture();
  const first = [batch(0, [1, 2, 3]), batch(10, [4]), batch(29, [5])];
  const second = Array.from({ length: 40 }, (_, i) => batch(100 + i * 10, [i, i + 1], BIG));
  await fixture.add('packs/1', first);
  await fixture.add('packs/2', second);
  return { ...fixture, batches: [...first, ...second] };
}

test('a read begins with the batch that holds the offset, or the next one after a gap', async () => {
  const { cold, batches } = await filled();
  for (let offset = 0; offset <= 491; offset++) {
    const expected = batches.find((one) => readBatchHeader(one, 0).lastOffset >= offset) ?? new Uint8Array();
    const read = await cold.read(TOPIC, 0, offset, 1);
    expect(read?.batches).toHaveLength(1);
    expect(Buffer.compare(read?.batches[0] ?? new Uint8Array(), expected)).toBe(0);
    expect(read?.nextOffset).toBe(readBatchHeader(expected, 0).lastOffset + 1);
  }
});

test('after the last offset, and of an unknown partition, there is nothing', async () => {
  const { cold } = await filled();
  expect(await cold.read(TOPIC, 0, 492, 1000)).toBeUndefined();
  expect(await cold.read(TOPIC, 1, 0, 1000)).toBeUndefined();
});

test('reading on from read to read gives every batch once, whatever the size', async () => {
  const { cold, batches } = await filled();
  for (const maxBytes of [1, 1000, 100_000, 700_000, 50_000_000]) {
    const seen: Uint8Array[] = [];
    for (let offset = 0; ; ) {
      const read = await cold.read(TOPIC, 0, offset, maxBytes);
      if (read === undefined) break;
      if (read.batches.length > 1) expect(read.bytes).toBeLessThanOrEqual(maxBytes);
      expect(read.bytes).toBe(read.batches.reduce((sum, one) => sum + one.length, 0));
      seen.push(...read.batches);
      offset = read.nextOffset;
    }
    expect(Buffer.compare(Buffer.concat(seen), Buffer.concat(batches))).toBe(0);
  }
});

test('a small section takes one request, and the next read of it none', async () => {
  const { cold, requests } = await filled();
  await cold.read(TOPIC, 0, 0, 1);
  await cold.read(TOPIC, 0, 3, 1);
  expect(requests).toEqual(['get packs/1']);
});

test('a large section takes one request for its index and one a read', async () => {
  const { cold, requests } = await filled();
  await cold.read(TOPIC, 0, 100, 1);
  await cold.read(TOPIC, 0, 300, 1);
  expect(requests).toEqual(['get packs/2', 'get packs/2', 'get packs/2']);
});

test('random offsets and sizes over random sections give what was stored', async () => {
  const random = seededRandom(3);
  const { cold, add } = await coldFixture();
  const all: Uint8Array[] = [];
  let offset = 0;
  for (let section = 0; section < 12; section++) {
    const batches = Array.from({ length: 1 + below(random, 8) }, () => {
      offset += below(random, 3);
      const timestamps = Array.from({ length: 1 + below(random, 4) }, () => below(random, 1000));
      const made = batch(offset, timestamps, { valueBytes: below(random, 2) * below(random, 60_000) });
      offset += timestamps.length;
      return made;
    });
    await add(`packs/${section}`, batches);
    all.push(...batches);
  }
  for (let round = 0; round < 300; round++) {
    const from = below(random, offset);
    const read = await cold.read(TOPIC, 0, from, 1 + below(random, 200_000));
    const first = all.findIndex((one) => readBatchHeader(one, 0).lastOffset >= from);
    const expected = all.slice(first, first + (read?.batches.length ?? 0));
    expect(Buffer.compare(Buffer.concat(read?.batches ?? []), Buffer.concat(expected))).toBe(0);
  }
});
