import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pythonWithIceberg } from '../compat-tests/iceberg/python.ts';
import { type BenchCase, pairedRounds, type Rounds } from './case.ts';
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
async function tell<T>(command: string, file: string, ...args: string[]): Promise<T> {
  const child = spawn(command, [join(import.meta.dirname, 'lake', file), ...args], { stdio: 'pipe' });
  return JSON.parse(await collect(child, file)) as T;
}

/** The same for one of ours. */
export const node = <T>(file: string, ...args: string[]): Promise<T> => tell<T>(process.execPath, file, ...args);

type Writer = (rows: number, folder: string, repeats: number) => Promise<Told>;
const writers: Readonly<Record<string, Writer>> = {
  quarry: (rows, folder, repeats) => node('flush.ts', 'quarry', `${rows}`, folder, `${repeats}`),
  pyarrow: (_, folder, repeats) => tell(pythonWithIceberg(), 'flush.py', folder, `${repeats}`, ''),
  duckdb: (rows, folder, repeats) => node('flush.ts', 'duckdb', `${rows}`, folder, `${repeats}`),
  'quarry-promoted': (rows, folder, repeats) => node('flush.ts', 'quarry', `${rows}`, folder, `${repeats}`, 'promoted'),
  'pyarrow-promoted': (_, folder, repeats) => tell(pythonWithIceberg(), 'flush.py', folder, `${repeats}`, PROMOTED),
  'duckdb-promoted': (rows, folder, repeats) => node('flush.ts', 'duckdb', `${rows}`, folder, `${repeats}`, 'promoted'),
};

/** Rows of the log in memory become Parquet files on the disk: zstd of level 1, one thread, row groups of 25,000. */
const parquetFlush: BenchCase = {
  name: 'parquet-flush',
  title: `the same rows written as Parquet, also with ${PROMOTED.split(',').length} JSON fields as columns`,
  async run(bench): Promise<Rounds> {
    const { flushRows, flushRepeats, quietMs } = bench.scale;
    const folder = mkdtempSync(join(bench.folder, 'quarry-bench-flush-'));
    const bytes = payloadBytes(flushRows);
    try {
      // The others read what ours wrote.
      await writers['quarry']?.(flushRows, folder, 0);
      const tools = Object.entries(writers).map(([name, write]) => ({ name, write }));
      return await pairedRounds(bench, tools, async ({ write }): Promise<Sample> => {
        await quiet(quietMs);
        const { seconds, cpuSeconds, storedBytes } = await write(flushRows, folder, flushRepeats);
        const moved = (flushRepeats * bytes) / 1e6;
        const storedPercent = (100 * storedBytes) / bytes;
        return { mbPerS: moved / seconds, mbPerCoreSecond: moved / cpuSeconds, storedPercent };
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

export const lakeCases: readonly BenchCase[] = [parquetFlush];
