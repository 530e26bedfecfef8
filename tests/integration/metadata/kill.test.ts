import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openMetadata } from '../../../src/metadata/open.ts';

const folder = mkdtempSync(join(tmpdir(), 'quarry-kill-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the commit loop until it acknowledged `wanted` transactions, kills it, and returns all that it acknowledged. */
async function acknowledgedBeforeKill(path: string, wanted: number): Promise<number[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'commit-loop.ts'), path]);
  let output = '';
  const exited = new Promise((resolve) => child.on('exit', resolve));
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (output.split('\n').length > wanted) child.kill('SIGKILL');
  });
  await exited;
  expect(errors).toBe('');
  return output.split('\n').slice(0, -1).map(Number);
}

test('kill -9 in the middle of commits loses nothing that was acknowledged and leaves no half transaction', async () => {
  for (const [round, wanted] of [1, 20, 150].entries()) {
    const path = join(folder, `${round}.db`);
    const acknowledged = await acknowledgedBeforeKill(path, wanted);
    expect(acknowledged.length).toBeGreaterThanOrEqual(wanted);
    const sql = await openMetadata(`sqlite:${path}`);
    const stored = new Set((await sql.query('SELECT key FROM meta')).map((row) => String(row['key'])));
    await sql.close();
    expect(acknowledged.filter((number) => !stored.has(`first-${number}`))).toEqual([]);
    const halves = [...stored].filter((key) => key.startsWith('first-') && !stored.has(`second-${key.slice(6)}`));
    expect(halves).toEqual([]);
  }
});
