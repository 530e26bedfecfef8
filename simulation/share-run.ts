import { runSimulation } from './command.ts';
import { simulateShare } from './share.ts';

await runSimulation({
  name: 'simulate:share',
  subject: 'a share partition',
  noBug: undefined,
  simulate: (seed) => simulateShare(seed),
  counts: ({ judged }) => ({ 'answers judged': judged }),
});
