import type { GroupCoordinator } from '../src/coordination/coordinator.ts';
import type { OpenCoordinator } from './groups-world.ts';
import { type PlantedBug, servePlantedBugs } from './planted-bugs.ts';

const FOLDER = new URL('../src/coordination/', import.meta.url).href;

type Simulate = (seed: number, open: OpenCoordinator) => Promise<unknown>;

/** The first of `seeds` seeds that finds the bug, and what it says; undefined when none does. */
async function hunt(index: number, simulate: Simulate, seeds: number) {
  const module = (await import(`${FOLDER}coordinator.ts?bug=${index}`)) as {
    GroupCoordinator: typeof GroupCoordinator;
  };
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      await simulate(seed, (options) => module.GroupCoordinator.open(options));
    } catch (error) {
      return { seed, message: String(error) };
    }
  }
  return undefined;
}

/** Prints a line for each planted bug of src/coordination: the seed that finds it, or that none did. The exit code is 1 when one was not found. */
export async function huntBugs(bugs: readonly PlantedBug[], simulate: Simulate, seeds: number): Promise<void> {
  servePlantedBugs(FOLDER, bugs);
  for (const [index, { name }] of bugs.entries()) {
    const found = await hunt(index, simulate, seeds);
    console.log(found === undefined ? `NOT FOUND | ${name}` : `${found.seed} | ${name} | ${found.message}`);
    if (found === undefined) process.exitCode = 1;
  }
}
