import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { plantedConsumerBugs } from '../../../simulation/consumer-groups-mutants.ts';
import { simulateConsumerGroups } from '../../../simulation/consumer-groups.ts';
import { plantedBugs } from '../../../simulation/groups-mutants.ts';
import { simulateGroups } from '../../../simulation/groups.ts';

const SEEDS = 300;

/** Runs the hunt in a process of its own: the bugs are planted as the modules are loaded. */
function hunt(script: string, seeds: string): { found: string[]; status: number | null } {
  const path = join(import.meta.dirname, '..', '..', '..', 'simulation', script);
  const { stdout, status } = spawnSync(process.execPath, [path, seeds], { encoding: 'utf8' });
  return { found: stdout.trim().split('\n'), status };
}

describe('the simulation of consumer groups', () => {
  test('finds nothing in 150 seeds', { timeout: 120_000 }, async () => {
    let judged = 0;
    let restarts = 0;
    for (let seed = 1; seed <= 150; seed++) {
      const run = await simulateConsumerGroups(seed);
      judged += run.judged;
      restarts += run.restarts;
    }
    expect(judged).toBeGreaterThan(15_000);
    expect(restarts).toBeGreaterThan(150);
  });

  test('does the same again with the same seed', async () => {
    expect(await simulateConsumerGroups(11)).toEqual(await simulateConsumerGroups(11));
  });

  test('finds every planted bug', { timeout: 240_000 }, () => {
    const { found, status } = hunt('consumer-groups-mutants.ts', '600');
    expect(found.filter((line) => line.startsWith('NOT FOUND'))).toEqual([]);
    expect(found.length).toBe(plantedConsumerBugs.length);
    expect(status).toBe(0);
  });
});

describe('the simulation of the group coordinator', () => {
  test(`finds nothing in ${SEEDS} seeds`, { timeout: 120_000 }, async () => {
    let judged = 0;
    let restarts = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const run = await simulateGroups(seed);
      judged += run.judged;
      restarts += run.restarts;
    }
    expect(judged).toBeGreaterThan(100 * SEEDS);
    expect(restarts).toBeGreaterThan(SEEDS);
  });

  test('does the same again with the same seed', async () => {
    expect(await simulateGroups(11)).toEqual(await simulateGroups(11));
  });

  test('finds every planted bug', { timeout: 240_000 }, () => {
    const { found, status } = hunt('groups-mutants.ts', '2000');
    expect(found.filter((line) => line.startsWith('NOT FOUND'))).toEqual([]);
    expect(found.length).toBe(plantedBugs.length);
    expect(status).toBe(0);
  });
});
