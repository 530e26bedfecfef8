import { expect, test } from 'vitest';
import type { SectionRow } from '../../../../src/metadata/types.ts';
import { KeyOffsets } from '../../../../src/processor/compaction/keys.ts';
import { groupSections, planCompaction } from '../../../../src/processor/compaction/policy.ts';

const key = (n: number): Uint8Array => Buffer.from(`key ${n}`);

test('keys keep their last offset, in bounded memory', () => {
  const keys = new KeyOffsets(5000, 1e9);
  for (let n = 0; n < 5000; n++) expect(keys.put(key(n), n)).toBe(true);
  for (let n = 0; n < 5000; n += 3) expect(keys.put(key(n), n + 10_000)).toBe(true);
  for (let n = 0; n < 5000; n++) expect(keys.get(key(n))).toBe(n % 3 === 0 ? n + 10_000 : n);
  expect(keys.get(key(5000))).toBe(-1);
  const small = new KeyOffsets(5000, 24 * 100);
  let taken = 0;
  while (small.put(key(taken), taken)) taken++;
  expect(taken).toBe(90);
  expect(small.size).toBe(90);
  expect(small.put(key(3), 1000)).toBe(true);
  expect([small.get(key(3)), small.get(key(90))]).toEqual([1000, -1]);
  expect(new KeyOffsets(0, 0).put(key(1), 1)).toBe(true);
});

const section = (baseOffset: number, length: number, minTimestamp = 0, maxTimestamp = minTimestamp): SectionRow => ({
  topicId: 't',
  partition: 0,
  baseOffset,
  lastOffset: baseOffset + 9,
  generation: 0,
  objectKey: 'k',
  position: 0,
  length,
  records: 10,
  minTimestamp,
  maxTimestamp,
  created: 0,
});

const config = { minCompactionLagMs: 0, maxCompactionLagMs: Number.MAX_SAFE_INTEGER, minCleanableRatio: 0.5 };
const facts = { logStart: 0, cleanedUpTo: 20, below: 1000, config, now: 10_000 };
const bases = (rows: readonly SectionRow[]) => rows.map(({ baseOffset }) => baseOffset);

test('a partition is due when more than the ratio of its bytes is dirty', () => {
  const sections = [section(0, 50), section(10, 50), section(20, 60), section(30, 40)];
  expect(planCompaction({ ...facts, sections })).toMatchObject({ due: false, ratio: 0.5, dirtyFrom: 20 });
  expect(planCompaction({ ...facts, sections: [...sections, section(40, 1)] }).due).toBe(true);
  expect(planCompaction({ ...facts, cleanedUpTo: 50, sections })).toMatchObject({ due: false, ratio: 0 });
  expect(planCompaction({ ...facts, sections: [] })).toMatchObject({ due: false, ratio: 0 });
  // A section that was compacted in part is dirty as a whole.
  expect(planCompaction({ ...facts, cleanedUpTo: 15, sections })).toMatchObject({ due: true, ratio: 0.75 });
});

test('what reaches to the bound or is too young is left alone, with all that follows', () => {
  const sections = [section(20, 50, 0), section(30, 50, 9500), section(40, 50, 0)];
  expect(bases(planCompaction({ ...facts, sections, below: 39 }).sections)).toEqual([20]);
  expect(bases(planCompaction({ ...facts, sections, below: 40 }).sections)).toEqual([20, 30]);
  const plan = planCompaction({ ...facts, sections, config: { ...config, minCompactionLagMs: 1000 } });
  expect(bases(plan.sections)).toEqual([20]);
  expect(plan.askAgain).toBe(10_500);
});

test('dirty bytes that are too old make it due whatever their share', () => {
  const sections = [section(0, 1000), section(20, 1, 4000)];
  const lag = (maxCompactionLagMs: number) =>
    planCompaction({ ...facts, sections, config: { ...config, maxCompactionLagMs } });
  expect(lag(5999).due).toBe(true);
  expect(lag(6000)).toMatchObject({ due: false, askAgain: 10_001 });
  expect(
    planCompaction({ ...facts, cleanedUpTo: 30, sections, config: { ...config, maxCompactionLagMs: 1 } }).due,
  ).toBe(false);
});

test('sections become one as far as their bytes and their times allow', () => {
  const sections = [
    section(0, 40, 100),
    section(10, 40, 200),
    section(20, 40, 300),
    section(30, 200, 400),
    section(40, 1, 0),
  ];
  const groups = (bytes: number, time: number) => groupSections(sections, bytes, time).map(bases);
  expect(groups(100, 1e9)).toEqual([[0, 10], [20], [30], [40]]);
  expect(groups(1000, 1e9)).toEqual([[0, 10, 20, 30, 40]]);
  expect(groups(1000, 150)).toEqual([[0, 10], [20, 30], [40]]);
  expect(groupSections([], 100, 100)).toEqual([]);
});
