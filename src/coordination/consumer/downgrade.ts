import { Draft } from '../classic/draft.ts';
import { EMPTY_BYTES, metadataFor, newGroup, selectProtocol, subscribedTopics } from '../classic/group.ts';
import { prepareRebalance } from '../classic/rebalance.ts';
import { decodeSubscription, encodeAssignment } from '../classic/subscription.ts';
import type { Group, Member } from '../classic/types.ts';
import type { GroupRecord, Step } from '../types.ts';
import type { ConsumerDraft } from './draft.ts';
import { targetOf } from './group.ts';
import { byName } from './names.ts';
import type { ConsumerGroup, ConsumerMember } from './types.ts';

/** True when without these members, all of whom are in the group, only members of the classic protocol would be left. */
export function isDowngradeDue({ group, env }: ConsumerDraft, leavers: readonly ConsumerMember[]): boolean {
  const { migrationPolicy } = env.settings.consumer;
  if (migrationPolicy !== 'bidirectional' && migrationPolicy !== 'downgrade') return false;
  if (leavers.every(({ classic }) => classic !== undefined)) return false;
  const leaving = new Set(leavers);
  const staying = [...group.members.values()].filter((member) => !leaving.has(member));
  if (staying.length === 0 || staying.length > env.settings.maxSize) return false;
  return staying.every(({ classic }) => classic !== undefined);
}

/** Ends the step by making the group, whose members all speak the classic protocol, a classic one in its newest epoch as generation. */
export function downgrade(consumer: ConsumerDraft, { rebalance }: { readonly rebalance: boolean }): Step {
  const { group, env } = consumer;
  const draft = new Draft(classicGroup(consumer), env);
  for (const memberId of group.members.keys()) draft.renewSession(memberId);
  if (rebalance) prepareRebalance(draft);
  draft.save();
  const step = draft.finish();
  const removed = [...consumer.before.members.keys()].map(
    (memberId): GroupRecord => ({ kind: 'member-removed', groupId: group.groupId, memberId }),
  );
  return consumer.finish({ group: step.group, records: [...removed, ...step.records], timers: step.timers });
}

function classicGroup({ group, env }: ConsumerDraft): Group {
  const members = [...group.members.values()].map(classicMember);
  const base: Group = {
    ...newGroup(group.groupId, env.now),
    state: 'Stable',
    generation: group.epoch,
    protocolType: 'consumer',
    leader: members[0]?.memberId ?? null,
    members: new Map(members.map((member) => [member.memberId, member])),
    staticMembers: group.staticMembers,
  };
  const named = { ...base, protocolName: selectProtocol(base) };
  const assigned = members.map((member) => assign(member, group, named.protocolName, env.topics));
  const done = { ...named, members: new Map(assigned.map((member) => [member.memberId, member])) };
  return { ...done, subscribedTopics: subscribedTopics(done) };
}

function classicMember({
  memberId,
  instanceId,
  clientId,
  clientHost,
  rebalanceTimeoutMs,
  classic,
}: ConsumerMember): Member {
  return {
    memberId,
    instanceId,
    clientId,
    clientHost,
    rebalanceTimeoutMs,
    sessionTimeoutMs: classic?.sessionTimeoutMs ?? 0,
    protocols: classic?.protocols ?? [],
    assignment: EMPTY_BYTES,
    awaitingJoin: undefined,
    awaitingSync: undefined,
    isNew: false,
  };
}

/** The member with what it was to have in the consumer group. */
function assign(
  member: Member,
  group: ConsumerGroup,
  protocolName: string,
  topics: ConsumerDraft['env']['topics'],
): Member {
  const version = decodeSubscription(metadataFor(member, protocolName))?.version ?? 0;
  const partitions = byName(targetOf(group, member.memberId), topics);
  return { ...member, assignment: encodeAssignment(version, partitions) };
}
