import { runSimulation } from './command.ts';
import { simulateTransactions } from './transactions.ts';

await runSimulation({
  name: 'simulate:transactions',
  subject: 'the transaction coordinator',
  noBug: undefined,
  simulate: (seed) => simulateTransactions(seed),
  counts: ({ transactions, judged }) => ({ transactions, 'facts judged': judged }),
});
