import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { plantedBugs } from '../../../simulation/transactions-mutants.ts';
import { simulateTransactions } from '../../../simulation/transactions.ts';

const SEEDS = 200;

describe('the simulation of the transaction coordinator', () => {
  test(`finds nothing in ${SEEDS} seeds`, { timeout: 240_000 }, async () => {
    let judged = 0;
    let restarts = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const run = await simulateTransactions(seed);
      judged += run.judged;
      restarts += run.restarts;
    }
    expect(judged).toBeGreaterThan(300 * SEEDS);
    expect(restarts).toBeGreaterThan(SEEDS);
  });

  test('does the same again with the same seed', async () => {
    expect(await simulateTransactions(11)).toEqual(await simulateTransactions(11));
  });

  test('finds every planted bug', { timeout: 480_000 }, () => {
    const script = join(import.meta.dirname, '../../../simulation/transactions-mutants.ts');
    // A process of its own: the bugs are planted as the modules are loaded.
    const { stdout, status } = spawnSync(process.execPath, [script, '1000'], { encoding: 'utf8' });
    expect(stdout).not.toContain('NOT FOUND');
    expect(stdout.trim().split('\n').length).toBe(plantedBugs.length);
    expect(status).toBe(0);
  });
});
