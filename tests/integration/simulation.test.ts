import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { simulateLog } from '../../simulation/log.ts';
import { LOG_BUGS } from '../../simulation/log-bugs.ts';
import { Violation } from '../../simulation/groups-checks.ts';

/** The table in docs/simulation.md: bug and seed. */
const table = readFileSync(new URL('../../docs/simulation.md', import.meta.url), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, bug, seed] = /^\| `([\w-]+)` \| (\d+) \| I\d+: /.exec(line) ?? [];
    return bug === undefined ? [] : [{ bug, seed: Number(seed) }];
  });

describe('simulation of the log', () => {
  test('seeds pass, and judge enough to mean something', async () => {
    let restarts = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const run = await simulateLog(seed);
      expect(run.judged).toBeGreaterThan(50);
      restarts += run.restarts;
    }
    expect(restarts).toBeGreaterThan(100);
  }, 120_000);

  test('the same seed does the same again', async () => {
    const [first, second, other] = [await simulateLog(5), await simulateLog(5), await simulateLog(6)];
    expect(second).toEqual(first);
    expect(other.digest).not.toBe(first.digest);
  }, 60_000);

  test('the table in docs/simulation.md has every planted bug, and there are more than ten', () => {
    expect(table.map((line) => line.bug).sort()).toEqual(Object.keys(LOG_BUGS).sort());
    expect(table.length).toBeGreaterThan(10);
  });

  for (const { bug, seed } of table)
    test(`the planted bug ${bug} is found, by seed ${seed} or soon after`, async () => {
      let found: unknown;
      for (let next = seed; found === undefined && next < seed + 60; next++)
        found = await simulateLog(next, LOG_BUGS[bug]).then(
          () => undefined,
          (error: unknown) => error,
        );
      expect(found).toBeInstanceOf(Violation);
    }, 60_000);
});
