import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pythonWithIceberg } from '../compat-tests/iceberg/python.ts';
import { type BenchCase, pairedRounds, type Rounds } from './case.ts';
import type { Sample } from './contender.ts';
import { tell } from './lake-cases.ts';
import { quiet } from './processes.ts';

/** Whole queries, as `POST /sql` runs them over a topic whose records are in its table, beside DuckDB over pyarrow's files with the same rows. */
const sqlOverTable: BenchCase = {
  name: 'sql',
  title: 'six queries, the sum of their best times: over a topic with a table, and by DuckDB over files of pyarrow',
  async run(bench): Promise<Rounds> {
    const { sqlRows, quietMs } = bench.scale;
    const folder = mkdtempSync(join(bench.folder, 'quarry-bench-sql-'));
    try {
      bench.progress(`writing ${sqlRows} rows`);
      await tell(process.execPath, '../sql/rows.ts', `${sqlRows}`, folder);
      await tell(pythonWithIceberg(), '../sql/pyarrow_files.py', folder);
      const contenders = [{ name: 'quarry' }, { name: 'pyarrow' }];
      return await pairedRounds(bench, contenders, async ({ name }): Promise<Sample> => {
        await quiet(quietMs);
        return tell<Sample>(process.execPath, '../sql/ask.ts', name, folder, '3');
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

export const sqlCases: readonly BenchCase[] = [sqlOverTable];
