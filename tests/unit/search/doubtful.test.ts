import { expect, test } from 'vitest';
import { doubtfulRanges } from '../../../src/search/doubtful.ts';

const segment = (baseOffset: number, lastOffset: number, generation: number, rule?: string) => ({
  topicId: 't',
  partition: 0,
  baseOffset,
  lastOffset,
  generation,
  ...(rule !== undefined && { rule }),
});
const rules = new Map([['t', 'new']]);
const range = (from: number, to: number) => ({ topicId: 't', partition: 0, from, to });

test('offsets are doubtful whose index goes by another rule, as far as they are asked for', () => {
  const segments = [segment(0, 9, 0), segment(10, 19, 0, 'new'), segment(20, 29, 0, 'old')];
  expect(doubtfulRanges(segments, [range(5, 25)], rules)).toEqual([range(5, 10), range(20, 25)]);
  expect(doubtfulRanges(segments, [range(10, 20)], rules)).toEqual([]);
  expect(doubtfulRanges(segments, [{ ...range(0, 30), partition: 1 }], rules)).toEqual([]);
});

test('of an offset the highest generation counts, and no offset is there twice', () => {
  expect(doubtfulRanges([segment(0, 29, 0, 'old'), segment(10, 19, 1, 'new')], [range(0, 30)], rules)).toEqual([
    range(0, 10),
    range(20, 30),
  ]);
  expect(doubtfulRanges([segment(0, 29, 0, 'new'), segment(10, 19, 1, 'old')], [range(0, 30)], rules)).toEqual([
    range(10, 20),
  ]);
  expect(doubtfulRanges([segment(0, 19, 0), segment(10, 29, 1)], [range(0, 30)], rules)).toEqual([
    range(10, 30),
    range(0, 10),
  ]);
});
