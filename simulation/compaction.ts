import { below, type Random, seededRandom } from '../src/base/random.ts';
import { type CompactionBug, NO_COMPACTION_BUG } from './compaction-bugs.ts';
import { checkContent, checkObjects, type History, type Written } from './compaction-checks.ts';
import { type CompactionPlan, CompactionWorld, GRACE_MS } from './compaction-world.ts';
import { Violation } from './groups-checks.ts';

/** What a seed did. */
export interface CompactionRun {
  readonly seed: number;
  readonly plan: CompactionPlan;
  /** Records that were shown and judged. */
  readonly judged: number;
  readonly passes: number;
  readonly restarts: number;
  /** The same for the same seed. */
  readonly digest: string;
}

const STEPS = 120;
const PRODUCERS = 4;

/** The plan of a seed. */
export function compactionPlanOf(random: Random): CompactionPlan {
  const pick = <T>(...values: T[]): T => values[below(random, values.length)]!;
  return {
    sealBytes: pick(4096, 65_536),
    tailMaxBytes: pick(0, 2048, 1_000_000),
    keyBytes: pick(24 * 8, 24 * 20, 1_000_000),
    segmentBytes: pick(600, 3000, 1_000_000),
    deleteRetentionMs: pick(0, 1500, 4000),
    minCompactionLagMs: pick(0, 0, 700),
    keys: pick(3, 12, 40),
  };
}

/** Producers of one seed: plain, idempotent, and transactional ones. */
class Producers {
  readonly history: History = { written: new Map(), producers: new Map() };
  readonly #world: CompactionWorld;
  readonly #sequences = new Map<number, number>();
  /** Offsets of open transactions, by producer. */
  readonly #open = new Map<number, number[]>();
  #values = 0;

  constructor(world: CompactionWorld) {
    this.#world = world;
  }

  async append(): Promise<void> {
    const { random, clock, plan, partition } = this.#world;
    const producer = below(random, PRODUCERS);
    const transactional = producer >= 2;
    const records = Array.from({ length: 1 + below(random, 4) }, () => {
      const key = `key-${below(random, plan.keys)}`;
      const value = below(random, 4) === 0 ? null : `value ${this.#values++} ${'x'.repeat(below(random, 120))}`;
      return { key, value, timestamp: clock.now() - below(random, 50) };
    });
    const baseSequence = this.#sequences.get(producer) ?? 0;
    const identity = producer === 0 ? {} : { producerId: producer, producerEpoch: 0, baseSequence };
    const bytes = this.#world.batch(records, { ...identity, isTransactional: transactional });
    const { baseOffset, lastOffset, durable } = partition.append(bytes);
    await durable;
    if (producer > 0) {
      this.#sequences.set(producer, baseSequence + records.length);
      this.history.producers.set(producer, { baseOffset, lastOffset, baseSequence });
    }
    const fate = transactional ? 'open' : 'committed';
    const producerId = transactional ? producer : undefined;
    for (const [at, record] of records.entries())
      this.#write({ ...record, offset: baseOffset + at, at: clock.now(), producerId, fate });
  }

  #write(record: Written): void {
    this.history.written.set(record.offset, record);
    if (record.producerId === undefined) return;
    const open = this.#open.get(record.producerId) ?? [];
    open.push(record.offset);
    this.#open.set(record.producerId, open);
  }

  /** Ends an open transaction, if there is one. */
  async end(): Promise<void> {
    const { random, partition } = this.#world;
    const open = [...this.#open.keys()];
    const producer = open[below(random, Math.max(1, open.length))];
    if (producer === undefined) return;
    const type = below(random, 2) === 0 ? 'abort' : 'commit';
    await partition.append(this.#world.marker(producer, type), 'coordinator').durable;
    const fate = type === 'abort' ? 'aborted' : 'committed';
    for (const offset of this.#open.get(producer) ?? []) this.history.written.get(offset)!.fate = fate;
    this.#open.delete(producer);
  }

  /** Sends the last batch of the idempotent producer once more: it must be known for what it is. */
  retry(): void {
    const last = this.history.producers.get(1);
    const { partition } = this.#world;
    if (last === undefined) return;
    const records = Array.from({ length: last.lastOffset - last.baseOffset + 1 }, (_, at) => {
      const { key, value, timestamp } = this.history.written.get(last.baseOffset + at)!;
      return { key, value, timestamp };
    });
    const options = { producerId: 1, producerEpoch: 0, baseSequence: last.baseSequence };
    const again = partition.append(this.#world.batch(records, options));
    if (!again.duplicate || again.baseOffset !== last.baseOffset)
      throw new Violation(`I2 duplicate: a retry of the batch at ${last.baseOffset} got ${again.baseOffset}`);
  }
}

/** Seals, packs and drains what was written, then compacts; now and then the process dies on the way. */
async function process(world: CompactionWorld): Promise<void> {
  const { random } = world;
  await world.pass(100);
  if (below(random, 3) === 0) world.dieAfter(below(random, 14), below(random, 2) === 0);
  world.holdWal(below(random, 3) === 0);
  await world.packs.run(true);
  await world.compaction.run();
  world.survive();
  if (world.dead) await world.restart();
}

async function step(world: CompactionWorld, producers: Producers): Promise<void> {
  const { random, partition } = world;
  const dice = below(random, 100);
  if (dice < 55) await producers.append();
  else if (dice < 70) await producers.end();
  else if (dice < 86) await process(world);
  else if (dice < 90) await world.pass(below(random, 2500));
  else if (dice < 92) await world.restart();
  else if (dice < 94) producers.retry();
  else if (dice < 95) await partition.deleteRecordsBefore(partition.logStartOffset + below(random, 20)).catch(() => {});
  else if (dice < 97) world.configure({ compact: below(random, 3) > 0 });
  else if (dice < 99) await world.sweep.run();
  else world.configure({ minCompactionLagMs: below(random, 2) * 500 });
}

/**
 * One seed of the simulation of compaction: producers write, the log is packed and compacted, the process dies anywhere and starts again; what consumers
 * are shown is judged all the time. Throws Violation; the same seed does the same again.
 */
export async function simulateCompaction(seed: number, bug: CompactionBug = NO_COMPACTION_BUG): Promise<CompactionRun> {
  const random = seededRandom(seed);
  const plan = compactionPlanOf(random);
  const world = new CompactionWorld(plan, bug, random);
  await world.create();
  const producers = new Producers(world);
  let judged = 0;
  let passes = 0;
  for (let at = 0; at < STEPS; at++) {
    await step(world, producers);
    passes = Math.max(passes, world.compaction.status().passes);
    if (at % 4 === 3) judged += await checkContent(world, producers.history);
  }
  world.configure({ compact: true, minCompactionLagMs: 0 });
  world.holdWal(false);
  await world.pass(100);
  await world.packs.run(true);
  await world.compaction.run();
  judged += await checkContent(world, producers.history);
  for (let round = 0; round < 2; round++) {
    await world.pass(GRACE_MS + 1);
    await world.sweep.run();
  }
  await checkObjects(world);
  judged += await checkContent(world, producers.history);
  const { highWatermark, logStartOffset } = world.partition;
  const digest = `${logStartOffset} to ${highWatermark}, ${judged} shown, ${below(random, 2 ** 31)}`;
  await world.restart();
  await checkContent(world, producers.history);
  return { seed, plan, judged, passes, restarts: world.restarts, digest };
}
