import { describe, expect, test } from 'vitest';
import { below, type Random, seededRandom } from '../../../src/base/random.ts';
import { HeldOffsets } from '../../../src/coordination/held-offsets.ts';
import { expiryRecords } from '../../../src/coordination/offsets.ts';
import { decodeGroup, encodeGroup } from '../../../src/coordination/classic/record.ts';
import { joinGroup } from '../../../src/coordination/classic/join.ts';
import { heartbeat, leaveGroup, syncGroup } from '../../../src/coordination/classic/sync.ts';
import { timeout } from '../../../src/coordination/classic/timeouts.ts';
import type { ClassicStep, ClassicTimerEvent, Group, JoinReply } from '../../../src/coordination/classic/types.ts';
import type { Environment, Waiter } from '../../../src/coordination/types.ts';
import { scriptSettings, scriptTopics } from './script/memory-driver.ts';
import { joinRequest, syncRequest } from './script/open-coordinator.ts';
import { subscriptionBytes } from './script/metadata.ts';

const NO_OFFSETS = { offsets: new Map(), held: new HeldOffsets() };

const KINDS = ['join', 'join', 'sync', 'sync', 'sync', 'heartbeat', 'heartbeat', 'leave', 'timer'] as const;

/** Plays requests of every kind, most of which do not fit, against the pure machine. */
class Play {
  readonly random: Random;
  group: Group | undefined;
  now = 1_700_000_000_000;
  #waiter: Waiter = 0;
  readonly timers = new Map<string, ClassicTimerEvent>();
  readonly waiting = new Set<Waiter>();
  readonly ids: string[] = ['', 'nobody'];

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  pick<T>(values: readonly T[]): T {
    return values[below(this.random, values.length)] as T;
  }

  step(): void {
    this.now += below(this.random, 3000);
    const waiter = ++this.#waiter;
    const env: Environment = {
      now: this.now,
      settings: { ...scriptSettings, maxSize: 4, initialRebalanceDelayMs: this.pick([0, 3000]) },
      uuid: `uuid-${waiter}`,
      topics: scriptTopics,
      overrides: new Map(),
      mayDescribe: () => true,
    };
    const asked = this.#ask(waiter, env);
    if (asked === undefined) return;
    this.#apply(asked.step, asked.kind === 'timer' ? undefined : waiter);
  }

  #ask(waiter: Waiter, env: Environment): { kind: string; step: ClassicStep } | undefined {
    const likely = below(this.random, 10) > 0;
    const leader = this.group?.members.get(this.group.leader ?? '');
    const all = [...(this.group?.members.values() ?? [])];
    // Whom the group waits for asks more often than others; otherwise hardly any rebalance would end.
    const awaited = all.filter(({ awaitingJoin }) => awaitingJoin === undefined);
    const phase = this.group?.state;
    const member = this.pick(phase === 'PreparingRebalance' ? awaited : [leader, leader, ...all]);
    const memberId = likely && member !== undefined ? member.memberId : this.pick(this.ids);
    const instanceId = likely && member !== undefined ? member.instanceId : this.pick([null, null, 'i1', 'i2']);
    const generation = (this.group?.generation ?? 0) - (likely ? 0 : 1);
    const protocols = likely ? this.pick([['range'], ['sticky', 'range']]) : this.pick([['other'], []]);
    switch (likely && phase === 'CompletingRebalance' ? 'sync' : this.pick(KINDS)) {
      case 'join': {
        const named = protocols.map((name) => ({ name, metadata: subscriptionBytes(this.pick(['t', 't|u'])) }));
        const fields = { memberId, instanceId, protocols: named, requireKnownMemberId: this.pick([true, false]) };
        const type = likely ? 'consumer' : this.pick(['connect', '']);
        return {
          kind: 'join',
          step: joinGroup(this.group, joinRequest({ ...fields, protocolType: type }), waiter, env),
        };
      }
      case 'sync':
        return {
          kind: 'sync',
          step: syncGroup(
            this.group,
            { ...syncRequest(memberId, generation), instanceId, protocolName: this.pick([null, 'range']) },
            waiter,
            env,
          ),
        };
      case 'heartbeat':
        return {
          kind: 'heartbeat',
          step: heartbeat(this.group, { groupId: 'g', memberId, instanceId, generation }, waiter),
        };
      case 'leave':
        return {
          kind: 'leave',
          step: leaveGroup(this.group, { groupId: 'g', members: [{ memberId, instanceId }] }, waiter, env),
        };
      default: {
        const [key, event] = this.pick([...this.timers]) ?? [];
        if (key === undefined || event === undefined || this.group === undefined) return undefined;
        this.timers.delete(key);
        return { kind: 'timer', step: timeout(this.group, event, env) };
      }
    }
  }

  #apply(step: ClassicStep, waiter: Waiter | undefined): void {
    if (waiter !== undefined) this.waiting.add(waiter);
    for (const { to, reply } of step.replies) {
      if (!this.waiting.delete(to)) throw new Error(`waiter ${to} was answered twice, or never asked`);
      const { memberId } = reply as JoinReply;
      if (memberId !== undefined && !this.ids.includes(memberId)) this.ids.push(memberId);
    }
    for (const change of step.timers) {
      if (change.event === undefined) this.timers.delete(change.key);
      else this.timers.set(change.key, change.event as ClassicTimerEvent);
    }
    this.group = step.group;
  }
}

function holds(condition: boolean, what: string): void {
  if (!condition) throw new Error(`it does not hold that ${what}`);
}

/** What holds of every group between two steps. */
function check(play: Play): void {
  const { group } = play;
  if (group === undefined) return;
  const members = [...group.members.values()];
  if (group.state !== 'PreparingRebalance')
    holds(members.length > 0 === (group.state !== 'Empty'), 'a group is empty when it has no members');
  if (members.length > 0) holds(group.members.has(group.leader ?? ''), 'the leader is a member');
  for (const { memberId, awaitingJoin, awaitingSync } of members) {
    const waits = awaitingJoin !== undefined || awaitingSync !== undefined;
    holds(waits || play.timers.has(`session:${memberId}`), 'a member that does not wait has a session');
  }
  for (const [instanceId, memberId] of group.staticMembers)
    holds(group.members.get(memberId)?.instanceId === instanceId, 'static members are members');
  const statics = members.filter(({ instanceId }) => instanceId !== null);
  holds(statics.length === group.staticMembers.size, 'no instance id has two members');
  for (const memberId of group.pendingSync) holds(group.members.has(memberId), 'only members are awaited');
  for (const memberId of group.pendingJoin) holds(!group.members.has(memberId), 'ids that wait are not members');
  if (group.state === 'PreparingRebalance') holds(play.timers.has('join'), 'a join phase ends');
  if (group.state === 'CompletingRebalance')
    holds(play.timers.has('sync') || group.pendingSync.size === 0, 'a sync phase ends');
  const known = new Set(members.flatMap(({ awaitingJoin, awaitingSync }) => [awaitingJoin, awaitingSync]));
  for (const waiter of play.waiting) holds(known.has(waiter), 'everybody who waits will be answered');
  const text = encodeGroup(group);
  holds(encodeGroup(decodeGroup('g', text)) === text, 'a group is stored as it is');
  const gone = expiryRecords(group, NO_OFFSETS, play.now, 1000).length === 1;
  holds(gone === (group.state === 'Empty' && group.pendingJoin.size === 0), 'empty groups without offsets go');
}

describe('whatever is asked', () => {
  test('the machine keeps its invariants and answers everyone once', () => {
    let stable = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const play = new Play(seed);
      for (let i = 0; i < 150; i++) {
        play.step();
        check(play);
        if (play.group?.state === 'Stable') stable++;
      }
    }
    expect(stable).toBeGreaterThan(1000);
  });
});
