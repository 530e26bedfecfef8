import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { simulateErasure } from '../../simulation/erasure.ts';
import { ERASURE_BUGS } from '../../simulation/erasure-bugs.ts';
import { Violation } from '../../simulation/groups-checks.ts';

/** The table in docs/simulation-erasure.md: bug and seed. */
const table = readFileSync(new URL('../../docs/simulation-erasure.md', import.meta.url), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, bug, seed] = /^\| `([\w-]+)` \| (\d+) \| /.exec(line) ?? [];
    return bug === undefined ? [] : [{ bug, seed: Number(seed) }];
  });

describe('simulation of the deletion of keys', () => {
  test('seeds pass, and judge enough to mean something', async () => {
    let [deletions, restarts] = [0, 0];
    for (let seed = 1; seed <= 8; seed++) {
      const run = await simulateErasure(seed);
      expect(run.judged).toBeGreaterThan(300);
      deletions += run.deletions;
      restarts += run.restarts;
    }
    expect(deletions).toBeGreaterThan(30);
    expect(restarts).toBeGreaterThan(20);
  }, 240_000);

  test('the same seed does the same again', async () => {
    const [first, second] = [await simulateErasure(5), await simulateErasure(5)];
    expect(second).toEqual(first);
    expect((await simulateErasure(6)).digest).not.toBe(first.digest);
  }, 120_000);

  test('the table in docs/simulation-erasure.md has every planted bug', () => {
    expect(table.map(({ bug }) => bug).sort()).toEqual(Object.keys(ERASURE_BUGS).sort());
    expect(table.length).toBeGreaterThan(10);
  });

  for (const { bug, seed } of table)
    test(`the planted bug ${bug} is found, by seed ${seed} or soon after`, async () => {
      let found: unknown;
      for (let next = seed; found === undefined && next < seed + 40; next++)
        found = await simulateErasure(next, ERASURE_BUGS[bug]).then(
          () => undefined,
          (error: unknown) => error,
        );
      expect(found).toBeInstanceOf(Violation);
    }, 120_000);
});
