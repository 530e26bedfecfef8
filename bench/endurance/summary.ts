import { median } from '../case.ts';
import { RECORD_BYTES } from '../payload.ts';
import { chart, type Panel } from './chart.ts';
import type { Moment } from './sampler.ts';

const MIB = 2 ** 20;

/** What was sampled as figures over time. Rates are those of the time since the moment before. */
export interface Course {
  readonly minutes: readonly number[];
  readonly mbPerS: readonly number[];
  /** Seconds of producing that are not searchable yet, or not in the table. */
  readonly searchLag: readonly number[];
  readonly tableLag: readonly number[];
  readonly residentMiB: readonly number[];
  readonly textMiB: readonly number[];
  readonly tableMiB: readonly number[];
  readonly walMiB: readonly number[];
  /** Cores in use by the broker, and by everything else. */
  readonly cores: readonly number[];
  readonly otherCores: readonly number[];
}

/** The figures of the moments; the first moment only begins. */
export function courseOf(moments: readonly Moment[], rate: number): Course {
  const pairs = moments.slice(1).map((now, i) => ({ now, before: moments[i]! }));
  const by = (of: (now: Moment, before: Moment, seconds: number) => number): number[] =>
    pairs.map(({ now, before }) => of(now, before, now.seconds - before.seconds));
  const lag = (of: (now: Moment) => number): number[] =>
    by((now) => (Math.max(0, now.produced - of(now)) * RECORD_BYTES) / rate);
  return {
    minutes: by((now) => now.seconds / 60),
    mbPerS: by((now, before, seconds) => ((now.produced - before.produced) * RECORD_BYTES) / 1e6 / seconds),
    searchLag: lag((now) => now.indexed),
    tableLag: lag((now) => now.rows),
    residentMiB: by((now) => now.residentBytes / MIB),
    textMiB: by((now) => now.textBytes / MIB),
    tableMiB: by((now) => now.tableBytes / MIB),
    walMiB: by((now) => now.walBytes / MIB),
    cores: by((now, before, seconds) => (now.cpuSeconds - before.cpuSeconds) / seconds),
    otherCores: by(
      (now, before, seconds) =>
        (now.machineCpuSeconds - before.machineCpuSeconds - (now.cpuSeconds - before.cpuSeconds)) / seconds,
    ),
  };
}

/** The picture of a course. */
export function pictureOf(title: string, course: Course): string {
  const panels: Panel[] = [
    { title: 'produced, MB/s', lines: [{ name: 'acknowledged', values: course.mbPerS }] },
    {
      title: 'lag, seconds of producing',
      lines: [
        { name: 'table', values: course.tableLag },
        { name: 'search', values: course.searchLag },
      ],
    },
    {
      title: 'memory, MiB',
      lines: [
        { name: 'process', values: course.residentMiB },
        { name: 'live text indexes', values: course.textMiB },
        { name: 'memtables', values: course.tableMiB },
      ],
    },
    { title: 'write-ahead log on disk, MiB', lines: [{ name: 'segments', values: course.walMiB }] },
    {
      title: 'CPU, cores',
      lines: [
        { name: 'broker', values: course.cores },
        { name: 'everything else', values: course.otherCores },
      ],
    },
  ];
  return chart(title, course.minutes, panels);
}

const FIGURES: readonly (readonly [key: Exclude<keyof Course, 'minutes'>, title: string, decimals: number])[] = [
  ['mbPerS', 'produced, MB/s', 1],
  ['searchLag', 'search behind, s', 2],
  ['tableLag', 'table behind, s', 1],
  ['residentMiB', 'process, MiB', 0],
  ['textMiB', 'live text indexes, MiB', 0],
  ['tableMiB', 'memtables, MiB', 0],
  ['walMiB', 'write-ahead log, MiB', 0],
  ['cores', 'broker, cores', 2],
  ['otherCores', 'everything else, cores', 2],
];

/** Medians of each third of the time, and the highest value: what is flat has thirds that are alike. */
export function thirds(course: Course): string {
  const row = (cells: readonly string[]): string =>
    `| ${cells[0]!.padEnd(24)} | ${cells
      .slice(1)
      .map((cell) => cell.padStart(10))
      .join(' | ')} |`;
  const lines = [
    row(['medians', 'first third', 'second', 'third', 'highest']),
    `| --- |${' --- |'.repeat(4)}`,
    ...FIGURES.map(([key, title, decimals]) => {
      const values = course[key];
      const cut = (part: number): number => Math.round((values.length * part) / 3);
      const medians = [0, 1, 2].map((part) => median(values.slice(cut(part), cut(part + 1))));
      return row([title, ...[...medians, Math.max(...values)].map((value) => value.toFixed(decimals))]);
    }),
  ];
  return `${lines.join('\n')}\n`;
}
