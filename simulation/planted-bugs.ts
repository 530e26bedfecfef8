import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

/** A bug as an edit of the source: `find` must occur exactly once in `file`, a path below the folder that is loaded with bugs. */
export interface PlantedBug {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** Serves the modules of `folder` (a URL that ends with `/`), asked for with `?bug=N`, as their source with bug N: both versions can be loaded side by side. */
function servePlantedBugs(folder: string, bugs: readonly PlantedBug[]): void {
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      const bug = /\?bug=\d+$/.exec(context.parentURL ?? '')?.[0];
      return bug !== undefined && found.url.startsWith(folder) ? { ...found, url: `${found.url}${bug}` } : found;
    },
    load(url, context, next) {
      const loaded = next(url, context);
      const bug = bugs[Number(/\?bug=(\d+)$/.exec(url)?.[1] ?? -1)];
      if (bug === undefined || new URL(url).pathname !== new URL(bug.file, folder).pathname) return loaded;
      const source = String(loaded.source === undefined ? '' : Buffer.from(loaded.source as Uint8Array));
      if (source.split(bug.find).length !== 2) throw new Error(`'${bug.name}' does not fit ${fileURLToPath(url)}`);
      return { ...loaded, source: source.replace(bug.find, () => bug.replace) };
    },
  });
}

type Found = { readonly seed: number; readonly message: string };

/** The first of `seeds` seeds that finds something, and what it says; undefined when none does. */
async function firstFinding(simulate: (seed: number) => Promise<unknown>, seeds: number): Promise<Found | undefined> {
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      await simulate(seed);
    } catch (error) {
      return { seed, message: String(error) };
    }
  }
  return undefined;
}

/**
 * Prints a line for each planted bug: the first of `seeds` seeds that finds it, or that none did; then the exit code is 1. `plant` gives
 * the simulation over modules of `folder` that are imported with the query it gets.
 */
export async function huntPlantedBugs(
  folder: string,
  bugs: readonly PlantedBug[],
  seeds: number,
  plant: (query: string) => Promise<(seed: number) => Promise<unknown>>,
): Promise<void> {
  servePlantedBugs(folder, bugs);
  for (const [index, { name }] of bugs.entries()) {
    const found = await firstFinding(await plant(`?bug=${index}`), seeds);
    console.log(found === undefined ? `NOT FOUND | ${name}` : `${found.seed} | ${name} | ${found.message}`);
    if (found === undefined) process.exitCode = 1;
  }
}
