import { parseArgs } from 'node:util';
import { LOG_BUGS, NO_BUG } from './log-bugs.ts';
import { simulateLog } from './log.ts';
import { planOf } from './log-plan.ts';
import { seededRandom } from '../src/base/random.ts';

const USAGE = `usage: npm run simulate -- --seed N [--seeds COUNT] [--bug NAME]

Runs the simulation of the log with seed N, or with COUNT seeds from N on. With a planted bug the run ends
well when a seed finds it. Bugs: ${Object.keys(LOG_BUGS).join(', ')}.
`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    bug: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const bug = values.bug === undefined ? NO_BUG : LOG_BUGS[values.bug];
const first = Number(values.seed);
const count = Number(values.seeds);

/** Runs the seeds; gives the exit code. */
async function main(): Promise<number> {
  if (values.help || bug === undefined || !Number.isSafeInteger(first) || !Number.isSafeInteger(count) || count < 1) {
    process.stderr.write(USAGE);
    return 2;
  }
  let judged = 0;
  let restarts = 0;
  for (let seed = first; seed < first + count; seed++) {
    try {
      const run = await simulateLog(seed, bug);
      judged += run.judged;
      restarts += run.restarts;
      if (count === 1) process.stdout.write(`seed ${seed}: ${run.digest}\n`);
    } catch (error) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.stdout.write(`seed ${seed}${values.bug === undefined ? '' : ` with ${values.bug}`}: ${reason}\n`);
      if (values.bug !== undefined) return 0;
      process.stdout.write(`plan ${JSON.stringify(planOf(seededRandom(seed)))}\n`);
      process.stdout.write(`again: npm run simulate -- --seed ${seed}\n`);
      return 1;
    }
  }
  process.stdout.write(`${count} seeds: ${judged} observations judged, ${restarts} restarts, nothing wrong\n`);
  if (values.bug === undefined) return 0;
  process.stdout.write(`the planted bug ${values.bug} was not found\n`);
  return 1;
}

process.exitCode = await main();
