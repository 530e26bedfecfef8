import { silentLogger } from '../src/base/logger.ts';
import { below, type Random, seededRandom } from '../src/base/random.ts';
import type { LogBatch } from '../src/coordination/share/acquire.ts';
import { SharePartitions } from '../src/coordination/share/partitions.ts';
import type { PartitionLane } from '../src/coordination/share/partition-lane.ts';
import type { ShareSettings } from '../src/coordination/share/settings.ts';
import { ACKNOWLEDGE } from '../src/coordination/share/types.ts';
import type { PartitionLog } from '../src/log/types.ts';
import { openMetadata } from '../src/metadata/open.ts';
import type { SqlEngine } from '../src/metadata/types.ts';
import { ManualClock } from './groups-clock.ts';
import { FaultyStore, MortalClock, type StoreFaults } from './groups-store.ts';
import { ShareChecks } from './share-checks.ts';
import { shareSettings } from './share-settings.ts';

export interface ShareRun {
  readonly seed: number;
  readonly judged: number;
  readonly restarts: number;
  /** Records that were produced. */
  readonly records: number;
}

/** How share partitions are made: planted bugs bring their own. */
export type MakePartitions = (options: ConstructorParameters<typeof SharePartitions>[0]) => SharePartitions;

/** How long faults go on, and how long members then have to finish; both in simulated ms. */
const SAFETY_MS = 60_000;
const LIVENESS_MS = 60_000;

const GROUP = 'g';
const TOPIC_ID = 'dHRpdHRpdHRpdHRpdHRpdA';
const LOCK_MS = 2000;
const MEMBERS = ['a', 'b', 'c'];
const fixed = (value: number) => ({ value, min: 1, max: 1_000_000 });

/** What a member believes to hold. */
interface Held {
  readonly first: number;
  readonly last: number;
}

class World {
  readonly random: Random;
  readonly clock = new ManualClock();
  readonly checks: ShareChecks;
  readonly #settings: ShareSettings;
  readonly #sql: SqlEngine;
  readonly #make: MakePartitions;
  readonly #faults: StoreFaults = { refuse: 0.08, lie: 0.04, slowMs: 60 };
  readonly #log = { batches: [] as LogBatch[], logStart: 0 };
  readonly #held = new Map<string, Held[]>();
  #life: { partitions: SharePartitions; store: FaultyStore; clock: MortalClock } | undefined;
  #calm = false;
  restarts = 0;

  constructor(seed: number, sql: SqlEngine, make: MakePartitions) {
    this.random = seededRandom(seed);
    this.#sql = sql;
    this.#make = make;
    const maxDeliveries = 2 + below(this.random, 5);
    this.#settings = {
      ...shareSettings,
      recordLockDurationMs: fixed(LOCK_MS),
      deliveryCountLimit: fixed(maxDeliveries),
      partitionMaxRecordLocks: fixed(10 + below(this.random, 60)),
    };
    this.checks = new ShareChecks(maxDeliveries);
  }

  chance(of: number): boolean {
    return this.random.float() < of;
  }

  get #partitionLog(): PartitionLog {
    const end = this.checks.end;
    const offsets = { logStartOffset: this.#log.logStart, highWatermark: end, lastStableOffset: end };
    return { topic: 't', topicId: TOPIC_ID, partition: 0, ...offsets } as PartitionLog;
  }

  begin(): void {
    const clock = new MortalClock(this.clock);
    const store = new FaultyStore(this.#sql, clock, this.random, this.#faults);
    const options = { sql: store, clock, logger: silentLogger, settings: this.#settings, overrides: earliest };
    this.#life = { partitions: this.#make(options), store, clock };
  }

  async crash(): Promise<void> {
    const { store, clock } = this.#life!;
    await store.crash();
    clock.end();
    this.restarts++;
    this.#held.clear();
    this.checks.forget();
    this.begin();
  }

  produce(): void {
    const size = 1 + below(this.random, 8);
    this.#log.batches.push({ baseOffset: this.checks.end, lastOffset: this.checks.end + size - 1 });
    this.checks.produced(size);
  }

  loseRecords(): void {
    const logStart = this.#log.logStart + below(this.random, Math.max(1, this.checks.end - this.#log.logStart));
    this.#log.logStart = Math.max(this.#log.logStart, logStart);
    this.checks.lost(this.#log.logStart);
  }

  /** The share partition, read anew after a crash; undefined while that fails. */
  async #lane(): Promise<PartitionLane | undefined> {
    const life = this.#life!;
    try {
      const lane = await life.partitions.open(GROUP, this.#partitionLog);
      return life === this.#life ? lane : undefined;
    } catch {
      return undefined;
    }
  }

  /** False when the broker crashed since the share partition was read. */
  #lives(lane: PartitionLane): boolean {
    return this.#life?.partitions.peek(GROUP, TOPIC_ID, 0) === lane;
  }

  async fetch(memberId: string): Promise<void> {
    const lane = await this.#lane();
    if (lane === undefined || !this.#lives(lane)) return;
    if (this.#log.logStart > lane.partition.start) lane.moveToLogStart(this.#log.logStart);
    if (!lane.canAcquire) return;
    const fetchOffset = lane.nextFetchOffset;
    const from = this.#log.batches.findIndex(({ lastOffset }) => lastOffset >= fetchOffset);
    if (from < 0) return;
    const read = this.#log.batches.slice(from, from + 1 + below(this.random, 6));
    const recordLimit = this.chance(0.3);
    const maxRecords = 1 + below(this.random, 20);
    const batchSize = 1 + below(this.random, 20);
    const { ranges } = lane.acquire({
      memberId,
      follows: false,
      recordLimit,
      batchSize,
      maxRecords,
      fetchOffset,
      read,
    });
    for (const range of ranges) {
      this.checks.delivered(memberId, range, this.clock.monotonic(), LOCK_MS);
      this.#held.set(memberId, [...(this.#held.get(memberId) ?? []), range]);
    }
  }

  /** Acknowledges one of the ranges that the member believes to hold, or a part of it, or what another one holds. */
  async acknowledge(memberId: string): Promise<void> {
    const lane = await this.#lane();
    const own = this.#held.get(memberId) ?? [];
    const others = [...this.#held.values()].flat();
    const range = this.chance(this.#calm ? 0 : 0.1) ? others[below(this.random, others.length)] : own.shift();
    if (lane === undefined || range === undefined || !this.#lives(lane)) return;
    const cut = this.#calm || this.chance(0.5) ? 0 : below(this.random, range.last - range.first + 1);
    const [first, last] = [range.first, range.last - cut];
    if (cut > 0) own.push({ first: last + 1, last: range.last });
    const type = this.#type();
    const began = this.clock.monotonic();
    const held = this.checks.holds(memberId, first, last, began);
    const longer = this.checks.holds(memberId, first, last, began + LOCK_MS / 4);
    const what = { first, last, type: type === 4 ? 'renew' : type === 2 ? 'release' : 'finish' } as const;
    this.checks.asked(memberId, first, last, what.type === 'finish');
    const asks = this.checks.asks(first, last);
    const reply = await lane.acknowledge(memberId, [{ first, last, types: [type] }]).then(
      ({ error }) => ({ ok: error === 'NONE', refused: error !== 'NONE' }),
      () => ({ ok: false, refused: false }),
    );
    const now = this.clock.monotonic();
    const until = now + 1;
    // Whether the lock ended while the request waited is not to be known from outside.
    const sure = longer && now - began < LOCK_MS / 4 && this.#fresh(memberId, began);
    this.checks.answered(memberId, what, sure, { ...reply, until });
    if (reply.ok && held && what.type === 'renew' && asks === this.checks.asks(first, last)) {
      this.checks.renewed(memberId, first, last, began + LOCK_MS);
      own.push({ first, last });
    }
  }

  #fresh(memberId: string, began: number): boolean {
    return (this.#touched.get(memberId) ?? 0) <= began;
  }

  /** When a member's session ended last. */
  readonly #touched = new Map<string, number>();

  #type(): number {
    if (this.#calm || this.chance(0.5)) return ACKNOWLEDGE.accept;
    const { release, reject, gap, renew } = ACKNOWLEDGE;
    return [release, release, reject, gap, renew][below(this.random, 5)]!;
  }

  async endSession(memberId: string): Promise<void> {
    const lane = await this.#lane();
    this.#held.delete(memberId);
    this.#touched.set(memberId, this.clock.monotonic() + 1);
    this.checks.forget(memberId);
    await lane?.release(memberId).catch(() => undefined);
  }

  /** From now on nothing fails, and members accept whatever they get. */
  calm(): void {
    this.#calm = true;
    Object.assign(this.#faults, { refuse: 0, lie: 0 });
  }

  async start(): Promise<number | undefined> {
    return (await this.#lane())?.partition.start;
  }
}

const earliest = () => new Map([['share.auto.offset.reset', 'earliest']]);

/** Lets promises run that wait for nothing but each other. */
async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve));
}

async function pass(world: World, ms: number): Promise<void> {
  const end = world.clock.now() + ms;
  do await settle();
  while (world.clock.runNext(end));
}

/** One thing that a member or the world does. What goes on by itself tells its failure to `failed`. */
function act(world: World, failed: (error: unknown) => void): void {
  const memberId = MEMBERS[below(world.random, MEMBERS.length)]!;
  const dice = world.random.float();
  if (dice < 0.4) void world.fetch(memberId).catch(failed);
  else if (dice < 0.85) void world.acknowledge(memberId).catch(failed);
  else if (dice < 0.92) world.produce();
  else if (dice < 0.94) void world.endSession(memberId).catch(failed);
}

/** Plays one seed. Throws a Violation when an invariant does not hold. The same seed does the same again. */
export async function simulateShare(
  seed: number,
  make: MakePartitions = (options) => new SharePartitions(options),
): Promise<ShareRun> {
  const world = new World(seed, await openMetadata('memory:'), make);
  const failures: unknown[] = [];
  const failed = (error: unknown): void => void failures.push(error);
  world.begin();
  for (let time = 0; time < SAFETY_MS && failures.length === 0; ) {
    const ms = 1 + below(world.random, 150);
    time += ms;
    act(world, failed);
    if (world.chance(0.004)) world.loseRecords();
    if (world.chance(0.01)) await world.crash();
    await pass(world, ms);
  }
  world.calm();
  for (let time = 0; time < LIVENESS_MS && failures.length === 0; time += 100) {
    for (const memberId of MEMBERS) {
      void world.fetch(memberId).catch(failed);
      void world.acknowledge(memberId).catch(failed);
    }
    await pass(world, 100);
  }
  if (failures.length > 0) throw failures[0];
  world.checks.ended((await world.start()) ?? -1);
  return { seed, judged: world.checks.judged, restarts: world.restarts, records: world.checks.end };
}
