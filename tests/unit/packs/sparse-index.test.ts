import { expect, test } from 'vitest';
import { readBatchHeader } from '../../../protocol/records/index.ts';
import { intervalEnd, intervalOf, readIntervals, readSectionIndex } from '../../../src/packs/reader.ts';
import { batch, packOf, rangesOf, TOPIC_A } from './batches.ts';

/** 40 batches of about 20 KB, three offsets each with gaps between them; one batch is larger than an interval. */
const BATCHES = Array.from({ length: 40 }, (_, i) =>
  batch(i * 10, [i * 5, i * 5 + 1, 1000 - i], { valueBytes: i === 20 ? 50_000 : 6_600 }),
);
const { bytes, sections } = packOf([{ topicId: TOPIC_A, partition: 0, batches: BATCHES }]);
const [SECTION = { position: 0, length: 0 }] = sections;
const read = rangesOf(bytes);
const index = await readSectionIndex(read, SECTION);

test('intervals are whole batches of about 64 KiB that cover the section', async () => {
  expect(index.intervals.length).toBeGreaterThan(8);
  expect(index.intervals.reduce((sum, interval) => sum + interval.batches, 0)).toBe(40);
  for (const [i, interval] of index.intervals.entries()) {
    const slice = await readIntervals(read, SECTION, index, i, i + 1);
    expect(readBatchHeader(slice, 0).baseOffset).toBe(interval.baseOffset);
    expect(slice.length).toBe(intervalEnd(index, i, SECTION) - interval.position);
    if (i < index.intervals.length - 1) expect(slice.length).toBeGreaterThanOrEqual(64 * 1024);
  }
});

test('every offset, also one in a gap, is found in the interval that begins at or before it', () => {
  for (let offset = 0; offset < 400; offset++) {
    const at = intervalOf(index, offset);
    expect(index.intervals[at]?.baseOffset).toBeLessThanOrEqual(offset);
    expect(index.intervals[at + 1]?.baseOffset ?? Number.MAX_SAFE_INTEGER).toBeGreaterThan(offset);
  }
  expect(intervalOf(index, -5)).toBe(0);
});

test('each interval knows its highest timestamp', () => {
  for (const [i, interval] of index.intervals.entries()) {
    const next = index.intervals[i + 1]?.baseOffset ?? Number.MAX_SAFE_INTEGER;
    const inside = BATCHES.map((one) => readBatchHeader(one, 0)).filter(
      (header) => header.baseOffset >= interval.baseOffset && header.baseOffset < next,
    );
    expect(interval.maxTimestamp).toBe(Math.max(...inside.map((header) => header.maxTimestamp)));
  }
});
