import { expect, test } from 'vitest';
import { decodeRecords } from '../../../protocol/records/index.ts';
import { codecs } from '../../../src/base/compression.ts';
import { below, seededRandom } from '../../../src/base/random.ts';
import { batch } from '../packs/batches.ts';
import { coldFixture, TOPIC } from './cold-fixture.ts';

/** Sections of batches whose timestamps go up and down, and all their records in order. */
async function randomLog(seed: number) {
  const random = seededRandom(seed);
  const { cold, add } = await coldFixture();
  const records: { offset: number; timestamp: number }[] = [];
  let offset = 5;
  for (let section = 0; section < 5; section++) {
    const batches = Array.from({ length: 1 + below(random, 6) }, (_, i) => {
      const timestamps = Array.from({ length: 1 + below(random, 5) }, () => section * 40 + below(random, 100));
      const compression = (['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)[below(random, 5)] ?? 'none';
      const made = batch(offset, timestamps, {
        valueBytes: i === 0 ? 40_000 : 10,
        compression,
        partitionLeaderEpoch: 7,
      });
      offset += timestamps.length + below(random, 2);
      return made;
    });
    for (const one of batches)
      decodeRecords(
        one,
        codecs,
        1e6,
        (record) => void records.push({ offset: record.offset, timestamp: record.timestamp }),
      );
    await add(`packs/${section}`, batches);
  }
  return { cold, records, end: offset };
}

test('the first record with a time is found exactly, from any offset on', async () => {
  for (let seed = 1; seed <= 3; seed++) {
    const { cold, records, end } = await randomLog(seed);
    for (const from of [0, 5, 9, Math.floor(end / 2), end - 1, end + 5])
      for (let timestamp = 0; timestamp < 270; timestamp += 7) {
        const expected = records.find((record) => record.offset >= from && record.timestamp >= timestamp);
        const found = await cold.findTimestamp(TOPIC, 0, timestamp, from);
        expect(found, `seed ${seed} from ${from} at ${timestamp}`).toEqual(expected && { ...expected, leaderEpoch: 7 });
      }
  }
});

test('the latest record is found exactly, from any offset on', async () => {
  for (let seed = 1; seed <= 5; seed++) {
    const { cold, records, end } = await randomLog(seed);
    for (let from = 0; from <= end; from++) {
      const rest = records.filter((record) => record.offset >= from);
      const latest = Math.max(...rest.map((record) => record.timestamp));
      const expected = rest.find((record) => record.timestamp === latest);
      const found = await cold.latestTimestamp(TOPIC, 0, from);
      expect(found, `seed ${seed} from ${from}`).toEqual(expected && { ...expected, leaderEpoch: 7 });
    }
  }
});
