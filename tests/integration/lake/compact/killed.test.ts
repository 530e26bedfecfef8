import { expect, test } from 'vitest';
import { seededRandom } from '../../../../src/base/random.ts';
import { systemClock } from '../../../../src/base/clock.ts';
import { compactTable, loadTable, removeOrphans } from '../../../../src/lake/index.ts';
import { IDENTIFIER, QUICK } from '../../../unit/lake/tables.ts';
import { copyOf, flush, flushes, type LakeWorld, newLake, RULE, rowsOf, someRows } from './world.ts';

/** Lets so many calls through; the process is dead from then on: nothing that it does arrives. */
class Lifetime {
  left = Number.POSITIVE_INFINITY;
  calls = 0;

  watch<Target extends object>(target: Target): Target {
    return new Proxy(target, {
      get: (of, name) => {
        const value: unknown = Reflect.get(of, name);
        if (typeof value !== 'function') return value;
        const bound = (value as (...given: unknown[]) => unknown).bind(of);
        return (...given: unknown[]) => {
          this.calls++;
          if (this.left-- <= 0) return dead();
          return bound(...given);
        };
      },
    });
  }
}

const dead = (): Promise<never> => Promise.reject(new Error('killed'));

/** One table, merged by a process that is killed after `steps` calls of catalog, store or host; then by another one. */
async function killedAfter(steps: number, origin: LakeWorld, before: readonly string[]): Promise<boolean> {
  const life = new Lifetime();
  const world = await copyOf(origin);
  const mortal = { ...world.warehouse, store: life.watch(world.warehouse.store) };
  const catalog = life.watch(world.catalog);
  const table = await loadTable(
    { catalog, warehouse: mortal, clock: systemClock, random: seededRandom(3), retry: QUICK },
    IDENTIFIER,
  );
  const host = life.watch({
    announce: (_key: string) => Promise.resolve(),
    settle: (_files: object) => Promise.resolve(),
  });
  life.left = steps;
  const finished = await compactTable(table, { rule: RULE, ...host }).then(
    () => true,
    () => false,
  );
  const after = await loadTable(
    { catalog: world.catalog, warehouse: world.warehouse, clock: systemClock, random: seededRandom(4), retry: QUICK },
    IDENTIFIER,
  );
  // All of the old files or the new one, never both; and whoever comes next goes on.
  expect([1, 4]).toContain((await after.files()).length);
  expect(await rowsOf(after)).toEqual(before);
  await flush(after, someRows(8, 1), 8, 9);
  const late = { ...systemClock, now: () => systemClock.now() + 2 * 60 * 60 * 1000 };
  const next = await loadTable(
    { catalog: world.catalog, warehouse: world.warehouse, clock: late, random: seededRandom(5), retry: QUICK },
    IDENTIFIER,
  );
  await compactTable(next, { rule: RULE });
  await removeOrphans(next, 60 * 60 * 1000);
  expect(await rowsOf(next)).toHaveLength(before.length + 2);
  expect(next.logOffsets().get(1)).toBe(9);
  return finished;
}

test('a process that dies between any two steps leaves each row in the table once', async () => {
  const origin = await newLake();
  await flushes(origin.table, 4, 2);
  const before = await rowsOf(origin.table);
  let steps = 0;
  while (!(await killedAfter(steps, origin, before))) steps++;
  // Reading files, writing the new one, manifests, list, metadata, and moving the pointer are steps of their own.
  expect(steps).toBeGreaterThan(15);
});
