import { parseArgs } from 'node:util';

/** A simulation as a command of package.json. */
export interface SimulationCommand<Run, Bug = undefined> {
  /** `npm run NAME`. */
  readonly name: string;
  /** What is simulated. */
  readonly subject: string;
  /** Bugs that can be planted by name, and what stands for none of them. */
  readonly bugs?: Readonly<Record<string, Bug>>;
  readonly noBug: Bug;
  readonly simulate: (seed: number, bug: Bug) => Promise<Run>;
  /** What a run did, in numbers; those of all runs are added up. */
  readonly counts: (run: Run) => Readonly<Record<string, number>>;
  /** What the same seed does again; shown when one seed is run. */
  readonly digest?: (run: Run) => string;
  /** What a seed decides before the run. */
  readonly plan?: (seed: number) => unknown;
}

/** Runs the seeds that the command line names, and ends at the first that finds something. Sets the exit code. */
export async function runSimulation<Run, Bug>(command: SimulationCommand<Run, Bug>): Promise<void> {
  const { bugs = {} } = command;
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      seeds: { type: 'string', default: '1' },
      bug: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const bug = values.bug === undefined ? command.noBug : bugs[values.bug];
  const [first, count] = [Number(values.seed), Number(values.seeds)];
  const isKnown = values.bug === undefined || Object.hasOwn(bugs, values.bug);
  if (values.help || !isKnown || !Number.isSafeInteger(first) || !Number.isSafeInteger(count) || count < 1) {
    process.stderr.write(usage(command));
    process.exitCode = 2;
    return;
  }
  const isClean = await runSeeds(command, bug as Bug, { first, count, bugName: values.bug });
  if (values.bug !== undefined && isClean) process.stdout.write(`the planted bug ${values.bug} was not found\n`);
  // A planted bug that is found is a good end.
  process.exitCode = isClean === (values.bug === undefined) ? 0 : 1;
}

interface Seeds {
  readonly first: number;
  readonly count: number;
  readonly bugName: string | undefined;
}

/** False when a seed finds something, which is printed. */
async function runSeeds<Run, Bug>(
  { name, simulate, counts, digest, plan }: SimulationCommand<Run, Bug>,
  bug: Bug,
  { first, count, bugName }: Seeds,
): Promise<boolean> {
  const totals = new Map<string, number>();
  for (let seed = first; seed < first + count; seed++) {
    try {
      const run = await simulate(seed, bug);
      for (const [what, number] of Object.entries(counts(run))) totals.set(what, (totals.get(what) ?? 0) + number);
      if (count === 1 && digest !== undefined) process.stdout.write(`seed ${seed}: ${digest(run)}\n`);
    } catch (error) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.stdout.write(`seed ${seed}${bugName === undefined ? '' : ` with ${bugName}`}: ${reason}\n`);
      if (bugName !== undefined) return false;
      if (plan !== undefined) process.stdout.write(`plan ${JSON.stringify(plan(seed))}\n`);
      process.stdout.write(`again: npm run ${name} -- --seed ${seed}\n`);
      return false;
    }
  }
  const sums = [...totals].map(([what, number]) => `${number} ${what}`).join(', ');
  process.stdout.write(`${count} seeds: ${sums}, nothing wrong\n`);
  return true;
}

function usage<Run, Bug>(command: SimulationCommand<Run, Bug>): string {
  const { name, subject, bugs } = command;
  const planted =
    bugs === undefined
      ? ''
      : ` With a planted bug the run ends\nwell when a seed finds it. Bugs: ${Object.keys(bugs).join(', ')}.`;
  return `usage: npm run ${name} -- --seed N [--seeds COUNT]${bugs === undefined ? '' : ' [--bug NAME]'}

Runs the simulation of ${subject} with seed N, or with COUNT seeds from N on.${planted}
`;
}
