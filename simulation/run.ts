import { seededRandom } from '../src/base/random.ts';
import { runSimulation } from './command.ts';
import { simulateLog } from './log.ts';
import { LOG_BUGS, NO_BUG } from './log-bugs.ts';
import { planOf } from './log-plan.ts';

await runSimulation({
  name: 'simulate',
  subject: 'the log',
  bugs: LOG_BUGS,
  noBug: NO_BUG,
  simulate: simulateLog,
  counts: ({ judged, restarts }) => ({ 'observations judged': judged, restarts }),
  digest: ({ digest }) => digest,
  plan: (seed) => planOf(seededRandom(seed)),
});
