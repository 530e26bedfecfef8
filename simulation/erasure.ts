import { below, type Random, seededRandom } from '../src/base/random.ts';
import { type ErasureBug, NO_ERASURE_BUG } from './erasure-bugs.ts';
import { checkErasure, checkErasureObjects, type ErasureHistory } from './erasure-checks.ts';
import { PARTITIONS, TOPIC, TOPIC_ID } from './erasure-topic.ts';
import { type ErasurePlan, ErasureWorld, GRACE_MS } from './erasure-world.ts';
import { Violation } from './groups-checks.ts';

/** What a seed did. */
export interface ErasureRun {
  readonly seed: number;
  readonly plan: ErasurePlan;
  /** Records and rows that were shown and judged. */
  readonly judged: number;
  readonly deletions: number;
  readonly restarts: number;
  /** The same for the same seed. */
  readonly digest: string;
}

const STEPS = 90;
const PRODUCERS = 4;

/** The plan of a seed. */
export function erasurePlanOf(random: Random): ErasurePlan {
  const pick = <T>(...values: T[]): T => values[below(random, values.length)]!;
  return { sealBytes: pick(4096, 65_536), tailMaxBytes: pick(0, 2048, 1_000_000), keys: pick(3, 8, 20) };
}

/** Producers of one seed, plain, idempotent and transactional, and somebody who has keys deleted. */
class Clients {
  readonly history: ErasureHistory = {
    partitions: Array.from({ length: PARTITIONS }, () => ({ written: new Map(), producers: new Map() })),
    asked: [],
  };
  readonly #world: ErasureWorld;
  readonly #sequences = new Map<string, number>();
  /** Places of open transactions, by partition and producer. */
  readonly #open = new Map<string, number[]>();
  #values = 0;

  constructor(world: ErasureWorld) {
    this.#world = world;
  }

  #key(): string {
    return `key-${below(this.#world.random, this.#world.plan.keys)}`;
  }

  async append(): Promise<void> {
    const { random, clock, partitions } = this.#world;
    const at = below(random, PARTITIONS);
    const producer = below(random, PRODUCERS);
    const place = `${at}/${producer}`;
    const transactional = producer >= 2;
    const records = Array.from({ length: 1 + below(random, 4) }, () => {
      const key = below(random, 8) === 0 ? null : this.#key();
      const value = below(random, 6) === 0 ? null : `<value ${this.#values++}> ${'x'.repeat(below(random, 120))}`;
      return { key, value, timestamp: clock.now() };
    });
    const baseSequence = this.#sequences.get(place) ?? 0;
    const identity = producer === 0 ? {} : { producerId: producer, producerEpoch: 0, baseSequence };
    const bytes = this.#world.batch(records, { ...identity, isTransactional: transactional });
    const { baseOffset, lastOffset, durable } = partitions[at]!.append(bytes);
    await durable;
    const { written, producers } = this.history.partitions[at]!;
    if (producer > 0) {
      this.#sequences.set(place, baseSequence + records.length);
      producers.set(producer, { baseOffset, lastOffset, baseSequence });
    }
    const offsets = records.map((_record, index) => baseOffset + index);
    for (const [index, record] of records.entries())
      written.set(baseOffset + index, {
        ...record,
        offset: baseOffset + index,
        at: clock.now(),
        producerId: transactional ? producer : undefined,
        fate: transactional ? 'open' : 'committed',
      });
    if (transactional) this.#open.set(place, [...(this.#open.get(place) ?? []), ...offsets]);
  }

  /** Ends an open transaction, if there is one; all of them when told to. */
  async end(all = false): Promise<void> {
    const { random, partitions } = this.#world;
    const open = [...this.#open.keys()];
    for (const place of all ? open : open.slice(0, 1)) {
      const [at, producer] = place.split('/').map(Number) as [number, number];
      const type = below(random, 2) === 0 ? 'abort' : 'commit';
      await partitions[at]!.append(this.#world.marker(producer, type), 'coordinator').durable;
      const { written } = this.history.partitions[at]!;
      for (const offset of this.#open.get(place) ?? [])
        written.get(offset)!.fate = type === 'abort' ? 'aborted' : 'committed';
      this.#open.delete(place);
    }
  }

  /** Sends the last batch of an idempotent producer once more: it must be known for what it is. */
  retry(): void {
    const at = below(this.#world.random, PARTITIONS);
    const { written, producers } = this.history.partitions[at]!;
    const last = producers.get(1);
    if (last === undefined) return;
    const records = Array.from({ length: last.lastOffset - last.baseOffset + 1 }, (_none, index) => {
      const { key, value, timestamp } = written.get(last.baseOffset + index)!;
      return { key, value, timestamp };
    });
    const options = { producerId: 1, producerEpoch: 0, baseSequence: last.baseSequence };
    const again = this.#world.partitions[at]!.append(this.#world.batch(records, options));
    if (!again.duplicate || again.baseOffset !== last.baseOffset)
      throw new Violation(`I2 duplicate: a retry of the batch at ${last.baseOffset} got ${again.baseOffset}`);
  }

  /** Asks for the deletion of a key. Only what was answered counts. */
  async ask(): Promise<void> {
    const key = this.#key();
    const ends = this.#world.partitions.map(({ logEndOffset }) => logEndOffset);
    const row = await this.#world.done(
      this.#world.deletions.request({
        topic: TOPIC,
        topicId: TOPIC_ID,
        key: Buffer.from(key),
        principal: 'User:one',
        host: 'here',
      }),
    );
    if (row !== undefined) this.history.asked.push({ id: row.deletionId, key, ends });
  }
}

/** What happens in the background; now and then the process dies on the way. */
async function process(world: ErasureWorld, mayDie: boolean): Promise<void> {
  const { random } = world;
  const dice = below(random, 4);
  if (mayDie && below(random, 3) === 0) world.dieAfter(below(random, 24), below(random, 2) === 0);
  if (dice === 0) {
    world.holdWal(below(random, 3) === 0);
    await world.done(world.packs.run(true));
    await world.done(world.index.run());
  } else if (dice === 1) {
    world.tables.advanced(world.partitions.map(({ lastStableOffset }) => lastStableOffset));
    await world.pass(20);
  } else if (dice === 2) {
    world.tables.advanced(world.partitions.map(({ lastStableOffset }) => lastStableOffset));
    await world.done(world.tables.flush());
  } else if (world.due) await world.runJob();
  world.survive();
  if (world.dead) await world.restart();
}

async function step(world: ErasureWorld, clients: Clients): Promise<void> {
  const dice = below(world.random, 100);
  if (dice < 45) await clients.append();
  else if (dice < 55) await clients.end();
  else if (dice < 84) await process(world, true);
  else if (dice < 92) await clients.ask();
  else if (dice < 94) await world.restart();
  else if (dice < 96) clients.retry();
  else if (dice < 98) await world.done(world.sweep.run());
  else await world.pass(below(world.random, 2500));
}

/** All that waits is done: no transaction is open, nobody dies, every promise is kept. */
async function settle(world: ErasureWorld, clients: Clients): Promise<void> {
  await clients.end(true);
  world.holdWal(false);
  for (let round = 0; round < 4 && world.due; round++) await world.runJob();
  await world.pass(100);
  await world.done(world.packs.run(true));
  await world.done(world.index.run());
  world.tables.advanced(world.partitions.map(({ lastStableOffset }) => lastStableOffset));
  await world.done(world.tables.flush());
}

/**
 * One seed of the simulation of the deletion of keys: producers write, the log is packed, indexed and becomes rows, keys are deleted, the process dies
 * anywhere and starts again; what consumers, searches and tables show is judged all the time. Throws Violation; the same seed does the same again.
 */
export async function simulateErasure(seed: number, bug: ErasureBug = NO_ERASURE_BUG): Promise<ErasureRun> {
  const random = seededRandom(seed);
  const plan = erasurePlanOf(random);
  const world = new ErasureWorld(plan, bug, random);
  await world.create();
  const clients = new Clients(world);
  let judged = 0;
  for (let at = 0; at < STEPS; at++) {
    await step(world, clients);
    if (at % 5 === 4) judged += await checkErasure(world, clients.history);
  }
  await settle(world, clients);
  judged += await checkErasure(world, clients.history);
  for (let round = 0; round < 2; round++) {
    await world.pass(GRACE_MS + 1);
    await world.done(world.sweep.run());
  }
  await checkErasureObjects(world, clients.history);
  const deletions = clients.history.asked.length;
  const digest = `${world.partitions.map(({ logEndOffset }) => logEndOffset).join('+')}, ${judged} shown, ${below(random, 2 ** 31)}`;
  await world.restart();
  await checkErasure(world, clients.history);
  return { seed, plan, judged, deletions, restarts: world.restarts, digest };
}
