import { parseArgs } from 'node:util';
import { simulateTransactions } from './transactions.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, seeds: { type: 'string', default: '1' } },
});

/** Runs the simulation of the transaction coordinator with `--seeds` seeds from `--seed` on; stops at the first that finds something. */
async function main(first: number, count: number): Promise<number> {
  let judged = 0;
  let transactions = 0;
  for (let seed = first; seed < first + count; seed++) {
    try {
      const run = await simulateTransactions(seed);
      judged += run.judged;
      transactions += run.transactions;
    } catch (error) {
      process.stdout.write(
        `seed ${seed}: ${String(error)}\nagain: node simulation/transactions-run.ts --seed ${seed}\n`,
      );
      return 1;
    }
  }
  process.stdout.write(`${count} seeds: ${transactions} transactions, ${judged} facts judged, nothing wrong\n`);
  return 0;
}

process.exitCode = await main(Number(values.seed), Number(values.seeds));
