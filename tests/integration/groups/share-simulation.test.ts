import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { plantedBugs } from '../../../simulation/share-mutants.ts';
import { simulateShare } from '../../../simulation/share.ts';

const SEEDS = 100;

describe('the simulation of a share partition', () => {
  test(`finds nothing in ${SEEDS} seeds`, { timeout: 120_000 }, async () => {
    let judged = 0;
    let restarts = 0;
    let records = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const run = await simulateShare(seed);
      judged += run.judged;
      restarts += run.restarts;
      records += run.records;
    }
    expect(judged).toBeGreaterThan(100 * SEEDS);
    expect(restarts).toBeGreaterThan(2 * SEEDS);
    expect(records).toBeGreaterThan(50 * SEEDS);
  });

  test('does the same again with the same seed', async () => {
    expect(await simulateShare(11)).toEqual(await simulateShare(11));
  });

  test('finds every planted bug', { timeout: 240_000 }, () => {
    const script = join(import.meta.dirname, '..', '..', '..', 'simulation', 'share-mutants.ts');
    // A process of its own: the bugs are planted as the modules are loaded.
    const { stdout, status } = spawnSync(process.execPath, [script, '1000'], { encoding: 'utf8' });
    expect(stdout).not.toContain('NOT FOUND');
    expect(stdout.trim().split('\n').length).toBe(plantedBugs.length);
    expect(status).toBe(0);
  });
});
