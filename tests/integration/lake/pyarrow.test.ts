import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pythonWithIceberg } from '../../../compat-tests/iceberg/python.ts';
import { Memtable, parsePromotedColumns, RECORD_SPEC, recordSchema, writeDataFiles } from '../../../src/lake/index.ts';

const possible = process.env['CI'] !== undefined || spawnSync('python3', ['-m', 'venv', '--help']).status === 0;
if (!possible) console.warn('SKIPPED: reading Parquet files with pyarrow needs python3 with venv');

const SCRIPT = join(import.meta.dirname, '../../../compat-tests/iceberg/checksums.py');
const folder = mkdtempSync(join(tmpdir(), 'quarry-pyarrow-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What pyarrow reads of a file. */
function read(path: string): unknown {
  return (JSON.parse(execFileSync(pythonWithIceberg(), [SCRIPT, path], { encoding: 'utf8' })) as unknown[])[0];
}

describe.skipIf(!possible)('pyarrow and files of tables', () => {
  beforeAll(() => void pythonWithIceberg(), 300_000);

  test.each(['zstd', 'gzip', 'snappy', 'uncompressed'] as const)(
    'it reads files with %s, and finds a byte that changed by the checksum of its page',
    async (compression) => {
      const table = new Memtable();
      const rows = Array.from({ length: 500 }, (_none, n) => ({ n, level: `L${n % 3}` }));
      for (const row of rows) table.append(0, row.n, 1000, 0, null, Buffer.from(JSON.stringify(row)), []);
      const path = join(folder, `${compression}.parquet`);
      let bytes = Buffer.alloc(0);
      const [file] = await writeDataFiles(table.freeze(), {
        schema: recordSchema(parsePromotedColumns('level string, n long')),
        spec: RECORD_SPEC,
        compression,
        write: async (whole) => {
          bytes = Buffer.from(whole);
          return path;
        },
      });
      writeFileSync(path, bytes);
      expect(read(path)).toEqual(rows.map(({ n, level }) => ({ offset: n, n, level })));
      // The last byte of the last column: of the values of `n`.
      const end = [...(file?.columnSizes.values() ?? [])].reduce((sum, size) => sum + size, 4);
      bytes[end - 1]! ^= 1;
      writeFileSync(path, bytes);
      expect(read(path)).toContain('CRC checksum verification failed');
    },
    120_000,
  );
});
