import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { simulateCompaction } from '../../simulation/compaction.ts';
import { COMPACTION_BUGS } from '../../simulation/compaction-bugs.ts';
import { Violation } from '../../simulation/groups-checks.ts';

/** The table in docs/simulation-compaction.md: bug and seed. */
const table = readFileSync(new URL('../../docs/simulation-compaction.md', import.meta.url), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, bug, seed] = /^\| `([\w-]+)` \| (\d+) \| /.exec(line) ?? [];
    return bug === undefined ? [] : [{ bug, seed: Number(seed) }];
  });

describe('simulation of compaction', () => {
  test('seeds pass, and judge enough to mean something', async () => {
    let [passes, restarts] = [0, 0];
    for (let seed = 1; seed <= 15; seed++) {
      const run = await simulateCompaction(seed);
      expect(run.judged).toBeGreaterThan(300);
      passes += run.passes;
      restarts += run.restarts;
    }
    expect(passes).toBeGreaterThan(15);
    expect(restarts).toBeGreaterThan(50);
  }, 120_000);

  test('the same seed does the same again', async () => {
    const [first, second] = [await simulateCompaction(5), await simulateCompaction(5)];
    expect(second).toEqual(first);
    expect((await simulateCompaction(6)).digest).not.toBe(first.digest);
  }, 60_000);

  test('the table in docs/simulation-compaction.md has every planted bug', () => {
    expect(table.map(({ bug }) => bug).sort()).toEqual(Object.keys(COMPACTION_BUGS).sort());
    expect(table.length).toBeGreaterThan(10);
  });

  for (const { bug, seed } of table)
    test(`the planted bug ${bug} is found, by seed ${seed} or soon after`, async () => {
      let found: unknown;
      for (let next = seed; found === undefined && next < seed + 60; next++)
        found = await simulateCompaction(next, COMPACTION_BUGS[bug]).then(
          () => undefined,
          (error: unknown) => error,
        );
      expect(found).toBeInstanceOf(Violation);
    }, 60_000);
});
