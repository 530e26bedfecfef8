import { present } from '../src/base/assert.ts';
import { below, type Random, seededRandom } from '../src/base/random.ts';
import { GroupCoordinator } from '../src/coordination/coordinator.ts';
import { TransactionCoordinator } from '../src/coordination/transactions/coordinator.ts';
import { encodeTransaction } from '../src/coordination/transactions/record.ts';
import type { Transaction } from '../src/coordination/transactions/types.ts';
import { openMetadata } from '../src/metadata/open.ts';
import { Violation } from './groups-checks.ts';
import { ManualClock } from './groups-clock.ts';
import { TOPIC } from './transactions-log.ts';
import { Producer, type ProducerKind } from './transactions-producer.ts';
import { type OpenCoordinators, World, type WorldFaults } from './transactions-world.ts';

export interface TransactionRun {
  readonly seed: number;
  /** Facts that were judged by an invariant. */
  readonly judged: number;
  readonly transactions: number;
  readonly restarts: number;
}

/** How long faults go on, and how long everything then has to come to rest; both in simulated ms. */
const SAFETY_MS = 30_000;
const LIVENESS_MS = 30_000;

const IDS = ['x', 'y'];
const KINDS: readonly ProducerKind[] = ['today', 'today', 'today', 'older', 'mixed'];

const openReal: OpenCoordinators = {
  groups: (options) => GroupCoordinator.open(options),
  transactions: (options) => TransactionCoordinator.open(options),
};

/**
 * One seed of the coordinator's simulation: producers with two transactional ids write, commit offsets, commit and abort, stand still, crash and fence
 * each other; the network loses messages and brings them late; store and disk refuse; the broker crashes. Then all faults end, and within
 * `LIVENESS_MS` no transaction may be open, and each must be there as its producer was told. Throws Violation; the same seed does the same again.
 */
export async function simulateTransactions(seed: number, open: OpenCoordinators = openReal): Promise<TransactionRun> {
  const random = seededRandom(seed);
  const clock = new ManualClock();
  const sql = await openMetadata('memory:');
  const failures: unknown[] = [];
  const fail = (error: unknown): void => void failures.push(error);
  const world = new World(clock, random, sql, chooseFaults(random), open, fail);
  const check = (): void => {
    if (failures.length > 0) throw failures[0];
  };
  const lies = world.faults.lie > 0;
  const producers: Producer[] = [];
  world.start().catch(fail);
  disturb(world, producers, fail).catch(fail);
  await runUntil(clock, clock.now() + SAFETY_MS, check);
  Object.assign(world.faults, NO_FAULTS);
  for (const producer of producers) producer.kill();
  await runUntil(clock, clock.now() + LIVENESS_MS / 2, check);
  const last = IDS.map((id) => new Producer(world, id, 'today', false));
  for (const producer of last) producer.run().catch(fail);
  await runUntil(clock, clock.now() + LIVENESS_MS / 4, check);
  for (const producer of last)
    if (producer.finished === 0) throw new Violation(`liveness: nobody can use ${producer.transactionalId}`);
  for (const producer of last) producer.kill();
  await runUntil(clock, clock.now() + LIVENESS_MS / 2, check);
  await atRest(world, lies);
  await sql.close();
  const { judged, attempts } = world.checks;
  return { seed, judged, transactions: attempts.length, restarts: world.restarts };
}

const NO_FAULTS: WorldFaults = { refuse: 0, lie: 0, full: 0, lose: 0, late: 0, slowMs: 10, syncMs: 5, delayMs: 10 };

/** Each seed has its own mix of faults; some have none of a kind. */
function chooseFaults(random: Random): WorldFaults {
  const some = (most: number): number => (random.float() < 0.4 ? 0 : random.float() * most);
  return {
    refuse: some(0.3),
    lie: some(0.1),
    full: some(0.2),
    lose: some(0.15),
    late: some(0.1),
    slowMs: 1 + below(random, 300),
    syncMs: 1 + below(random, 200),
    delayMs: 1 + below(random, 100),
  };
}

/** Brings producers and takes them away, and restarts the broker, until the faults end. */
async function disturb(world: World, producers: Producer[], fail: (error: unknown) => void): Promise<void> {
  const end = world.clock.now() + SAFETY_MS - 1500;
  const add = (): void => {
    const id = present(IDS[below(world.random, IDS.length)], 'id');
    const kind = present(KINDS[below(world.random, KINDS.length)], 'kind');
    const producer = new Producer(world, id, kind, true);
    producers.push(producer);
    producer.run().catch(fail);
  };
  add();
  while (world.clock.now() < end) {
    await world.sleep(below(world.random, 2500));
    const living = producers.filter((producer) => producer.isLiving);
    const dice = world.random.float();
    if (living.length < 2 || (dice < 0.25 && living.length < 5)) add();
    else if (dice < 0.4) living[below(world.random, living.length)]?.kill();
    else if (dice < 0.6) await world.restart();
  }
}

async function runUntil(clock: ManualClock, end: number, check: () => void): Promise<void> {
  do {
    // Everything in between is promises: none is left when the next macrotask comes.
    await new Promise((resolve) => setImmediate(resolve));
    check();
  } while (clock.runNext(end));
}

/** What is stored of a transaction, as far as it has to be what memory has. */
const shown = (transaction: Transaction): string => `${transaction.transactionalId} ${encodeTransaction(transaction)}`;

/** Nothing is open or held back, everything is as producers were told, and what is stored is what is in memory. */
async function atRest(world: World, lies: boolean): Promise<void> {
  const { life } = world;
  if (life === undefined) throw new Violation('liveness: the broker does not start');
  const states = [...life.transactions.all()].map(({ transactionalId, state }) => `${transactionalId} ${state}`);
  const open = states.find((one) => !one.includes('Complete') && !one.includes('Empty'));
  if (open !== undefined) throw new Violation(`liveness: ${open}`);
  if (!life.log.isQuiet) throw new Violation('liveness: a transaction holds back the last stable offset');
  const held = [...life.groups.heldOffsets()];
  if (held.length > 0) throw new Violation(`liveness: offsets are held back: ${JSON.stringify(held)}`);
  const offsetIn = (groups: GroupCoordinator) => (transactionalId: string) =>
    groups.offsets(transactionalId).get(TOPIC)?.get(0)?.offset ?? -1;
  const stored = await world.stored(life.log);
  world.checks.atEnd(world.disk.entries, offsetIn(stored.groups));
  // A write that took place though it was reported as failed is known after the next start only.
  if (lies) return;
  world.checks.atEnd(world.disk.entries, offsetIn(life.groups));
  const inMemory = [...life.transactions.all()].map(shown).sort();
  const onDisk = [...stored.transactions.all()].map(shown).sort();
  if (inMemory.join('\n') !== onDisk.join('\n'))
    throw new Violation(`I19: memory has ${inMemory.join(', ')}; the store ${onDisk.join(', ')}`);
}
