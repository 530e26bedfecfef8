import { present } from '../src/base/assert.ts';
import { below, type Random, seededRandom } from '../src/base/random.ts';
import { GroupCoordinator } from '../src/coordination/coordinator.ts';
import { openMetadata } from '../src/metadata/open.ts';
import { ConsumerChecks } from './consumer-groups-checks.ts';
import { Client, keysOf, type Play, type Wish } from './consumer-groups-client.ts';
import { ChangingTopics } from './consumer-groups-topics.ts';
import { Violation } from './groups-checks.ts';
import { ManualClock } from './groups-clock.ts';
import { GROUP, type OpenCoordinator, World, type WorldFaults } from './groups-world.ts';
import { commitAnchor, NO_FAULTS, runUntil, SETTINGS } from './groups.ts';

export interface ConsumerRun {
  readonly seed: number;
  readonly judged: number;
  readonly restarts: number;
  readonly epoch: number;
}

/** How long faults go on, and how long the group then has to come to rest; both in simulated ms. */
const SAFETY_MS = 40_000;
const LIVENESS_MS = 40_000;

const WISHES: readonly Omit<Wish, 'assignor'>[] = [
  { topics: ['a'], regex: null },
  { topics: ['a', 'b'], regex: null },
  { topics: [], regex: '[ab]' },
  { topics: ['b'], regex: 'c.*' },
];

const openReal: OpenCoordinator = (options) => GroupCoordinator.open(options);

/**
 * One seed of the simulation of consumer groups (KIP-848): clients join, subscribe otherwise, hang, crash and come back, with instance ids and
 * without; topics come, grow and go; the network loses messages, the store refuses writes, the broker crashes. Then all faults end, and
 * within `LIVENESS_MS` every living client must have what the broker says, and all partitions be owned. Throws Violation.
 */
export async function simulateConsumerGroups(seed: number, open: OpenCoordinator = openReal): Promise<ConsumerRun> {
  const random = seededRandom(seed);
  const clock = new ManualClock();
  const sql = await openMetadata('memory:');
  const failures: unknown[] = [];
  const fail = (error: unknown): void => void failures.push(error);
  const check = (): void => {
    if (failures.length > 0) throw failures[0];
  };
  const topics = new ChangingTopics();
  topics.put('a', 3);
  const timeouts = { sessionMs: SETTINGS.consumer.sessionTimeoutMs, rebalanceMs: 4000 };
  const assignmentIntervalMs = random.float() < 0.5 ? 0 : 1000;
  const settings = { ...SETTINGS, consumer: { ...SETTINGS.consumer, assignmentIntervalMs } };
  const world = new World(clock, random, sql, chooseFaults(random), timeouts, settings, open, fail, topics);
  const play: Play = { world, topics, checks: new ConsumerChecks(), clients: [] };
  const lies = world.faults.lie > 0;
  await commitAnchor(sql);
  await world.start();
  disturb(play, fail).catch(fail);
  await runUntil(clock, clock.now() + SAFETY_MS, check);
  Object.assign(world.faults, NO_FAULTS);
  await runUntil(clock, clock.now() + LIVENESS_MS, check);
  atRest(play);
  if (!lies) await inStep(world);
  for (const client of play.clients) client.kill();
  await sql.close();
  const epoch = world.coordinator?.consumer.describe(GROUP)?.epoch ?? 0;
  return { seed, judged: play.checks.judged, restarts: world.restarts, epoch };
}

/** Each seed has its own mix of faults. A request that arrives after its client has begun another would need two connections: none does. */
function chooseFaults(random: Random): WorldFaults {
  const some = (most: number): number => (random.float() < 0.4 ? 0 : random.float() * most);
  return {
    refuse: some(0.3),
    lie: some(0.1),
    lose: some(0.15),
    late: 0,
    slowMs: 1 + below(random, 200),
    delayMs: 1 + below(random, 150),
  };
}

function wishOf(random: Random): Wish {
  const wish = present(WISHES[below(random, WISHES.length)], 'wish');
  return { ...wish, assignor: [null, 'range', 'uniform'][below(random, 3)] ?? null };
}

/** Brings clients and takes them away, changes topics, and restarts the broker, until the faults end. */
async function disturb(play: Play, fail: (error: unknown) => void): Promise<void> {
  const { world, clients } = play;
  const { random } = world;
  const end = world.clock.now() + SAFETY_MS - 8000;
  const statics = [null, null, 'i1', 'i2', 'i3'];
  const add = (): void => {
    const instanceId = statics[below(random, statics.length)] ?? null;
    const client = new Client(play, `m${clients.length}`, instanceId, wishOf(random));
    clients.push(client);
    client.run().catch(fail);
  };
  add();
  while (world.clock.now() < end) {
    await world.sleep(below(random, 3000));
    const dice = random.float();
    const living = clients.filter((client) => client.isLiving);
    const one = living[below(random, Math.max(1, living.length))];
    if (dice < 0.35 && living.length < 6) add();
    else if (dice < 0.45) one?.kill();
    else if (dice < 0.52) one?.hang();
    else if (dice < 0.62) one?.subscribe(wishOf(random));
    else if (dice < 0.75) changeTopics(play);
    else if (dice < 0.95) await world.restart();
  }
}

function changeTopics({ topics, world }: Play): void {
  const name = ['a', 'b', 'c1'][below(world.random, 3)] ?? 'a';
  const partitions = topics.byName(name)?.partitions ?? 0;
  if (partitions > 0 && world.chance(0.2)) topics.delete(name);
  else if (partitions < 8) topics.put(name, partitions + 1 + below(world.random, 2));
}

/**
 * The clients that must be members: those that live, and those that hang without having been asked to give up anything. Of two with one
 * instance id, the second waits until the first goes.
 */
function expectedMembers(clients: readonly Client[], ids: ReadonlySet<string>): Client[] {
  const members = clients.filter((client) => ids.has(client.memberId) && (client.isLiving || client.isHung));
  const holders = new Set(members.map(({ instanceId }) => instanceId));
  const waiting = clients.filter(({ isLiving, instanceId, memberId }) => {
    return isLiving && !ids.has(memberId) && (instanceId === null || !holders.has(instanceId));
  });
  return [...members, ...waiting];
}

/** Liveness: the group is stable, all living clients are its members and have what it says, and every partition is somebody's. */
function atRest({ world, clients, topics }: Play): void {
  const group = world.coordinator?.consumer.describe(GROUP);
  const ids = new Set((group?.members ?? []).map(({ memberId }) => memberId));
  const expected = expectedMembers(clients, ids);
  if (expected.length === 0 && ids.size === 0) return;
  if (group?.state !== 'Stable') throw new Violation(`liveness: the group is ${group?.state}`);
  const names = expected.map(({ memberId }) => memberId).sort();
  if ([...ids].sort().join() !== names.join())
    throw new Violation(`liveness: the members are ${[...ids].sort().join()}, the clients ${names.join()}`);
  const owned = new Set<string>();
  for (const { memberId, assignment } of group.members) {
    const told = [...keysOf(assignment)].sort();
    for (const key of told) owned.add(key);
    const client = present(
      expected.find((one) => one.memberId === memberId),
      'client',
    );
    if (client.isLiving && [...client.owned].sort().join() !== told.join())
      throw new Violation(`liveness: ${memberId} has ${[...client.owned].sort().join()}, not ${told.join()}`);
  }
  for (const { name, topicId, partitions } of topics.all()) {
    const isWanted = expected.some(({ wish }) => wants(wish, name));
    for (let partition = 0; partition < partitions; partition++) {
      if (owned.has(`${topicId}/${partition}`) !== isWanted)
        throw new Violation(`liveness: ${name}-${partition} ${isWanted ? 'has no owner' : 'has an owner'}`);
    }
  }
}

const wants = ({ topics, regex }: Wish, name: string): boolean =>
  topics.includes(name) || (regex !== null && new RegExp(`^(?:${regex})$`).test(name));

/** For JSON: maps as lists, and all names in order. */
function inOrder(_: string, value: unknown): unknown {
  if (value instanceof Map) return [...value].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** I19: what is stored is what is in memory. */
async function inStep(world: World): Promise<void> {
  const stored = await world.stored();
  const show = (of: GroupCoordinator | undefined): string => {
    const group = of?.consumer.describe(GROUP);
    const members = [...(group?.members ?? [])].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
    return JSON.stringify({ ...group, members }, inOrder);
  };
  if (show(stored) !== show(world.coordinator))
    throw new Violation(`I19: memory has ${show(world.coordinator)}, the store ${show(stored)}`);
}
