import { fileURLToPath } from 'node:url';
import type { GroupCoordinator } from '../src/coordination/coordinator.ts';
import type { TransactionCoordinator } from '../src/coordination/transactions/coordinator.ts';
import { huntPlantedBugs, type PlantedBug } from './planted-bugs.ts';
import { simulateTransactions } from './transactions.ts';

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'markers do not wait for the decision to be durable',
    file: 'transactions/ending.ts',
    find: 'await lane.write([saved(decided), ...offsets]);',
    replace: 'void lane.write([saved(decided), ...offsets]).catch(() => undefined);',
  },
  {
    name: 'the offsets of a transaction are not committed with its decision',
    file: 'transactions/ending.ts',
    find: 'await lane.write([saved(decided), ...offsets]);',
    replace: 'await lane.write([saved(decided)]);',
  },
  {
    name: 'an end of an older client is answered before its completion is stored',
    file: 'transactions/ending.ts',
    find: 'if (completed.raisesEpoch) {',
    replace: 'if (completed.raisesEpoch || lane.isDecided) {',
  },
  {
    name: 'a decision that could not be carried out is not tried again',
    file: 'transactions/ending.ts',
    find: 'this.#retry ??= clock.after(RETRY_MS, () => this.#tryAgain());',
    replace: '',
  },
  {
    name: 'what a failed write left in the store is not looked at',
    file: 'transactions/ending.ts',
    find: 'if (!lane.uncertain) return;',
    replace: 'return;',
  },
  {
    name: 'the start does not carry out what was decided',
    file: 'transactions/coordinator.ts',
    find: '.filter((lane) => lane.isDecided);\n    await',
    replace: '.filter(() => false);\n    await',
  },
  {
    name: 'the start does not ask the logs for open transactions',
    file: 'transactions/coordinator.ts',
    find: 'this.#reconcile(this.#lanes.values(), true);',
    replace: '',
  },
  {
    name: 'records get in while their transaction is being ended',
    file: 'transactions/coordinator.ts',
    find: 'if (lane !== undefined && (lane.isBusy || lane.uncertain)) return this.#whenSettled(lane);',
    replace: '',
  },
  {
    name: 'transactions do not time out',
    file: 'transactions/timeouts.ts',
    find: "return state === 'Ongoing' && startTimestamp + timeoutMs < now;",
    replace: "return state === 'Ongoing' && startTimestamp + timeoutMs < 0 && now < 0;",
  },
  {
    name: 'markers are written again into the next transaction',
    file: 'transactions/markers.ts',
    find: 'const onlyIfOpenBelow = raisesEpoch ? producerEpoch : producerEpoch + 1;',
    replace: 'const onlyIfOpenBelow = producerEpoch + Number(raisesEpoch || 1);',
  },
  {
    name: 'a marker that one partition does not take is given up',
    file: 'transactions/markers.ts',
    find: 'if (failure !== undefined) throw failure;',
    replace: '',
  },
  {
    name: 'a new producer does not get a new epoch',
    file: 'transactions/init.ts',
    find: 'if (expected === undefined) return start(transaction.producerId, producerEpoch + 1, NO_EPOCH);',
    replace: 'if (expected === undefined) return start(transaction.producerId, Math.max(0, producerEpoch), NO_EPOCH);',
  },
  {
    name: 'a fenced producer may write',
    file: 'transactions/add.ts',
    find: "if (transaction.producerEpoch !== producer.producerEpoch) return 'PRODUCER_FENCED';",
    replace: '',
  },
  {
    name: 'a fenced producer takes an end of its successor for its own',
    file: 'transactions/end.ts',
    find: 'const afterRaise = transaction.raisesEpoch && producerEpoch',
    replace: 'const afterRaise = producerEpoch',
  },
  {
    name: 'offsets that an aborted transaction held are committed in memory',
    file: 'lane.ts',
    find: "if (commit) this.replay({ kind: 'offset', groupId, topic, partition, value });",
    replace: "this.replay({ kind: 'offset', groupId, topic, partition, value });",
  },
];

const FOLDER = new URL('../src/coordination/', import.meta.url).href;

/** Simulates with coordinators that have the bug of the query. */
async function plant(query: string): Promise<(seed: number) => Promise<unknown>> {
  const groups = (await import(`${FOLDER}coordinator.ts${query}`)) as { GroupCoordinator: typeof GroupCoordinator };
  const transactions = (await import(`${FOLDER}transactions/coordinator.ts${query}`)) as {
    TransactionCoordinator: typeof TransactionCoordinator;
  };
  return (seed) =>
    simulateTransactions(seed, {
      groups: (options) => groups.GroupCoordinator.open(options),
      transactions: (options) => transactions.TransactionCoordinator.open(options),
    });
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await huntPlantedBugs(FOLDER, plantedBugs, Number(process.argv[2] ?? 300), plant);
