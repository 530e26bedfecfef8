import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pythonWithIceberg } from '../compat-tests/iceberg/python.ts';
import { type Bench, type BenchCase, pairedRounds, type Rounds } from './case.ts';
import type { Sample } from './contender.ts';
import { PROMOTED, payloadBytes } from './lake/rows.ts';
import { collect } from './load.ts';
import { quiet } from './processes.ts';

/** What a program tells of its work, without its start. */
interface Told {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly storedBytes: number;
}

/** Runs a program of `bench/lake`; gives the JSON that it prints. */
export async function tell<T>(command: string, file: string, ...args: string[]): Promise<T> {
  const child = spawn(command, [join(import.meta.dirname, 'lake', file), ...args], { stdio: 'pipe' });
  return JSON.parse(await collect(child, file)) as T;
}

/** The same for one of ours. */
export const node = <T>(file: string, ...args: string[]): Promise<T> => tell<T>(process.execPath, file, ...args);

type Work = (rows: number, folder: string, repeats: number) => Promise<Told>;
const ours =
  (file: string, tool: string, ...more: string[]): Work =>
  (rows, folder, repeats) =>
    node(file, tool, `${rows}`, folder, `${repeats}`, ...more);
const pyarrow =
  (columns: string): Work =>
  (_, folder, repeats) =>
    tell(pythonWithIceberg(), 'flush.py', folder, `${repeats}`, columns);

/** Paired rounds of programs that do the same with the same rows: ours leaves in the folder what the others read. */
async function workRounds(bench: Bench, works: Readonly<Record<string, Work>>): Promise<Rounds> {
  const { flushRows, flushRepeats, quietMs } = bench.scale;
  const folders: string[] = [];
  const folder = (): string => {
    const made = mkdtempSync(join(bench.folder, 'quarry-bench-lake-'));
    folders.push(made);
    return made;
  };
  const bytes = payloadBytes(flushRows);
  try {
    const inputs = folder();
    await works['quarry']?.(flushRows, inputs, 0);
    const tools = Object.entries(works).map(([name, work]) => ({ name, work }));
    return await pairedRounds(bench, tools, async ({ name, work }): Promise<Sample> => {
      await quiet(quietMs);
      const place = name.startsWith('quarry') ? folder() : inputs;
      const { seconds, cpuSeconds, storedBytes } = await work(flushRows, place, flushRepeats);
      const moved = (flushRepeats * bytes) / 1e6;
      const storedPercent = (100 * storedBytes) / bytes;
      return { mbPerS: moved / seconds, mbPerCoreSecond: moved / cpuSeconds, storedPercent };
    });
  } finally {
    for (const made of folders) rmSync(made, { recursive: true, force: true });
  }
}

/** Rows of the log in memory become Parquet files on the disk: zstd of level 1, one thread, row groups of 25,000 rows, ours of 8 MiB. */
const parquetFlush: BenchCase = {
  name: 'parquet-flush',
  title: `the same rows written as Parquet, also with ${PROMOTED.split(',').length} JSON fields as columns`,
  run: (bench) =>
    workRounds(bench, {
      quarry: ours('flush.ts', 'quarry'),
      pyarrow: pyarrow(''),
      duckdb: ours('flush.ts', 'duckdb'),
      'quarry-promoted': ours('flush.ts', 'quarry', 'promoted'),
      'pyarrow-promoted': pyarrow(PROMOTED),
      'duckdb-promoted': ours('flush.ts', 'duckdb', 'promoted'),
    }),
};

/** Bytes are those of keys, values and headers, not of the compressed files. */
const tableMerge: BenchCase = {
  name: 'table-merge',
  title: 'eight table files with rows of all partitions become one, sorted',
  run: (bench) => workRounds(bench, { quarry: ours('merge.ts', 'quarry'), duckdb: ours('merge.ts', 'duckdb') }),
};

export const lakeCases: readonly BenchCase[] = [parquetFlush, tableMerge];
