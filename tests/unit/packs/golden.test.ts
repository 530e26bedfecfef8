import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeIndex, encodeIndex } from '../../../src/packs/format.ts';
import { batch, packOf, TOPIC_A, TOPIC_B } from './batches.ts';

const FIXTURE = join(import.meta.dirname, '../../golden/packs/version-1.pack.hex');

/** What version 1 of the format made of fixed input. Set REWRITE_GOLDEN to write it again, for a new version only. */
test('version 1 of the pack format is what it was', () => {
  const { bytes } = packOf([
    { topicId: TOPIC_A, partition: 0, batches: [batch(0, [100, 120]), batch(2, [90])] },
    { topicId: TOPIC_B, partition: 9, generation: 1, batches: [batch(5, [7], { producerId: 77, baseSequence: 4 })] },
  ]);
  const hex = `${(
    Buffer.from(bytes)
      .toString('hex')
      .match(/.{1,100}/g) ?? []
  ).join('\n')}\n`;
  if (process.env['REWRITE_GOLDEN'] !== undefined) writeFileSync(FIXTURE, hex);
  expect(hex).toBe(readFileSync(FIXTURE, 'utf8'));
});

test('an index block with aborted transactions is read as written', () => {
  const index = {
    intervals: [{ baseOffset: 4, position: 0, maxTimestamp: -1, crc: 0xfedcba98, batches: 2 }],
    producers: [{ producerId: 2 ** 40, producerEpoch: 5, lastSequence: 2 ** 31 - 1, lastOffset: 9, lastTimestamp: 3 }],
    aborted: [{ producerId: 8, firstOffset: 1, lastOffset: 6, lastStableOffset: 7 }],
  };
  expect(decodeIndex(encodeIndex(index), 100)).toEqual(index);
});
