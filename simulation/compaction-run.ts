import { parseArgs } from 'node:util';
import { seededRandom } from '../src/base/random.ts';
import { COMPACTION_BUGS, NO_COMPACTION_BUG } from './compaction-bugs.ts';
import { compactionPlanOf, simulateCompaction } from './compaction.ts';

const USAGE = `usage: npm run simulate:compaction -- --seed N [--seeds COUNT] [--bug NAME]

Runs the simulation of compaction with seed N, or with COUNT seeds from N on. With a planted bug the run ends
well when a seed finds it. Bugs: ${Object.keys(COMPACTION_BUGS).join(', ')}.
`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    bug: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const bug = values.bug === undefined ? NO_COMPACTION_BUG : COMPACTION_BUGS[values.bug];
const first = Number(values.seed);
const count = Number(values.seeds);

/** Runs the seeds; gives the exit code. */
async function main(): Promise<number> {
  if (values.help || bug === undefined || !Number.isSafeInteger(first) || !Number.isSafeInteger(count) || count < 1) {
    process.stderr.write(USAGE);
    return 2;
  }
  let [judged, passes, restarts] = [0, 0, 0];
  for (let seed = first; seed < first + count; seed++) {
    try {
      const run = await simulateCompaction(seed, bug);
      judged += run.judged;
      passes += run.passes;
      restarts += run.restarts;
      if (count === 1) process.stdout.write(`seed ${seed}: ${run.digest}\n`);
    } catch (error) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.stdout.write(`seed ${seed}${values.bug === undefined ? '' : ` with ${values.bug}`}: ${reason}\n`);
      if (values.bug !== undefined) return 0;
      process.stdout.write(`plan ${JSON.stringify(compactionPlanOf(seededRandom(seed)))}\n`);
      process.stdout.write(`again: npm run simulate:compaction -- --seed ${seed}\n`);
      return 1;
    }
  }
  process.stdout.write(
    `${count} seeds: ${judged} records judged, ${passes} passes, ${restarts} restarts, nothing wrong\n`,
  );
  if (values.bug === undefined) return 0;
  process.stdout.write(`the planted bug ${values.bug} was not found\n`);
  return 1;
}

process.exitCode = await main();
