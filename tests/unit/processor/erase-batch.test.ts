import { expect, test } from 'vitest';
import { buildBatch, readBatchHeader } from '../../../protocol/records/index.ts';
import { codecs } from '../../../src/base/compression.ts';
import { crc32c } from '../../../src/base/crc32c.ts';
import { eraseBatch, holdsKey } from '../../../src/processor/erasure/erase-batch.ts';
import { ErasedKeys } from '../../../src/processor/erasure/keys.ts';
import { batch, marker, recordsOf, rules, transactional } from './compaction/batches.ts';

const key = (text: string, below = 1000) => ({ key: Buffer.from(text), below });
const erase = (bytes: Uint8Array, keys: ErasedKeys, more: Parameters<typeof rules>[1] = {}) =>
  eraseBatch(bytes, readBatchHeader(bytes, 0), keys, rules({}, more));

test('records of the key go, others keep their offsets, and the batch its place', () => {
  const bytes = batch(10, ['a=1', 'b=2', 'a=3', 'c=4', '=5']);
  const { bytes: left } = erase(bytes, new ErasedKeys([key('a')]));
  expect(recordsOf(left)).toEqual(['11:b=2', '13:c=4', '14:=5']);
  const header = readBatchHeader(left!, 0);
  expect({ base: header.baseOffset, last: header.lastOffset }).toEqual({ base: 10, last: 14 });
});

test('records at or above the end of the key stay, and each key has its own end', () => {
  const bytes = batch(10, ['a=1', 'b=2', 'a=3', 'b=4']);
  const { bytes: left } = erase(bytes, new ErasedKeys([key('a', 12), key('b', 14)]));
  expect(recordsOf(left)).toEqual(['12:a=3']);
});

test('a batch without the key is the very batch', () => {
  const bytes = batch(10, ['ab=1', 'b=2']);
  const keys = new ErasedKeys([key('a')]);
  expect(erase(bytes, keys).bytes).toBe(bytes);
  expect(holdsKey(bytes, readBatchHeader(bytes, 0), keys, rules({}))).toBe(false);
  expect(holdsKey(bytes, readBatchHeader(bytes, 0), new ErasedKeys([key('b')]), rules({}))).toBe(true);
});

test('an empty key is a key, and no key is none', () => {
  const bytes = buildBatch(
    { baseOffset: 0 },
    [
      { timestamp: 1, key: Buffer.alloc(0), value: Buffer.from('x') },
      { timestamp: 1, key: null, value: Buffer.from('y') },
    ],
    codecs,
    crc32c,
  );
  const { bytes: left } = erase(bytes, new ErasedKeys([key('')]));
  expect(recordsOf(left)).toEqual(['1:=y']);
});

test('without records a batch goes, unless it is the last of an active producer or the end of its section', () => {
  const keys = new ErasedKeys([key('a')]);
  const bytes = batch(10, ['a=1', 'a=2'], transactional(7));
  const producers = new Map([[7, { id: 7, epoch: 0, lastOffset: 11 }]]);
  expect(erase(bytes, keys).bytes).toBeUndefined();
  for (const more of [{ producers }, { end: 12 }]) {
    const { bytes: left } = erase(bytes, keys, more);
    const header = readBatchHeader(left!, 0);
    expect(header).toMatchObject({ recordCount: 0, baseOffset: 10, lastOffset: 11, producerId: 7 });
  }
});

test('markers stay', () => {
  const bytes = marker(10, 7, 'abort');
  expect(erase(bytes, new ErasedKeys([key('a')])).bytes).toBe(bytes);
});
