import { figure, ratio, type Rounds } from './case.ts';
import type { Outcome } from './targets.ts';

/** Figures in the order of the table, with the width of their decimals. */
const COLUMNS: readonly (readonly [key: string, title: string, decimals: number])[] = [
  ['mbPerS', 'MB/s', 1],
  ['cpuSecondsPerGb', 'CPU-s/GB', 2],
  ['settledCpuSecondsPerGb', 'settled', 2],
  ['brokerCpuSeconds', 'CPU-s', 2],
  ['clientCpuSeconds', 'client', 2],
  ['otherCpuSeconds', 'other', 2],
  ['peakMiB', 'peak MiB', 0],
  ['perSecond', 'per second', 0],
  ['addedMiB', 'added MiB', 0],
  ['p50Ms', 'p50 ms', 3],
  ['p99Ms', 'p99 ms', 3],
  ['readyMs', 'ready ms', 0],
  ['idlePercent', 'idle %', 2],
  ['indexedMbPerS', 'indexed MB/s', 1],
  ['mbPerCoreSecond', 'MB/core-s', 1],
  ['storedPercent', 'stored %', 1],
  ['cpuMsEach', 'CPU ms each', 2],
];

/** Figures of which a ratio says nothing. */
const WITHOUT_RATIO = new Set(['otherCpuSeconds', 'clientCpuSeconds', 'peakMiB']);

/** Medians of one case as a table, and the ratios to the first broker. */
export function caseTable(title: string, rounds: Rounds): string {
  const names = [...new Set(rounds.flatMap((round) => Object.keys(round)))];
  const columns = COLUMNS.filter(([key]) => names.some((name) => !Number.isNaN(figure(rounds, name, key))));
  const cell = (value: number, decimals: number): string => (Number.isNaN(value) ? '' : value.toFixed(decimals));
  const row = (first: string, cells: readonly string[]): string =>
    `  ${first.padEnd(26)}${cells.map((one) => one.padStart(13)).join('')}`;
  const lines = [
    row(
      '',
      columns.map(([, heading]) => heading),
    ),
  ];
  for (const name of names) {
    lines.push(
      row(
        name,
        columns.map(([key, , decimals]) => cell(figure(rounds, name, key), decimals)),
      ),
    );
  }
  for (const [name, to] of [
    ['quarry', 'kafka'],
    ['quarry', 'kafka-fsync'],
    ['quarry', 'earlier'],
    ['quarry-tls', 'kafka-tls'],
    ['quarry-search', 'quarry'],
    ['quarry-table', 'quarry'],
    ['wrapped', 'alone'],
    ['together', 'alone'],
    ['quarry', 'pyarrow'],
    ['quarry', 'duckdb'],
    ['quarry-promoted', 'pyarrow-promoted'],
    ['quarry-promoted', 'duckdb-promoted'],
  ] as const) {
    if (!names.includes(name) || !names.includes(to)) continue;
    lines.push(
      row(
        `${name} ÷ ${to}`,
        columns.map(([key]) => (WITHOUT_RATIO.has(key) ? '' : cell(ratio(rounds, name, to, key), 2))),
      ),
    );
  }
  return `${title} (medians of ${rounds.length})\n${lines.join('\n')}\n`;
}

/** The targets with pass or miss. */
export function targetTable(outcomes: readonly Outcome[]): string {
  const width = Math.max(...outcomes.map((one) => one.target.length));
  const lines = outcomes.map((one) => {
    const verdict = one.pass ? 'pass' : 'MISS';
    return `  ${verdict}  ${one.target.padEnd(width)}  ${one.value.toFixed(3).padStart(10)}  (bound ${one.bound.toFixed(3)})`;
  });
  return `Targets\n${lines.join('\n')}\n`;
}
