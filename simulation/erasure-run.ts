import { seededRandom } from '../src/base/random.ts';
import { runSimulation } from './command.ts';
import { erasurePlanOf, simulateErasure } from './erasure.ts';
import { ERASURE_BUGS, NO_ERASURE_BUG } from './erasure-bugs.ts';

await runSimulation({
  name: 'simulate:erasure',
  subject: 'the deletion of keys',
  bugs: ERASURE_BUGS,
  noBug: NO_ERASURE_BUG,
  simulate: simulateErasure,
  counts: ({ judged, deletions, restarts }) => ({ 'records and rows judged': judged, deletions, restarts }),
  digest: ({ digest }) => digest,
  plan: (seed) => erasurePlanOf(seededRandom(seed)),
});
