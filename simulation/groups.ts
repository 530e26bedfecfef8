import { shareSettings } from './share-settings.ts';
import { present } from '../src/base/assert.ts';
import { below, type Random, seededRandom } from '../src/base/random.ts';
import { GroupCoordinator } from '../src/coordination/coordinator.ts';
import type { GroupSettings } from '../src/coordination/types.ts';
import { saveOffset } from '../src/metadata/groups.ts';
import { openMetadata } from '../src/metadata/open.ts';
import type { SqlEngine } from '../src/metadata/types.ts';
import { Violation } from './groups-checks.ts';
import { ManualClock } from './groups-clock.ts';
import { Consumer } from './groups-consumer.ts';
import {
  GROUP,
  type OpenCoordinator,
  PARTITIONS,
  type Timeouts,
  TOPIC,
  World,
  type WorldFaults,
} from './groups-world.ts';

export interface GroupRun {
  readonly seed: number;
  /** Answers that were judged by an invariant. */
  readonly judged: number;
  readonly restarts: number;
  readonly generation: number;
}

/** What the coordinator is set to. */
export const SETTINGS: GroupSettings = {
  minSessionTimeoutMs: 1000,
  maxSessionTimeoutMs: 60_000,
  maxSize: 1000,
  initialRebalanceDelayMs: 0,
  offsetMetadataMaxBytes: 4096,
  offsetsRetentionMs: 86_400_000,
  offsetsRetentionCheckIntervalMs: 3000,
  consumer: {
    sessionTimeoutMs: 10_000,
    heartbeatIntervalMs: 1000,
    maxSize: 1000,
    assignors: ['uniform', 'range'],
    migrationPolicy: 'bidirectional',
    assignmentIntervalMs: 1000,
    regexRefreshIntervalMs: 600_000,
  },
  streams: {
    sessionTimeoutMs: 10_000,
    heartbeatIntervalMs: 1000,
    maxSize: 2 ** 31 - 1,
    standbyReplicas: 0,
    initialRebalanceDelayMs: 3000,
    assignmentIntervalMs: 1000,
  },
  share: shareSettings,
};

/** How long faults go on, and how long the group then has to come to rest; both in simulated ms. */
const SAFETY_MS = 40_000;
const LIVENESS_MS = 25_000;

const TIMEOUTS: readonly Timeouts[] = [
  { sessionMs: 6000, rebalanceMs: 8000 },
  { sessionMs: 12_000, rebalanceMs: 3000 },
];

const openReal: OpenCoordinator = (options) => GroupCoordinator.open(options);

/**
 * One seed of the coordinator's simulation: consumers join, commit, stand still, crash and come back, the network loses messages, the
 * store refuses writes, the broker crashes. Then all faults end, and within `LIVENESS_MS` the group must be at rest with
 * every partition owned once. Throws Violation; the same seed does the same again.
 */
export async function simulateGroups(seed: number, open: OpenCoordinator = openReal): Promise<GroupRun> {
  const random = seededRandom(seed);
  const clock = new ManualClock();
  const sql = await openMetadata('memory:');
  const failures: unknown[] = [];
  const fail = (error: unknown): void => void failures.push(error);
  const timeouts = present(TIMEOUTS[below(random, TIMEOUTS.length)], 'timeouts');
  const world = new World(clock, random, sql, chooseFaults(random), timeouts, SETTINGS, open, fail);
  const check = (): void => {
    if (failures.length > 0) throw failures[0];
  };
  const lies = world.faults.lie > 0;
  await commitAnchor(sql);
  await world.start();
  const consumers: Consumer[] = [];
  const add = (instanceId: string | null): void => {
    const consumer = new Consumer(`c${consumers.length}`, world, instanceId);
    consumers.push(consumer);
    consumer.run().catch(fail);
  };
  disturb(world, consumers, add).catch(fail);
  await runUntil(clock, clock.now() + SAFETY_MS, check);
  Object.assign(world.faults, NO_FAULTS);
  // One more consumer, so that there is a rebalance in which those that hang are dropped.
  if (consumers.some((consumer) => consumer.isHung) || world.chance(0.3)) add(null);
  await runUntil(clock, clock.now() + LIVENESS_MS, check);
  atRest(world, consumers);
  // A write that took place though it was reported as failed is known after the next start only.
  if (!lies) await inStep(world);
  for (const consumer of consumers) consumer.kill();
  await sql.close();
  const generation = Math.max(0, ...consumers.map((consumer) => consumer.generation));
  return { seed, judged: world.checks.judged, restarts: world.restarts, generation };
}

/** An offset that never expires keeps the group: one that is deleted begins at generation 1 again, in Kafka, too. */
export async function commitAnchor(sql: SqlEngine): Promise<void> {
  const value = { topicId: 'anchor-id', offset: 0, leaderEpoch: -1, metadata: '', commitTimestamp: 0 };
  await sql.transaction([
    saveOffset({ groupId: GROUP, topic: 'anchor', partition: 0, ...value, expireTimestamp: Number.MAX_SAFE_INTEGER }),
  ]);
}

export const NO_FAULTS: WorldFaults = { refuse: 0, lie: 0, lose: 0, late: 0, slowMs: 10, delayMs: 10 };

/** Each seed has its own mix of faults; some have none of a kind. */
function chooseFaults(random: Random): WorldFaults {
  const some = (most: number): number => (random.float() < 0.4 ? 0 : random.float() * most);
  return {
    refuse: some(0.4),
    lie: some(0.1),
    lose: some(0.15),
    late: some(0.1),
    slowMs: 1 + below(random, 200),
    delayMs: 1 + below(random, 150),
  };
}

/** Brings consumers and takes them away, and restarts the broker, until the faults end. */
async function disturb(world: World, consumers: Consumer[], add: (instanceId: string | null) => void): Promise<void> {
  const end = world.clock.now() + SAFETY_MS - 6500;
  const statics = ['i1', 'i2', 'i3'];
  for (let i = 1 + below(world.random, 3); i > 0; i--) add(world.chance(0.5) ? null : (statics[i - 1] ?? null));
  while (world.clock.now() < end) {
    await world.sleep(below(world.random, 4000));
    const dice = world.random.float();
    const living = consumers.filter((consumer) => consumer.isLiving);
    if (dice < 0.3 && living.length < 6) add(world.chance(0.5) ? null : (statics[below(world.random, 3)] ?? null));
    else if (dice < 0.5 && living.length > 1) living[below(world.random, living.length)]?.kill();
    else if (dice < 0.65) await world.restart();
    else if (dice < 0.75 && living.length > 1) living[below(world.random, living.length)]?.hang();
    else if (dice < 0.82) for (const consumer of living) consumer.kill();
  }
}

/** Lets everything happen until `end`; `check` throws what went wrong meanwhile. */
export async function runUntil(clock: ManualClock, end: number, check: () => void): Promise<void> {
  do {
    // Everything in between is promises: none is left when the next macrotask comes.
    await new Promise((resolve) => setImmediate(resolve));
    check();
  } while (clock.runNext(end));
}

/** Liveness: all living consumers are members of one stable generation and own every partition between them, once. */
function atRest(world: World, consumers: readonly Consumer[]): void {
  const living = consumers.filter((consumer) => consumer.isLiving);
  const group = world.coordinator?.describeGroup(GROUP);
  const stuck = living.filter((consumer) => !consumer.isWorking).map((consumer) => consumer.name);
  if (stuck.length > 0) throw new Violation(`liveness: ${stuck.join(', ')} do not work; the group is ${group?.state}`);
  if (living.length === 0) {
    if (group !== undefined && group.state !== 'Empty')
      throw new Violation(`liveness: nobody is left in a group that is ${group.state}`);
    return;
  }
  if (group?.state !== 'Stable') throw new Violation(`liveness: the group is ${group?.state}`);
  if (new Set(living.map((consumer) => consumer.generation)).size !== 1)
    throw new Violation('liveness: two generations');
  const members = group.members.map((member) => member.memberId).sort();
  if (
    members.join() !==
    living
      .map((consumer) => consumer.memberId)
      .sort()
      .join()
  )
    throw new Violation(`liveness: the members are ${members.join(', ')}`);
  const owned = living.flatMap((consumer) => consumer.owned).sort((a, b) => a - b);
  if (owned.join() !== Array.from({ length: PARTITIONS }, (_, partition) => partition).join())
    throw new Violation(`liveness: the partitions ${owned.join(', ')} are owned`);
}

/** I19: what is stored is what is in memory, of groups at rest and of offsets. */
async function inStep(world: World): Promise<void> {
  const { coordinator } = world;
  const stored = await world.stored();
  const show = (of: GroupCoordinator | undefined): string =>
    JSON.stringify([of?.describeGroup(GROUP), [...(of?.offsets(GROUP).get(TOPIC) ?? [])].sort(([a], [b]) => a - b)]);
  if (show(stored) !== show(coordinator))
    throw new Violation(`I19: memory has ${show(coordinator)}, the store ${show(stored)}`);
}
