import { expect, test } from 'vitest';
import { readDirectory, readIntervals, readSectionIndex } from '../../../src/packs/reader.ts';
import { batch, packOf, rangesOf, TOPIC_A, TOPIC_B } from './batches.ts';

const A = [batch(0, [100, 120]), batch(2, [90, 300, 110]), batch(9, [200])];
const B = [batch(50, [7], { producerId: 77, baseSequence: 4 }), batch(51, [8, 9], { producerId: 77, baseSequence: 5 })];
const PACK = packOf([
  { topicId: TOPIC_A, partition: 0, batches: A },
  { topicId: TOPIC_B, partition: 3, generation: 2, batches: B },
]);

test('the directory says what each section holds', async () => {
  const read = rangesOf(PACK.bytes);
  const directory = await readDirectory(read);
  expect(directory).toEqual(PACK.sections);
  expect(read.requests).toBe(1);
  expect(directory).toMatchObject([
    { partition: 0, generation: 0, baseOffset: 0, lastOffset: 9, records: 6, minTimestamp: 90, maxTimestamp: 300 },
    { partition: 3, generation: 2, baseOffset: 50, lastOffset: 52, records: 3, minTimestamp: 7, maxTimestamp: 9 },
  ]);
  expect(directory.map((section) => Buffer.from(section.topicId))).toEqual([
    Buffer.from(TOPIC_A),
    Buffer.from(TOPIC_B),
  ]);
});

test('a section holds its batches byte for byte', async () => {
  const read = rangesOf(PACK.bytes);
  for (const [i, section] of (await readDirectory(read)).entries()) {
    const index = await readSectionIndex(read, section);
    const bytes = await readIntervals(read, section, index, 0, index.intervals.length);
    expect(Buffer.compare(bytes, Buffer.concat([A, B][i] ?? []))).toBe(0);
  }
});

test('a section knows the last sequence of its producers', async () => {
  const read = rangesOf(PACK.bytes);
  const [, second] = await readDirectory(read);
  if (second === undefined) throw new Error('no second section');
  const index = await readSectionIndex(read, second);
  expect(index.producers).toEqual([
    { producerId: 77, producerEpoch: 3, lastSequence: 6, lastOffset: 52, lastTimestamp: 9 },
  ]);
  expect(index.aborted).toEqual([]);
});

test('a directory longer than the first guess takes a second request', async () => {
  const sections = Array.from({ length: 900 }, (_, partition) => ({
    topicId: TOPIC_A,
    partition,
    batches: [batch(partition, [1])],
  }));
  const { bytes } = packOf(sections);
  const read = rangesOf(bytes);
  const directory = await readDirectory(read);
  expect(directory.map((section) => section.baseOffset)).toEqual(sections.map((section) => section.partition));
  expect(read.requests).toBe(2);
});

test('an index block longer than the first guess takes a second request', async () => {
  const batches = Array.from({ length: 300 }, (_, i) => batch(i, [i], { producerId: 1000 + i, baseSequence: 0 }));
  const { bytes, sections } = packOf([{ topicId: TOPIC_A, partition: 0, batches }]);
  const read = rangesOf(bytes);
  const index = await readSectionIndex(read, sections[0] ?? { position: 0, length: 0 });
  expect(index.producers.map((producer) => producer.producerId)).toEqual(batches.map((_, i) => 1000 + i));
  expect(read.requests).toBe(2);
});
