import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { GroupCoordinator } from '../src/coordination/coordinator.ts';
import { simulateGroups } from './groups.ts';

/** A bug as an edit of the source: `find` must occur exactly once in `file` of src/coordination. */
export interface PlantedBug {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'commits are acknowledged before they are durable',
    file: 'lane.ts',
    find: 'const finished = this.#write(records).then(',
    replace: 'void this.#write(records).catch(() => undefined); const finished = Promise.resolve().then(',
  },
  {
    name: 'a failed write is taken for done',
    file: 'lanes.ts',
    find: 'return this.#deps.sql.transaction(records.flatMap(statementsFor));',
    replace: 'return this.#deps.sql.transaction(records.flatMap(statementsFor)).catch(() => undefined);',
  },
  {
    name: 'commits of an old generation are accepted',
    file: 'classic/machine.ts',
    find: "if (generation !== group.generation) return 'ILLEGAL_GENERATION';",
    replace: '',
  },
  {
    name: 'heartbeats of an old generation are acknowledged',
    file: 'classic/sync.ts',
    find: "return request.generation === group.generation ? 'NONE' : 'ILLEGAL_GENERATION';",
    replace: "return 'NONE';",
  },
  {
    name: 'the assignment is not stored',
    file: 'classic/sync.ts',
    find: "draft.transitionTo('Stable');\n  draft.rebalanced = true;\n  draft.save();",
    replace: "draft.transitionTo('Stable');\n  draft.rebalanced = true;",
  },
  {
    name: 'the generation is forgotten by a restart',
    file: 'classic/record.ts',
    find: 'generation: stored.generation,',
    replace: 'generation: Math.max(0, stored.generation - 1),',
  },
  {
    name: 'sessions are not armed after a restart',
    file: 'classic/timeouts.ts',
    find: 'for (const memberId of group.members.keys()) draft.renewSession(memberId);',
    replace: '',
  },
  {
    name: 'the rebalance time-out does not fire',
    file: 'classic/rebalance.ts',
    find: "else draft.setTimer(JOIN_TIMER, rebalanceTimeout(draft.group), { kind: 'join' });",
    replace: '',
  },
  {
    name: 'a static member that was replaced is not fenced',
    file: 'classic/draft.ts',
    find: 'this.#members.delete(oldMemberId);',
    replace: '',
  },
  {
    name: 'members that wait for an assignment are not sent back when a rebalance starts',
    file: 'classic/rebalance.ts',
    find: "if (draft.group.state === 'CompletingRebalance') cancelSyncs(draft);",
    replace: '',
  },
  {
    name: 'a timer whose write failed is not tried again',
    file: 'lanes.ts',
    find: 'const retry = (): void => timers.set(timer.key, RETRY_MS, timer.event);',
    replace: 'const retry = (): void => undefined;',
  },
];

const FOLDER = new URL('../src/coordination/', import.meta.url).href;

/** Serves src/coordination/*.ts?bug=N (and below) as the source with bug N, so that both versions can be loaded side by side. */
function servePlantedBugs(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      const bug = /\?bug=\d+$/.exec(context.parentURL ?? '')?.[0];
      return bug !== undefined && found.url.startsWith(FOLDER) ? { ...found, url: `${found.url}${bug}` } : found;
    },
    load(url, context, next) {
      const loaded = next(url, context);
      const bug = plantedBugs[Number(/\?bug=(\d+)$/.exec(url)?.[1] ?? -1)];
      if (bug === undefined || !new URL(url).pathname.endsWith(`/${bug.file}`)) return loaded;
      const source = String(loaded.source === undefined ? '' : Buffer.from(loaded.source as Uint8Array));
      if (source.split(bug.find).length !== 2) throw new Error(`'${bug.name}' does not fit ${fileURLToPath(url)}`);
      return { ...loaded, source: source.replace(bug.find, () => bug.replace) };
    },
  });
}

/** The first of `seeds` seeds that finds the bug, and what it says; undefined when none does. */
async function hunt(index: number, seeds: number): Promise<{ seed: number; message: string } | undefined> {
  const module = (await import(`${FOLDER}coordinator.ts?bug=${index}`)) as {
    GroupCoordinator: typeof GroupCoordinator;
  };
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      await simulateGroups(seed, (options) => module.GroupCoordinator.open(options));
    } catch (error) {
      return { seed, message: String(error) };
    }
  }
  return undefined;
}

/** Prints a line for each planted bug: the seed that finds it, or that none did. The exit code is 1 when one was not found. */
async function main(seeds: number): Promise<void> {
  servePlantedBugs();
  for (const [index, { name }] of plantedBugs.entries()) {
    const found = await hunt(index, seeds);
    console.log(found === undefined ? `NOT FOUND | ${name}` : `${found.seed} | ${name} | ${found.message}`);
    if (found === undefined) process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(Number(process.argv[2] ?? 300));
