import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../../src/base/clock.ts';
import { DEFAULT_MERGE } from '../../../../src/base/merge-policy.ts';
import type { LogConfig } from '../../../../src/log/types.ts';
import type { SectionRow, TextSegmentRow } from '../../../../src/metadata/types.ts';
import type { CompactionRegistration } from '../../../../src/processor/compaction/registration.ts';
import { PackMerges } from '../../../../src/processor/merging/pack-merges.ts';
import type { MergeablePartition } from '../../../../src/processor/merging/segment-merges.ts';
import { TextMerges } from '../../../../src/processor/merging/text-merges.ts';
import type { Merging, PackMergeTask, TextMergeTask } from '../../../../src/processor/merging/types.ts';

const KIB = 1024;
const signal = new AbortController().signal;

const section = (objectKey: string, partition: number, baseOffset: number, change: Partial<SectionRow> = {}) => ({
  topicId: 'T',
  partition,
  baseOffset,
  lastOffset: baseOffset + 9,
  generation: 0,
  objectKey,
  position: 16,
  length: 100 * KIB,
  records: 10,
  minTimestamp: baseOffset,
  maxTimestamp: baseOffset + 9,
  created: baseOffset,
  ...change,
});

const CONFIG = {
  segmentBytes: 1024 * KIB * KIB,
  segmentMs: 1000,
  retentionMs: -1,
  retentionBytes: -1,
} as unknown as LogConfig;

function partitionOf(partition: number, change: Partial<MergeablePartition> = {}): MergeablePartition {
  return {
    topic: 'rows',
    topicId: 'T',
    partition,
    config: CONFIG,
    logStartOffset: 0,
    lastStableOffset: 1000,
    packedBelow: 1000,
    abortedBelow: () => [],
    sectionsMoved() {},
    ...change,
  };
}

/** What is merged of these sections; the registry is theirs, and swaps take effect. */
async function merged(
  rows: SectionRow[],
  config: Partial<LogConfig> = {},
  packedBelow = 1000,
  isDamaged = (_row: SectionRow): boolean => false,
): Promise<PackMergeTask['groups'][]> {
  let sections = rows;
  let failures = 0;
  const tasks: PackMergeTask['groups'][] = [];
  const merging = {
    async mergePacks({ groups }: PackMergeTask) {
      if (groups.flat().some(isDamaged)) {
        failures++;
        throw new Error('a pack is damaged');
      }
      tasks.push(groups);
      const gone = new Set(groups.flat());
      const made = groups.map((group) => ({
        ...group[0]!,
        objectKey: `merged-${tasks.length}`,
        lastOffset: group.at(-1)!.lastOffset,
        length: group.reduce((sum, { length }) => sum + length, 0),
      }));
      sections = [...sections.filter((row) => !gone.has(row)), ...made];
      return { bytesRead: 1, bytesWritten: 1, made: made.length };
    },
  } as unknown as Merging;
  const merges = new PackMerges({
    merging,
    registration: {
      sections: { ofObject: (key: string) => Promise.resolve(sections.filter((row) => row.objectKey === key)) },
    } as unknown as CompactionRegistration,
    partitions: () => [0, 1].map((one) => partitionOf(one, { packedBelow, config: { ...CONFIG, ...config } })),
    clock: systemClock,
    uploads: new Set(),
    smallObjects: () =>
      Promise.resolve(
        [...Map.groupBy(sections, ({ objectKey }) => objectKey)].map(([objectKey, of]) => ({
          objectKey,
          bytes: of.reduce((sum, { length }) => sum + length, 0),
          sections: of.length,
          created: of[0]!.created,
        })),
      ),
  });
  let told = 0;
  const { failure } = await merges.run(['T'], DEFAULT_MERGE, Number.MAX_VALUE, signal, () => told++);
  expect(told).toBe(tasks.length);
  expect([failures, failure?.message]).toEqual(rows.some(isDamaged) ? [1, 'a pack is damaged'] : [0, undefined]);
  return tasks;
}

const bases = (groups: PackMergeTask['groups']) => groups.map((group) => group.map(({ baseOffset }) => baseOffset));

describe('packs', () => {
  const packs = (count: number, from = 0) =>
    Array.from({ length: count }, (_none, at) => [
      section(`p${from + at}`, 0, (from + at) * 10),
      section(`p${from + at}`, 1, (from + at) * 10),
    ]).flat();

  test('become one when there are four, and neighbours of a partition one section', async () => {
    expect(await merged(packs(3))).toEqual([]);
    const [groups, ...more] = await merged(packs(4));
    expect(more).toEqual([]);
    expect(bases(groups!)).toEqual([
      [0, 10, 20, 30],
      [0, 10, 20, 30],
    ]);
  });

  test('whose sections are still in the WAL wait', async () => {
    expect(await merged(packs(5), {}, 30)).toEqual([]);
    expect((await merged(packs(5), {}, 45))[0]?.flat()).toHaveLength(8);
  });

  test('that are damaged stop no others, and are said', async () => {
    const large = [10, 11, 12, 13].map((at) => section(`p${at}`, 0, at * 10, { length: 20_000 * KIB }));
    const tasks = await merged([...packs(4), ...large], {}, 1000, ({ objectKey }) => objectKey === 'p2');
    expect(tasks.map(bases)).toEqual([[[100, 110, 120, 130]]]);
  });

  test('of so many partitions that fewer than four fit into one merge become one all the same', async () => {
    const rows = ['p0', 'p1', 'p2', 'p3'].flatMap((objectKey) =>
      Array.from({ length: 600 }, () => section(objectKey, 0, 0)),
    );
    const tasks = await merged(rows);
    expect(tasks.map((groups) => groups.length)).toEqual([1800]);
    expect(await merged(rows.filter(({ objectKey }) => objectKey !== 'p3'))).toEqual([]);
  });

  test('keep a gap: what lies between is elsewhere', async () => {
    const rows = packs(5).filter(({ objectKey, partition }) => objectKey !== 'p2' || partition === 1);
    const [groups] = await merged(rows);
    expect(bases(groups!)[0]).toEqual([0, 10]);
    expect(bases(groups!)[1]).toEqual([30, 40]);
  });

  test('keep sections apart of which retention lets go one by one', async () => {
    expect(bases((await merged(packs(4), { retentionMs: 160 }))[0]!)[0]).toEqual([0, 10]);
    expect(bases((await merged(packs(4), { retentionBytes: 1600 * KIB }))[0]!)[0]).toEqual([0, 10]);
  });
});

describe('text segments', () => {
  const text = (baseOffset: number, length: number): TextSegmentRow => ({
    ...section('t', 0, baseOffset),
    length,
    documents: 10,
  });

  /** The ranges that are merged; each merge makes segments of at most `most` bytes. */
  async function ranges(rows: TextSegmentRow[], most: number, logStartOffset = 0): Promise<[number, number][]> {
    let texts = rows;
    const found: [number, number][] = [];
    const merging: Partial<Merging> = {
      async mergeText(task: TextMergeTask, host) {
        const { from, to } = task;
        found.push([from, to]);
        if (found.length > 50) throw new Error('it does not end');
        const old = texts.filter(({ baseOffset, lastOffset }) => baseOffset >= from && lastOffset < to);
        const bytes = old.reduce((sum, { length }) => sum + length, 0);
        const parts = Math.ceil(bytes / most);
        const made = Array.from({ length: parts }, (_none, at) => ({
          ...old[0]!,
          baseOffset: from + Math.floor(((to - from) * at) / parts),
          lastOffset: from + Math.floor(((to - from) * (at + 1)) / parts) - 1,
          length: bytes / parts,
        }));
        texts = [...texts.filter((row) => !old.includes(row)), ...made].sort((a, b) => a.baseOffset - b.baseOffset);
        await host.swapText({ topicId: 'T', partition: 0, from, to, text: made });
        return { bytesRead: 1, bytesWritten: 1, made: made.length };
      },
    };
    const registration = {
      textsOf: () => Promise.resolve(texts),
      sections: { overlapping: () => Promise.resolve([]) },
      swapText: () => Promise.resolve(),
    } as unknown as CompactionRegistration;
    const merges = new TextMerges({
      merging: merging as Merging,
      registration,
      partitions: () => [partitionOf(0, { logStartOffset })],
      clock: systemClock,
      uploads: new Set(),
      smallTexts: () => Promise.resolve([{ topicId: 'T', partition: 0, segments: texts.length }]),
    });
    let told = 0;
    await merges.run(['T'], DEFAULT_MERGE, Number.MAX_VALUE, signal, () => told++);
    expect(told).toBe(found.length);
    return found;
  }

  const small = (count: number, length = 10 * KIB) =>
    Array.from({ length: count }, (_none, at) => text(at * 10, length));

  test('that follow each other become one, once they are sixteen', async () => {
    expect(await ranges(small(15), 1e9)).toEqual([]);
    expect(await ranges(small(18), 1e9)).toEqual([[0, 180]]);
  });

  test('are not merged over a large one between them', async () => {
    const rows = small(33);
    rows[16] = text(160, 600 * KIB);
    expect(await ranges(rows, 1e9)).toEqual([
      [0, 160],
      [170, 330],
    ]);
  });

  test('that memory cuts short are large enough: merging comes to an end', async () => {
    expect((await ranges(small(64, 400 * KIB), 300 * KIB)).length).toBeLessThan(10);
  });

  test('that reach below the log start are left to retention', async () => {
    expect(await ranges(small(18), 1e9, 15)).toEqual([[20, 180]]);
  });

  test('of a partition that cannot be read stop no other, and are said', async () => {
    let left = small(18).map((row) => ({ ...row, partition: 1 }));
    const merging = {
      mergeText({ partition }: TextMergeTask) {
        if (partition === 0) return Promise.reject(new Error('a pack is damaged'));
        left = [];
        return Promise.resolve({ bytesRead: 1, bytesWritten: 1, made: 1 });
      },
    } as unknown as Merging;
    const merges = new TextMerges({
      merging,
      registration: {
        textsOf: (_topicId: string, partition: number) => Promise.resolve(partition === 0 ? small(18) : left),
        sections: { overlapping: () => Promise.resolve([]) },
      } as unknown as CompactionRegistration,
      partitions: () => [partitionOf(0), partitionOf(1)],
      clock: systemClock,
      uploads: new Set(),
      smallTexts: () => Promise.resolve([0, 1].map((partition) => ({ topicId: 'T', partition, segments: 18 }))),
    });
    const outcome = await merges.run(['T'], DEFAULT_MERGE, Number.MAX_VALUE, signal, () => {});
    expect(outcome).toMatchObject({ merges: 1, failure: new Error('a pack is damaged') });
  });
});
