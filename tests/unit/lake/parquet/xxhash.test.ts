import { xxhash64 as reference } from 'hyparquet/src/xxhash.js';
import { expect, test } from 'vitest';
import { seededRandom } from '../../../../src/base/random.ts';
import { bloomOfKeys } from '../../../../src/lake/parquet/bloom.ts';
import { Memtable } from '../../../../src/lake/parquet/memtable.ts';
import { xxhash64 } from '../../../../src/lake/parquet/xxhash.ts';
import { BloomBuilder } from 'hyparquet-writer/src/bloom.js';

test('hashes are those of XXH64 for every length of the tail, and over several blocks', () => {
  const bytes = Buffer.from(seededRandom(3).bytes(200));
  const halves = new Uint32Array(2);
  for (let length = 0; length <= 150; length++) {
    const position = length % 7;
    xxhash64(bytes, position, length, halves, 0);
    const hash = (BigInt(halves[1]!) << 32n) | BigInt(halves[0]!);
    expect(hash, `${length} bytes`).toBe(reference(bytes.subarray(position, position + length)));
  }
});

test('a bloom filter is the one that the library makes of the same keys, repeated ones counted once', () => {
  const table = new Memtable();
  const builder = new BloomBuilder({ name: 'key', type: 'BYTE_ARRAY' });
  for (let row = 0; row < 3000; row++) {
    const key = row % 5 === 0 ? null : Buffer.from(`key-${row % 1000}`);
    table.append(0, row, 0, 0, key, null, []);
    builder.insert(key);
  }
  expect(
    bloomOfKeys(
      table.freeze(),
      Uint32Array.from({ length: 3000 }, (_, row) => row),
    ),
  ).toEqual(builder.finalize());
});
