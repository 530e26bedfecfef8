import { describe, expect, test } from 'vitest';
import { DEFAULT_MERGE, type MergePiece } from '../../../../src/base/merge-policy.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import { planTextMerge, textRule } from '../../../../src/processor/merging/text-policy.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const RULE = textRule(DEFAULT_MERGE);

/** Segments of these sizes, each of ten offsets, one after the other. */
const segments = (sizes: readonly number[]): MergePiece[] =>
  sizes.map((bytes, at) => ({ bytes, low: [at * 10], high: [at * 10 + 9] }));

/** The first and the last offset of what is merged next. */
const range = (pieces: readonly MergePiece[], rule = RULE) => {
  const chosen = planTextMerge(pieces, rule);
  return chosen && [chosen[0]?.low[0], chosen.at(-1)?.high[0]];
};

test('segments of an eighth of the target are left alone, however many there are', () => {
  expect(range(segments(Array.from({ length: 500 }, () => 512 * KIB)))).toBeUndefined();
  expect(range(segments(Array.from({ length: 500 }, () => 511 * KIB)))).toBeDefined();
});

test('four times as many as of files and packs become one', () => {
  const of = (count: number) => segments(Array.from({ length: count }, () => 30 * KIB));
  expect(range(of(15))).toBeUndefined();
  expect(range(of(16))).toEqual([0, 159]);
  expect(range(of(8), textRule({ ...DEFAULT_MERGE, minPieces: 2 }))).toEqual([0, 79]);
});

test('both policies mean the same', () => {
  expect(textRule({ ...DEFAULT_MERGE, policy: 'level-based' })).toEqual(RULE);
});

test('one merge makes no more than the target, and takes those of other sizes in between along', () => {
  expect(range(segments(Array.from({ length: 16 }, () => 400 * KIB)))).toEqual([0, 99]);
  const mixed = segments(Array.from({ length: 40 }, (_none, at) => (at % 2 === 0 ? 20 * KIB : 200 * KIB)));
  expect(range(mixed)).toEqual([0, 369]);
});

test('half as many are enough where a large one or a gap follows, and nothing is merged over these', () => {
  const of = segments(Array.from({ length: 20 }, () => 10 * KIB));
  expect(range(of.filter((_piece, at) => at !== 7))).toBeUndefined();
  expect(range(of.filter((_piece, at) => at !== 8))).toEqual([0, 79]);
  expect(range(of.with(8, { ...of[8]!, bytes: MIB }))).toEqual([0, 79]);
});

/** Seals one segment after the other and merges whenever the policy says so. `memoryBytes`: an index that is full makes a segment of so many bytes. */
function simulate(sealed: () => number, seals: number, memoryBytes = Number.MAX_VALUE) {
  let [pieces, fresh, rewritten, most]: [MergePiece[], number, number, number] = [[], 0, 0, 0];
  for (let seal = 0; seal < seals; seal++) {
    const bytes = sealed();
    fresh += bytes;
    pieces.push({ bytes, low: [seal * 1000], high: [seal * 1000 + 999] });
    for (let chosen = planTextMerge(pieces, RULE); chosen !== undefined; chosen = planTextMerge(pieces, RULE)) {
      const sum = chosen.reduce((all, piece) => all + piece.bytes, 0);
      rewritten += sum;
      const at = pieces.indexOf(chosen[0]!);
      pieces = pieces.toSpliced(at, chosen.length, ...made(chosen, sum, memoryBytes));
    }
    most = Math.max(most, pieces.filter((piece) => piece.bytes < RULE.largeBytes).length);
  }
  return { rewritten: rewritten / fresh, most, pieces: pieces.length };
}

/** What a merge makes: all but the last count as full. */
function made(chosen: readonly MergePiece[], bytes: number, memoryBytes: number): MergePiece[] {
  const count = Math.ceil(bytes / memoryBytes);
  const from = chosen[0]!.low[0]!;
  const width = Math.floor((chosen.at(-1)!.high[0]! + 1 - from) / count);
  return Array.from({ length: count }, (_none, at) => {
    const isLast = at === count - 1;
    const low = from + at * width;
    const high = isLast ? chosen.at(-1)!.high[0]! : low + width - 1;
    return { bytes: isLast ? bytes - (count - 1) * memoryBytes : 4 * MIB, low: [low], high: [high] };
  });
}

describe('over thousands of seals', () => {
  test('records of segments near the limit are indexed once more at most, those of larger ones never', () => {
    expect(simulate(() => 1.3 * MIB, 3000)).toEqual({ rewritten: 0, most: 0, pieces: 3000 });
    for (const kib of [40, 100, 300, 500]) expect(simulate(() => kib * KIB, 3000).rewritten).toBeLessThanOrEqual(1);
  });

  test('those of small ones are indexed twice more at most, and few segments wait', () => {
    for (const kib of [5, 8, 16, 30]) {
      const { rewritten, most, pieces } = simulate(() => kib * KIB, 3000);
      expect(rewritten).toBeLessThanOrEqual(2);
      expect(most).toBeLessThanOrEqual(31);
      expect(pieces).toBeLessThan(3000 / 16);
    }
  });

  test('with sizes of all kinds few small ones are left between large ones, and merging ends where memory cuts results short', () => {
    const random = seededRandom(7);
    const any = () => Math.floor(600 ** random.float() * KIB);
    for (const memoryBytes of [Number.MAX_VALUE, 700 * KIB, 200 * KIB]) {
      const { rewritten, most } = simulate(any, 4000, memoryBytes);
      expect(rewritten).toBeLessThanOrEqual(1);
      expect(most).toBeLessThan(400);
    }
  });
});
