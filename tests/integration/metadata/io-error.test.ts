import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openMetadata } from '../../../src/metadata/open.ts';

const folder = mkdtempSync(join(tmpdir(), 'quarry-io-error-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('after a failed write nothing more is committed, reads go on, and a restart finds what was acknowledged', async () => {
  const path = join(folder, 'metadata.db');
  const program = join(import.meta.dirname, 'write-until-full.ts');
  // Files may grow to 1 MiB (in units of 512 bytes): the write beyond that fails with EFBIG.
  const limited = ['-c', 'ulimit -f 2048; exec "$0" "$@"', process.execPath, program, path];
  const output = execFileSync('sh', limited, { encoding: 'utf8' });
  const seen = JSON.parse(output) as { acknowledged: number; reason: string; again: string; readable: number };
  expect(seen.reason).toBe('SqlUnavailable');
  expect(seen.acknowledged).toBeGreaterThan(5);
  expect(seen.again).toContain('stopped after an I/O error');
  expect(seen.readable).toBe(seen.acknowledged);
  const sql = await openMetadata(`sqlite:${path}`);
  const keys = (await sql.query('SELECT key FROM meta')).map((row) => row['key']);
  for (let i = 0; i < seen.acknowledged; i++) expect(keys).toContain(`key-${i}`);
  await sql.close();
});
