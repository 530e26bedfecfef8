import { describe, expect, test } from 'vitest';
import {
  countPieces,
  DEFAULT_MERGE,
  type MergePiece,
  type MergePolicy,
  type MergeRule,
  overlaps,
  planMerge,
  readAmplification,
} from '../../../src/base/merge-policy.ts';
import { seededRandom } from '../../../src/base/random.ts';

const MIB = 1024 * 1024;
const piece = (mib: number, from = 0, to = from): MergePiece => ({ bytes: mib * MIB, low: [from], high: [to] });
const rule = (policy: MergePolicy): MergeRule => ({ ...DEFAULT_MERGE, policy });
const sizes = (merge: ReturnType<typeof planMerge<MergePiece>>) => merge?.pieces.map(({ bytes }) => bytes / MIB);

describe('pieces are merged', () => {
  test.each(['size-tiered', 'level-based'] as const)('when there are four of a size, by %s', (policy) => {
    const three = [piece(1, 0), piece(1, 1), piece(1, 2)];
    expect(planMerge(three, rule(policy))).toBeUndefined();
    expect(sizes(planMerge([...three, piece(1, 3)], rule(policy)))).toEqual([1, 1, 1, 1]);
  });

  test.each(['size-tiered', 'level-based'] as const)('never when they are large enough, by %s', (policy) => {
    expect(
      planMerge(
        Array.from({ length: 9 }, () => piece(200)),
        rule(policy),
      ),
    ).toBeUndefined();
  });

  test('with those of about their size only, by size-tiered', () => {
    const four = [piece(10, 5), piece(11, 6), piece(12, 7), piece(19, 8)];
    expect(sizes(planMerge([piece(100), ...four, piece(60)], rule('size-tiered')))).toEqual([10, 11, 12, 19]);
    expect(planMerge([piece(5), piece(15), piece(45), piece(135)], rule('size-tiered'))).toBeUndefined();
  });

  test('in the order of what they hold, up to the target', () => {
    const many = Array.from({ length: 20 }, (_none, at) => piece(50, 20 - at));
    const merge = planMerge(many, rule('size-tiered'));
    expect(merge?.pieces.map(({ low }) => low[0])).toEqual([1, 2, 3, 4, 5]);
    expect(merge?.cutBytes).toBe(256 * MIB);
  });

  test('not more at once than the rule allows', () => {
    const many = Array.from({ length: 100 }, (_none, at) => piece(0.01, at));
    for (const policy of ['size-tiered', 'level-based'] as const)
      expect(planMerge(many, { ...rule(policy), maxPieces: 10 })?.pieces).toHaveLength(10);
  });

  test('together with what they overlap in the next level, and cut to its size, by level-based', () => {
    const fresh = [piece(2, 0, 10), piece(2, 3, 12), piece(2, 5, 14), piece(2, 8, 20)];
    const merge = planMerge([...fresh, piece(12, 15, 30), piece(13, 31, 40), piece(50, 0, 99)], rule('level-based'));
    expect(sizes(merge)).toEqual([2, 2, 2, 2, 12]);
    expect(merge?.cutBytes).toBe(16 * MIB);
  });

  test('not where as many would come out as go in', () => {
    const pairs = { ...rule('size-tiered'), minPieces: 2 };
    expect(planMerge([piece(120), piece(120)], pairs)?.pieces).toHaveLength(2);
    expect(planMerge([piece(150), piece(150)], pairs)).toBeUndefined();
  });

  test('to their full size only when there are many, by level-based', () => {
    const of = (count: number) => Array.from({ length: count }, (_none, at) => piece(60, at));
    expect(planMerge(of(17), rule('level-based'))).toBeUndefined();
    expect(planMerge(of(18), rule('level-based'))).toMatchObject({ cutBytes: 256 * MIB });
  });
});

test('pieces overlap when they could hold the same in every dimension', () => {
  const box = (low: number[], high: number[]): MergePiece => ({ bytes: 1, low, high });
  expect(overlaps(box([0, 0], [3, 10]), box([3, 10], [4, 20]))).toBe(true);
  expect(overlaps(box([0, 0], [3, 10]), box([0, 11], [4, 20]))).toBe(false);
  expect(overlaps(box([0, 0], [3, 10]), box([4, 0], [4, 20]))).toBe(false);
});

test('read amplification is the number of pieces beside the least possible', () => {
  expect(readAmplification([])).toBe(1);
  const small = Array.from({ length: 6 }, (): MergePiece => ({ bytes: 5, low: [], high: [] }));
  expect(readAmplification([countPieces([small, small, []], 10), countPieces([small], 30)])).toBeCloseTo(18 / 7);
});

/** Flushes of some megabytes over 16 partitions, merged whenever the rule says so. */
function simulate(policy: MergePolicy, flushes: number) {
  const random = seededRandom(11);
  const mergeRule: MergeRule = { ...DEFAULT_MERGE, policy, targetBytes: 256 };
  let [pieces, flushed, rewritten, most]: [MergePiece[], number, number, number] = [[], 0, 0, 0];
  for (let flush = 0; flush < flushes; flush++) {
    const bytes = 1 + Math.floor(random.float() * 6);
    flushed += bytes;
    pieces.push({ bytes, low: [0, flush], high: [15, flush] });
    for (;;) {
      const merge = planMerge(pieces, mergeRule);
      if (merge === undefined) break;
      const all = merge.pieces.reduce((sum, one) => sum + one.bytes, 0);
      rewritten += all;
      pieces = [...pieces.filter((one) => !merge.pieces.includes(one)), ...cut(merge.pieces, all, merge.cutBytes)];
    }
    most = Math.max(most, pieces.length);
  }
  expect(pieces.reduce((sum, { bytes }) => sum + bytes, 0)).toBeCloseTo(flushed);
  return { pieces, written: (flushed + rewritten) / flushed, most, flushed };
}

/** Rows of merged pieces lie by partition: each result has a range of them. */
function cut(merged: readonly MergePiece[], bytes: number, cutBytes: number): MergePiece[] {
  const results = Math.ceil(bytes / cutBytes);
  const from = Math.min(...merged.map(({ low }) => low[1]!));
  const to = Math.max(...merged.map(({ high }) => high[1]!));
  const [first, last] = [
    Math.min(...merged.map(({ low }) => low[0]!)),
    Math.max(...merged.map(({ high }) => high[0]!)),
  ];
  return Array.from({ length: results }, (_none, at) => {
    const width = (last - first + 1) / results;
    const range = [
      first + Math.floor(at * width),
      first + Math.max(Math.floor(at * width), Math.ceil((at + 1) * width) - 1),
    ];
    return { bytes: bytes / results, low: [range[0]!, from], high: [range[1]!, to] };
  });
}

describe('over thousands of flushes', () => {
  const tiered = simulate('size-tiered', 4000);
  const leveled = simulate('level-based', 4000);

  test('each byte is written a few times and the number of pieces stays near the least', () => {
    for (const { written, pieces, flushed } of [tiered, leveled]) {
      expect(written).toBeLessThan(6);
      expect(pieces.length).toBeLessThan((1.6 * flushed) / 256);
    }
  });

  test('a reader of one partition meets fewer pieces by level-based, while more of them wait', () => {
    const met = ({ pieces }: typeof tiered, partition: number): number =>
      pieces.filter(({ low, high }) => low[0]! <= partition && partition <= high[0]!).length;
    expect(met(leveled, 7)).toBeLessThan(0.8 * met(tiered, 7));
    expect(leveled.most).toBeGreaterThan(tiered.most);
  });
});
