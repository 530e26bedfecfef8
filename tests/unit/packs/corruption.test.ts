import { expect, test } from 'vitest';
import { below, seededRandom } from '../../../src/base/random.ts';
import { PackCorrupt, PackFormatError } from '../../../src/packs/errors.ts';
import { decodeTrailer, TRAILER_BYTES } from '../../../src/packs/format.ts';
import { readDirectory, readIntervals, readSectionIndex } from '../../../src/packs/reader.ts';
import { batch, packOf, rangesOf, TOPIC_A, TOPIC_B } from './batches.ts';

const { bytes: PACK } = packOf([
  { topicId: TOPIC_A, partition: 0, batches: [batch(0, [1, 2]), batch(2, [3])] },
  { topicId: TOPIC_B, partition: 1, batches: [batch(7, [4], { producerId: 5, baseSequence: 1 })] },
]);

/** Reads everything that a reader may ask for. */
async function readAll(bytes: Uint8Array): Promise<string> {
  const read = rangesOf(bytes);
  const parts: unknown[] = [];
  for (const section of await readDirectory(read)) {
    const index = await readSectionIndex(read, section);
    const batches = await readIntervals(read, section, index, 0, index.intervals.length);
    parts.push(section, index, Buffer.from(batches).toString('hex'));
  }
  return JSON.stringify(parts);
}

test('a turned bit anywhere is an error or changes nothing', async () => {
  const sound = await readAll(PACK);
  let refused = 0;
  for (let bit = 0; bit < PACK.length * 8; bit++) {
    const rotten = PACK.slice();
    rotten[bit >> 3] = (rotten[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    try {
      expect(await readAll(rotten)).toBe(sound);
    } catch (error) {
      if (!(error instanceof PackCorrupt || error instanceof PackFormatError)) throw error;
      refused++;
    }
  }
  // All but the header at the front, which no reader needs, and eight unused bytes.
  expect(refused).toBeGreaterThan((PACK.length - 40) * 8);
});

test('a pack cut off anywhere is an error', async () => {
  for (let length = 0; length < PACK.length; length++)
    await expect(readAll(PACK.slice(0, length)), `cut at ${length}`).rejects.toBeInstanceOf(PackCorrupt);
});

test('random bytes are an error', async () => {
  const random = seededRandom(5);
  for (let round = 0; round < 200; round++) {
    const garbage = random.bytes(below(random, 500));
    garbage.set(PACK.slice(-8), Math.max(0, garbage.length - 8));
    await expect(readAll(garbage)).rejects.toThrow();
  }
});

test('a newer format is named, not misread', () => {
  const newer = PACK.slice(-TRAILER_BYTES);
  newer[27] = 2;
  expect(() => decodeTrailer(newer)).toThrow(PackFormatError);
});

test('what is not a run of batches with rising offsets is not written', () => {
  const write = (...batches: Uint8Array[]) => packOf([{ topicId: TOPIC_A, partition: 0, batches }]);
  expect(() => write(batch(5, [1]), batch(5, [1]))).toThrow(PackCorrupt);
  expect(() => write(batch(5, [1]).slice(0, -1))).toThrow(PackCorrupt);
  expect(() => write(new Uint8Array(10))).toThrow();
  expect(() => write()).toThrow(PackCorrupt);
});
