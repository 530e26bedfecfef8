import type { GroupCoordinator } from '../src/coordination/coordinator.ts';
import type { OpenCoordinator } from './groups-world.ts';
import { huntPlantedBugs, type PlantedBug } from './planted-bugs.ts';

const FOLDER = new URL('../src/coordination/', import.meta.url).href;

type Simulate = (seed: number, open: OpenCoordinator) => Promise<unknown>;

/** Prints a line for each planted bug of src/coordination: the seed that finds it, or that none did. The exit code is 1 when one was not found. */
export function huntBugs(bugs: readonly PlantedBug[], simulate: Simulate, seeds: number): Promise<void> {
  return huntPlantedBugs(FOLDER, bugs, seeds, async (query) => {
    const planted = (await import(`${FOLDER}coordinator.ts${query}`)) as { GroupCoordinator: typeof GroupCoordinator };
    return (seed) => simulate(seed, (options) => planted.GroupCoordinator.open(options));
  });
}
