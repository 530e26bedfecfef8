import { below, seededRandom } from '../src/base/random.ts';
import { ManualClock } from './groups-clock.ts';
import { Violation } from './groups-checks.ts';
import { type LogBug, NO_BUG } from './log-bugs.ts';
import { recordsOf, type Seen } from './log-checks.ts';
import { deleteRecords, SimulatedConsumer, SimulatedProcessor, SimulatedProducer } from './log-clients.ts';
import { type LogPlan, planOf } from './log-plan.ts';
import type { LocalLog } from '../src/log/local-log.ts';
import { LogWorld } from './log-world.ts';

/** What a seed did. */
export interface LogRun {
  readonly seed: number;
  readonly plan: LogPlan;
  /** Observations that were judged by an invariant. */
  readonly judged: number;
  readonly restarts: number;
  /** The same for the same seed. */
  readonly digest: string;
}

/** How long faults go on, and how long the log then has to come to rest; both in simulated ms. */
const SAFETY_MS = 1500;
const LIVENESS_MS = 5000;
const LOOK_MS = 50;

/**
 * One seed of the log's simulation: producers, consumers and a processor use the log over a disk that fails and forgets, the broker
 * crashes. Then all faults end, and within `LIVENESS_MS` everything that is under way must be in and shown. Throws Violation; the same
 * seed does the same again.
 */
export async function simulateLog(seed: number, bug: LogBug = NO_BUG): Promise<LogRun> {
  const random = seededRandom(seed);
  const plan = planOf(random);
  const clock = new ManualClock();
  const failures: unknown[] = [];
  const check = (): void => {
    if (failures.length > 0) throw failures[0];
  };
  const world = new LogWorld(plan, bug, clock, random, (error) => void failures.push(error));
  const producers: SimulatedProducer[] = [];
  const consumers: SimulatedConsumer[] = [];
  for (let partition = 0; partition < plan.partitions; partition++) {
    for (let i = 0; i < plan.producersPerPartition; i++)
      producers.push(new SimulatedProducer(world, partition, partition * 10 + i));
    for (let i = 0; i < 2; i++) consumers.push(new SimulatedConsumer(world, partition));
  }
  world.run(async () => {
    await world.start();
    await world.supervise();
  });
  for (const client of [...producers, ...consumers]) world.run(() => client.run());
  if (plan.packs) world.run(() => new SimulatedProcessor(world).run());
  if (random.float() < 0.3) world.run(() => deleteRecords(world));
  await runUntil(clock, clock.now() + SAFETY_MS, check);
  world.faulty = false;
  world.stopping = true;
  await comeToRest(world, producers, consumers, check);
  const finishing = finish(world);
  finishing.catch(() => {});
  let digest: string | undefined;
  for (const end = clock.now() + LIVENESS_MS; digest === undefined && clock.now() < end; ) {
    await runUntil(clock, clock.now() + LOOK_MS, check);
    digest = await Promise.race([finishing, nextTurn()]);
  }
  if (digest === undefined) throw new Violation('I10 unseen: the log does not come to its end');
  return { seed, plan, judged: world.checks.judged, restarts: world.restarts, digest };
}

function nextTurn(): Promise<undefined> {
  return new Promise((resolve) => setImmediate(() => resolve(undefined)));
}

async function runUntil(clock: ManualClock, end: number, check: () => void): Promise<void> {
  do {
    // Everything in between is promises: none is left when the next macrotask comes.
    await new Promise((resolve) => setImmediate(resolve));
    check();
  } while (clock.runNext(end));
}

/** Liveness (I10 unseen): every producer gets its answers, and every consumer comes to the end of the log. */
async function comeToRest(
  world: LogWorld,
  producers: readonly SimulatedProducer[],
  consumers: readonly SimulatedConsumer[],
  check: () => void,
): Promise<void> {
  const { clock } = world;
  const isBehind = (log: LocalLog) => (consumer: SimulatedConsumer, i: number) =>
    consumer.offset < world.partition(log, Math.floor(i / 2)).logEndOffset;
  for (const end = clock.now() + LIVENESS_MS; clock.now() < end; ) {
    await runUntil(clock, clock.now() + LOOK_MS, check);
    const { log } = world;
    if (log !== undefined && producers.every((one) => one.done) && !consumers.some(isBehind(log))) return;
  }
  const open = producers.filter((one) => !one.done).length;
  const places = consumers.map((one) => one.offset).join(', ');
  throw new Violation(`I10 unseen: ${open} producers get no answer; consumers are at ${places}`);
}

/** Everything that a partition holds, by offset. */
async function contentOf(world: LogWorld, log: LocalLog, number: number): Promise<Map<number, Seen>> {
  const partition = world.partition(log, number);
  const content = new Map<number, Seen>();
  let offset = 0;
  // Retention may take what comes next while this reads.
  while ((offset = Math.max(offset, partition.logStartOffset)) < partition.highWatermark) {
    const result = await partition.read(offset, 50_000, 'read_uncommitted', true);
    const next = world.checks.read(number, offset, result);
    if (next === offset) throw new Violation(`I10 unseen, partition ${number}: nothing is shown at ${offset}`);
    for (const chunk of result.chunks)
      for (const [at, record] of recordsOf(chunk)) if (at >= offset) content.set(at, record);
    offset = next;
  }
  return content;
}

/**
 * The checks over the whole content of the log, and again after two power cuts that keep nothing which is not durable (I19: recovering
 * what was recovered changes nothing). Gives a digest of it.
 */
async function finish(world: LogWorld): Promise<string> {
  let { log } = await world.running();
  const digests: string[] = [];
  for (let round = 0; round < 3; round++) {
    const digest: string[] = [];
    for (let number = 0; number < world.plan.partitions; number++) {
      const content = await contentOf(world, log, number);
      const partition = world.partition(log, number);
      world.checks.finish(number, content, partition.logStartOffset);
      if (partition.lastStableOffset !== partition.logEndOffset || partition.highWatermark !== partition.logEndOffset)
        throw new Violation(`I10 unseen, partition ${number}: watermarks stay below the end of the log`);
      digest.push(`${partition.logEndOffset}`);
    }
    digests.push(digest.join(' '));
    if (round < 2) log = await world.restart();
  }
  if (new Set(digests).size > 1) throw new Violation(`I19 recovery: the log ended at ${digests.join(', then at ')}`);
  return `${digests[0]} after ${world.restarts} restarts, ${below(world.random, 2 ** 31)}`;
}
