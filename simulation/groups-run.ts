import { runSimulation } from './command.ts';
import { simulateConsumerGroups } from './consumer-groups.ts';
import { simulateGroups } from './groups.ts';

await runSimulation({
  name: 'simulate:groups',
  subject: 'classic groups and that of consumer groups',
  noBug: undefined,
  async simulate(seed) {
    const classic = await simulateGroups(seed);
    const consumer = await simulateConsumerGroups(seed);
    return { judged: classic.judged + consumer.judged };
  },
  counts: ({ judged }) => ({ 'answers judged': judged }),
});
