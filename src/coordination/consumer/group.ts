import { createHash } from 'node:crypto';
import { NO_OWNED_PARTITIONS, NO_PARTITIONS, type Partitions } from '../partitions.ts';
import type { GroupTopics } from '../types.ts';
import type { ConsumerGroup, ConsumerMember, ResolvedRegexes } from './types.ts';

export const NO_REGEXES: ResolvedRegexes = { topics: new Map(), at: 0, topicsVersion: -1, pending: false };

/** Of a group that subscribes nothing that is there. */
const EMPTY_HASH = metadataHashOf([], { byName: () => undefined });

/** A group that has never had a member: in epoch 1, with an assignment for nobody, as in Kafka. */
export function newConsumerGroup(groupId: string): ConsumerGroup {
  return {
    kind: 'consumer',
    groupId,
    epoch: 1,
    metadataHash: EMPTY_HASH,
    topicsVersion: -1,
    assignmentEpoch: 1,
    assignmentTime: 0,
    members: new Map(),
    staticMembers: new Map(),
    targets: new Map(),
    regexes: NO_REGEXES,
  };
}

/** A member that has told nothing yet. */
export function newMember(memberId: string): ConsumerMember {
  return {
    memberId,
    instanceId: null,
    rackId: null,
    rebalanceTimeoutMs: -1,
    clientId: '',
    clientHost: '',
    topics: [],
    regex: null,
    assignor: null,
    classic: undefined,
    epoch: 0,
    previousEpoch: 0,
    state: 'stable',
    assigned: NO_OWNED_PARTITIONS,
    revoking: NO_OWNED_PARTITIONS,
  };
}

/** Kafka's state of the group. */
export function stateOf(group: ConsumerGroup): 'Empty' | 'Assigning' | 'Reconciling' | 'Stable' {
  if (group.members.size === 0) return 'Empty';
  if (group.epoch > group.assignmentEpoch) return 'Assigning';
  for (const member of group.members.values()) if (!isReconciled(member, group.assignmentEpoch)) return 'Reconciling';
  return 'Stable';
}

/** True when the member has all that it is to have in this assignment epoch. */
export const isReconciled = (member: ConsumerMember, assignmentEpoch: number): boolean =>
  member.state === 'stable' && member.epoch === assignmentEpoch;

export const targetOf = (group: ConsumerGroup, memberId: string): Partitions =>
  group.targets.get(memberId) ?? NO_PARTITIONS;

/** Names of the topics that a member subscribes, by name and by expression, whether they are there or not. */
export function subscriptionOf(group: ConsumerGroup, member: ConsumerMember): ReadonlySet<string> {
  if (member.regex === null) return new Set(member.topics);
  return new Set([...member.topics, ...(group.regexes.topics.get(member.regex) ?? [])]);
}

/** Names of the topics that any member subscribes. */
export function subscribedTopics(group: ConsumerGroup): ReadonlySet<string> {
  const all = new Set<string>();
  for (const member of group.members.values()) for (const topic of member.topics) all.add(topic);
  for (const topics of group.regexes.topics.values()) for (const topic of topics) all.add(topic);
  return all;
}

/** Changes when one of these topics comes, goes, is made anew or gets partitions. */
export function metadataHashOf(topics: Iterable<string>, known: Pick<GroupTopics, 'byName'>): string {
  const hash = createHash('sha256');
  for (const name of [...topics].sort()) {
    const topic = known.byName(name);
    if (topic !== undefined) hash.update(`${topic.topicId}:${topic.partitions}\n`);
  }
  return hash.digest('base64').slice(0, 22);
}

/** How many members subscribe by this expression. */
export function countRegex(group: ConsumerGroup, regex: string): number {
  let count = 0;
  for (const member of group.members.values()) if (member.regex === regex) count++;
  return count;
}

/** True when a member other than `memberId` has the partition, or has not given it up yet. */
export function isHeldByOther(group: ConsumerGroup, memberId: string, topicId: string, partition: number): boolean {
  for (const other of group.members.values()) {
    if (other.memberId === memberId) continue;
    if (other.assigned.get(topicId)?.has(partition) === true) return true;
    if (other.revoking.get(topicId)?.has(partition) === true) return true;
  }
  return false;
}
