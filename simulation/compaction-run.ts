import { seededRandom } from '../src/base/random.ts';
import { runSimulation } from './command.ts';
import { compactionPlanOf, simulateCompaction } from './compaction.ts';
import { COMPACTION_BUGS, NO_COMPACTION_BUG } from './compaction-bugs.ts';

await runSimulation({
  name: 'simulate:compaction',
  subject: 'compaction',
  bugs: COMPACTION_BUGS,
  noBug: NO_COMPACTION_BUG,
  simulate: simulateCompaction,
  counts: ({ judged, passes, restarts }) => ({ 'records judged': judged, passes, restarts }),
  digest: ({ digest }) => digest,
  plan: (seed) => compactionPlanOf(seededRandom(seed)),
});
