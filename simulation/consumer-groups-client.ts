import { below } from '../src/base/random.ts';
import type { ConsumerHeartbeat, ConsumerHeartbeatReply } from '../src/coordination/consumer/types.ts';
import type { Partitions } from '../src/coordination/partitions.ts';
import type { GroupError } from '../src/coordination/types.ts';
import type { ConsumerChecks, Owner } from './consumer-groups-checks.ts';
import type { ChangingTopics } from './consumer-groups-topics.ts';
import { GROUP, type World } from './groups-world.ts';

const HEARTBEAT_MS = 1000;
const REQUEST_MS = 4000;

/** What a client subscribes: names, or an expression. */
export interface Wish {
  readonly topics: readonly string[];
  readonly regex: string | null;
  readonly assignor: string | null;
}

/** What clients share. */
export interface Play {
  readonly world: World;
  readonly topics: ChangingTopics;
  readonly checks: ConsumerChecks;
  readonly clients: Client[];
}

/** Partitions as one text each. */
export function* keysOf(partitions: Partitions): IterableIterator<string> {
  for (const [topicId, list] of partitions) for (const partition of list) yield `${topicId}/${partition}`;
}

/** A consumer of the new protocol as client libraries run one: heartbeats, gives up, takes over, commits, begins anew when it is out. */
export class Client implements Owner {
  memberId: string;
  epoch = 0;
  readonly instanceId: string | null;
  wish: Wish;
  owned = new Set<string>();
  #assignment: Partitions | undefined;
  readonly #play: Play;
  #joins = 0;
  #dead = false;
  #hung = false;
  #isFull = true;
  #offset = 0;
  /** What it reported last, and was answered for. */
  #reported = '';

  constructor(play: Play, name: string, instanceId: string | null, wish: Wish) {
    this.#play = play;
    this.memberId = name;
    this.instanceId = instanceId;
    this.wish = wish;
  }

  /** Ends without a word, as a killed process does. */
  kill(): void {
    this.#dead = true;
    this.owned = new Set();
  }

  /** From now on it gives up nothing, as a client does whose processing never ends. */
  hang(): void {
    this.#hung = true;
  }

  get isLiving(): boolean {
    return !this.#dead && !this.#hung;
  }

  get isHung(): boolean {
    return this.#hung && !this.#dead;
  }

  subscribe(wish: Wish): void {
    this.wish = wish;
    this.#isFull = true;
  }

  async run(): Promise<void> {
    const { world } = this.#play;
    while (!this.#dead) {
      await this.#beat();
      if (!this.#dead && this.epoch > 0 && world.chance(0.3)) await this.#commit();
      if (!this.#dead && this.isLiving && world.chance(world.faults.lose / 8)) await this.leave();
      await world.sleep(HEARTBEAT_MS / 2 + below(world.random, HEARTBEAT_MS));
      if (this.isLiving && world.chance(world.faults.lose / 4)) await this.#pause();
    }
  }

  /** A process that stands still; what it does afterwards is what it meant to do before. */
  async #pause(): Promise<void> {
    const { world } = this.#play;
    await world.sleep(below(world.random, 2 * world.timeouts.sessionMs));
  }

  #request(): ConsumerHeartbeat {
    const full = this.#isFull || this.epoch === 0;
    const byTopic = new Map<string, number[]>();
    for (const key of this.owned) {
      const [topicId = '', partition] = key.split('/');
      byTopic.set(topicId, [...(byTopic.get(topicId) ?? []), Number(partition)]);
    }
    return {
      groupId: GROUP,
      memberId: this.memberId,
      epoch: this.epoch,
      instanceId: this.instanceId,
      rackId: null,
      rebalanceTimeoutMs: full ? this.#play.world.timeouts.rebalanceMs : -1,
      topics: full ? this.wish.topics : null,
      regex: full ? (this.wish.regex ?? '') : null,
      assignor: full ? this.wish.assignor : null,
      // What has not changed is not told again.
      owned: this.epoch === 0 ? new Map() : full || this.#reported !== this.#text() ? byTopic : null,
      clientId: 'client',
      clientHost: '/sim',
      makesOwnId: true,
      requester: { principal: 'User:ANONYMOUS', host: 'sim' },
    };
  }

  #text(): string {
    return [...this.owned].sort().join();
  }

  async #beat(): Promise<void> {
    const { world, checks } = this.#play;
    const request = this.#request();
    const reported = this.#text();
    const { wish } = this;
    const reply = await world.call(async (coordinator) => {
      const answered = await coordinator.consumer.heartbeat(request);
      checks.beaten(request.memberId, request.epoch, answered);
      this.#look();
      return answered;
    }, REQUEST_MS);
    if (this.#dead) return;
    if (reply === undefined) this.#isFull = true;
    else if (reply.error !== 'NONE') this.#lose(reply.error);
    else {
      this.#reported = reported;
      // What it came to wish meanwhile, it tells next time.
      this.#isFull = wish !== this.wish;
      await this.#learn(reply);
    }
  }

  #look(): void {
    const { world, checks, clients } = this.#play;
    checks.looked(world.coordinator?.consumer.describe(GROUP), clients);
  }

  /** What a client does upon an error. */
  #lose(error: GroupError): void {
    this.#isFull = true;
    if (error === 'NOT_COORDINATOR' || error === 'UNRELEASED_INSTANCE_ID') return;
    if (error === 'FENCED_INSTANCE_ID' || this.#hung) {
      this.kill();
      return;
    }
    this.owned = new Set();
    this.#assignment = undefined;
    this.epoch = 0;
  }

  /** Gives up at once, which takes a while; takes over afterwards. */
  async #learn(reply: ConsumerHeartbeatReply): Promise<void> {
    const { world } = this.#play;
    this.epoch = reply.epoch;
    if (reply.assignment !== null) this.#assignment = reply.assignment;
    if (this.#assignment === undefined || this.#hung) return;
    const wanted = new Set(keysOf(this.#assignment));
    if ([...this.owned].some((key) => !wanted.has(key))) await world.sleep(below(world.random, 1500));
    if (!this.#dead && this.epoch === reply.epoch) this.owned = wanted;
  }

  /** Commits what it owns, and reads it back. */
  async #commit(): Promise<void> {
    const { world, checks } = this.#play;
    const [key] = this.owned;
    const topic = this.#play.topics.byId(key?.split('/')[0] ?? '');
    if (key === undefined || topic === undefined) return;
    const partition = Number(key.split('/')[1]);
    const offset = ++this.#offset * 1000 + this.epoch;
    const partitions = [{ partition, offset, leaderEpoch: 0, metadata: '' }];
    const request = {
      groupId: GROUP,
      memberId: this.memberId,
      instanceId: this.instanceId,
      generation: this.epoch,
      transactional: false,
      version: 9,
      knowsGroupIdNotFound: true,
      retentionTimeMs: -1,
      topics: [{ topic: topic.name, topicId: topic.topicId, partitions }],
    };
    await world.call(async (coordinator) => {
      const reply = await coordinator.commitOffsets(request);
      if (reply.error === 'NONE') checks.committed(key, offset);
      const acked = checks.acked();
      const found = await coordinator.stableOffsets(GROUP);
      const kept = found.get(topic.name)?.get(partition);
      // A later commit of the same owner may have a smaller number only after the topic was made anew.
      if (kept?.topicId === topic.topicId)
        checks.fetched(key, kept.offset === offset ? offset : Number.MAX_SAFE_INTEGER, acked);
      return reply;
    }, REQUEST_MS);
  }

  /** Leaves for good, or for a while: then it comes back with its instance id and a new member id. */
  async leave(): Promise<void> {
    const { world, checks } = this.#play;
    const epoch = this.instanceId !== null && world.chance(0.5) ? -2 : -1;
    const request = { ...this.#request(), epoch };
    this.owned = new Set();
    await world.call(async (coordinator) => {
      const reply = await coordinator.consumer.heartbeat(request);
      checks.beaten(request.memberId, epoch, reply);
      return reply;
    }, REQUEST_MS);
    this.memberId = `${this.memberId.split('#')[0]}#${++this.#joins}`;
    this.epoch = 0;
    this.#assignment = undefined;
    this.#isFull = true;
  }
}
