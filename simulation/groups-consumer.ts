import { below } from '../src/base/random.ts';
import type { GroupCoordinator } from '../src/coordination/coordinator.ts';
import type { JoinReply } from '../src/coordination/classic/types.ts';
import type { GroupError } from '../src/coordination/types.ts';
import { GROUP, PARTITIONS, TOPIC, type World } from './groups-world.ts';

const HEARTBEAT_MS = 1000;
const REQUEST_MS = 5000;
const PROTOCOLS = [{ name: 'range', metadata: subscription() }];

/** Version 0 subscription to the one topic. */
function subscription(): Uint8Array {
  const bytes = Buffer.alloc(6 + 2 + TOPIC.length + 4);
  bytes.writeInt32BE(1, 2);
  bytes.writeInt16BE(TOPIC.length, 6);
  bytes.write(TOPIC, 8);
  bytes.writeInt32BE(-1, 8 + TOPIC.length);
  return new Uint8Array(bytes);
}

/** A consumer as a client library runs one: joins, syncs, reads from the committed offsets, heartbeats, commits, joins again. */
export class Consumer {
  readonly name: string;
  readonly #world: World;
  readonly #instanceId: string | null;
  #memberId = '';
  #generation = -1;
  #positions = new Map<number, number>();
  #dead = false;
  #hung = false;
  /** Set while it is a working member of a generation. */
  #working = false;

  constructor(name: string, world: World, instanceId: string | null) {
    this.name = name;
    this.#world = world;
    this.#instanceId = instanceId;
  }

  /** Ends without a word, as a killed process does. */
  kill(): void {
    this.#dead = true;
  }

  /** From now on it only heartbeats, as a client does whose processing never ends, until it is told that it is out. */
  hang(): void {
    this.#hung = this.#working;
  }

  get isHung(): boolean {
    return this.#hung && !this.#dead;
  }

  /** True for one that takes part: neither killed nor hung. */
  get isLiving(): boolean {
    return !this.#dead && !this.#hung;
  }

  get memberId(): string {
    return this.#memberId;
  }

  get generation(): number {
    return this.#generation;
  }

  /** Partitions it works on now; none between two generations. */
  get owned(): readonly number[] {
    return this.isWorking ? [...this.#positions.keys()] : [];
  }

  get isWorking(): boolean {
    return this.#working && this.isLiving;
  }

  async run(): Promise<void> {
    while (!this.#dead) {
      const joined = await this.#join();
      if (joined !== undefined && !this.#dead && (await this.#sync(joined))) {
        if (await this.#seek()) await this.#work();
      }
      this.#working = false;
      this.#dead ||= this.#hung;
      await this.#world.sleep(50 + below(this.#world.random, 100));
    }
  }

  /** A process that stands still: garbage collection, a laptop that sleeps. */
  async #maybePause(): Promise<void> {
    const { faults, random, timeouts } = this.#world;
    if (this.#world.chance(faults.lose / 4)) await this.#world.sleep(below(random, 2 * timeouts.sessionMs));
  }

  async #join(): Promise<JoinReply | undefined> {
    const { sessionMs, rebalanceMs } = this.#world.timeouts;
    const request = {
      groupId: GROUP,
      memberId: this.#memberId,
      instanceId: this.#instanceId,
      clientId: this.name,
      clientHost: '/sim',
      sessionTimeoutMs: sessionMs,
      rebalanceTimeoutMs: rebalanceMs,
      protocolType: 'consumer',
      protocols: PROTOCOLS,
      requireKnownMemberId: true,
      supportsSkippingAssignment: true,
    };
    const reply = await this.#world.call((to) => to.joinGroup(request), rebalanceMs + REQUEST_MS);
    if (reply === undefined) return undefined;
    if (reply.error === 'MEMBER_ID_REQUIRED') this.#memberId = reply.memberId;
    if (reply.error !== 'NONE') {
      this.#lose(reply.error);
      return undefined;
    }
    this.#memberId = reply.memberId;
    this.#generation = reply.generation;
    return reply;
  }

  /** What a client forgets upon an error. */
  #lose(error: GroupError): void {
    if (error === 'UNKNOWN_MEMBER_ID' || error === 'ILLEGAL_GENERATION') this.#memberId = '';
    if (error === 'FENCED_INSTANCE_ID') this.#dead = true;
  }

  async #sync(joined: JoinReply): Promise<boolean> {
    const assignments = joined.skipAssignment ? [] : assign(joined);
    const request = {
      groupId: GROUP,
      ...this.#caller(),
      protocolType: joined.protocolType,
      protocolName: joined.protocolName,
      assignments,
    };
    const reply = await this.#judged(
      'sync',
      (to) => to.syncGroup(request),
      (answer) => {
        if (answer.error === 'NONE') this.#world.checks.assigned(request, [...answer.assignment]);
      },
    );
    if (reply === undefined) return false;
    this.#lose(reply.error);
    if (reply.error !== 'NONE') return false;
    this.#positions = new Map([...reply.assignment].map((partition) => [partition, 0]));
    return true;
  }

  #caller(): { memberId: string; instanceId: string | null; generation: number } {
    return { memberId: this.#memberId, instanceId: this.#instanceId, generation: this.#generation };
  }

  /** A request whose answer is judged where the coordinator gives it, whether it reaches the client or not. */
  #judged<R extends { readonly error: GroupError }>(
    what: string,
    ask: (coordinator: GroupCoordinator) => Promise<R>,
    also: (reply: R) => void = () => undefined,
  ): Promise<R | undefined> {
    const caller = this.#caller();
    const { checks } = this.#world;
    return this.#world.call(async (coordinator) => {
      const before = checks.before(caller);
      const reply = await ask(coordinator);
      checks.answered(what, caller, before, reply.error);
      also(reply);
      return reply;
    }, REQUEST_MS);
  }

  /** Reads on from what was committed. */
  async #seek(): Promise<boolean> {
    const { checks } = this.#world;
    const offsets = await this.#world.call(async (coordinator) => {
      const before = checks.before(this.#caller());
      const found = await coordinator.stableOffsets(GROUP);
      const copy = new Map([...(found.get(TOPIC) ?? [])].map(([partition, { offset }]) => [partition, offset]));
      for (const partition of this.#positions.keys()) checks.fetched(partition, copy.get(partition) ?? -1, before);
      return copy;
    }, REQUEST_MS);
    if (offsets === undefined) return false;
    for (const partition of this.#positions.keys()) this.#positions.set(partition, offsets.get(partition) ?? 0);
    return true;
  }

  async #work(): Promise<void> {
    this.#working = true;
    while (!this.#dead) {
      await this.#world.sleep(HEARTBEAT_MS / 2 + below(this.#world.random, HEARTBEAT_MS));
      await this.#maybePause();
      if (this.#hung) await this.#heartbeatOnly();
      if (this.#dead || !(await this.#commit()) || !(await this.#heartbeat())) return;
      if (this.#world.chance(this.#world.faults.lose / 8)) {
        await this.#leave();
        return;
      }
    }
  }

  async #heartbeatOnly(): Promise<void> {
    while (!this.#dead) {
      const reply = await this.#judged('heartbeat', (to) => to.heartbeat({ groupId: GROUP, ...this.#caller() }));
      const error = reply?.error ?? 'NONE';
      this.#dead = error !== 'NONE' && error !== 'REBALANCE_IN_PROGRESS' && error !== 'NOT_COORDINATOR';
      await this.#world.sleep(HEARTBEAT_MS);
    }
  }

  async #heartbeat(): Promise<boolean> {
    const request = { groupId: GROUP, ...this.#caller() };
    const reply = await this.#judged('heartbeat', (to) => to.heartbeat(request));
    this.#lose(reply?.error ?? 'NONE');
    return reply === undefined || reply.error === 'NONE' || reply.error === 'NOT_COORDINATOR';
  }

  async #commit(): Promise<boolean> {
    for (const [partition, position] of this.#positions) {
      this.#positions.set(partition, position + 1 + below(this.#world.random, 5));
    }
    const positions = new Map(this.#positions);
    if (positions.size === 0) return true;
    const partitions = [...positions].map(([partition, offset]) => ({
      partition,
      offset,
      leaderEpoch: 0,
      metadata: '',
    }));
    const request = {
      groupId: GROUP,
      ...this.#caller(),
      transactional: false,
      version: 9,
      knowsGroupIdNotFound: true,
      retentionTimeMs: -1,
      topics: [{ topic: TOPIC, topicId: 'topic-id', partitions }],
    };
    const reply = await this.#judged(
      'commit',
      (to) => to.commitOffsets(request),
      ({ error }) => {
        if (error === 'NONE')
          for (const [partition, offset] of positions) this.#world.checks.committed(partition, offset);
      },
    );
    this.#lose(reply?.error ?? 'NONE');
    return reply === undefined || reply.error === 'NONE' || reply.error === 'NOT_COORDINATOR';
  }

  async #leave(): Promise<void> {
    const request = { groupId: GROUP, members: [{ memberId: this.#memberId, instanceId: this.#instanceId }] };
    await this.#world.call((to) => to.leaveGroup(request), REQUEST_MS);
    this.#memberId = '';
  }
}

/** The partitions dealt out to the members in turn; a member's assignment is one byte per partition. */
function assign(joined: JoinReply): { memberId: string; assignment: Uint8Array }[] {
  const members = joined.members.map(({ memberId }) => memberId).sort();
  return members.map((memberId, index) => {
    const own = Array.from({ length: PARTITIONS }, (_, partition) => partition).filter(
      (p) => p % members.length === index,
    );
    return { memberId, assignment: new Uint8Array(own) };
  });
}
