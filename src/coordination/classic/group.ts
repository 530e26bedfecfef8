import { subscribedTopicsOf } from './subscription.ts';
import type { GroupError } from '../types.ts';
import type { Group, JoinReply, Member, Protocol } from './types.ts';

export const EMPTY_BYTES = new Uint8Array(0);

/**
 * Bytes of subscriptions and assignments that a group may hold. Kafka's limit is what fits into one record of its offsets topic,
 * 1 MiB by default, for the selected protocol alone; here all protocols count.
 */
export const MAX_GROUP_BYTES = 16 * 1024 * 1024;

/** The protocol type of consumers; the coordinator reads their subscriptions. */
const CONSUMER_PROTOCOL_TYPE = 'consumer';

/** A group that has never had a member. */
export function newGroup(groupId: string, now: number): Group {
  return {
    kind: 'classic',
    groupId,
    state: 'Empty',
    previousState: undefined,
    stateTimestamp: now,
    generation: 0,
    protocolType: null,
    protocolName: null,
    leader: null,
    members: new Map(),
    staticMembers: new Map(),
    pendingJoin: new Set(),
    pendingSync: new Set(),
    newMemberAdded: false,
    subscribedTopics: null,
  };
}

export function usesConsumerProtocol(group: Group): boolean {
  return group.protocolType === CONSUMER_PROTOCOL_TYPE;
}

export function hasAllMembersJoined(group: Group): boolean {
  if (group.pendingJoin.size > 0) return false;
  for (const member of group.members.values()) if (member.awaitingJoin === undefined) return false;
  return true;
}

/** What a protocol costs besides its name and its subscription. */
const PROTOCOL_BYTES = 128;

export function protocolBytes(protocols: readonly Protocol[]): number {
  return protocols.reduce((sum, { name, metadata }) => sum + PROTOCOL_BYTES + name.length + metadata.byteLength, 0);
}

/** Bytes of the subscriptions and assignments of all members. */
export function groupBytes(group: Group): number {
  let sum = 0;
  for (const { protocols, assignment } of group.members.values())
    sum += protocolBytes(protocols) + assignment.byteLength;
  return sum;
}

export function countAwaitingJoin(group: Group): number {
  let count = 0;
  for (const member of group.members.values()) if (member.awaitingJoin !== undefined) count++;
  return count;
}

/** The longest rebalance time-out of the members, ms. */
export function rebalanceTimeout(group: Group): number {
  let longest = 0;
  for (const member of group.members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs);
  return longest;
}

/** Of longer lists the names are gathered: a client may send any number. */
const FEW_PROTOCOLS = 16;
const gathered = new WeakMap<readonly Protocol[], ReadonlySet<string>>();

/** Whether one of the protocols has the name. */
export function hasProtocol(protocols: readonly Protocol[], name: string): boolean {
  if (protocols.length <= FEW_PROTOCOLS) return protocols.some((own) => own.name === name);
  const names = gathered.get(protocols) ?? new Set(protocols.map((own) => own.name));
  gathered.set(protocols, names);
  return names.has(name);
}

/** True when a member with these protocols can be in the group: same type, and one protocol that all members have. */
export function supportsProtocols(group: Group, protocolType: string, protocols: readonly Protocol[]): boolean {
  if (group.state === 'Empty') return protocolType !== '' && protocols.length > 0;
  if (group.protocolType !== protocolType) return false;
  return protocols.some(({ name }) => everyMemberSupports(group, name));
}

function everyMemberSupports(group: Group, name: string): boolean {
  for (const member of group.members.values()) if (!hasProtocol(member.protocols, name)) return false;
  return true;
}

/** Each member votes for its first protocol that all members have; the most votes win, the earliest vote among equals. */
export function selectProtocol(group: Group): string {
  const votes = new Map<string, number>();
  const common = new Map<string, boolean>();
  for (const member of group.members.values()) {
    for (const { name } of member.protocols) {
      if (!common.has(name)) common.set(name, everyMemberSupports(group, name));
      if (common.get(name) !== true) continue;
      votes.set(name, (votes.get(name) ?? 0) + 1);
      break;
    }
  }
  let best = '';
  for (const [name, count] of votes) if (best === '' || count > (votes.get(best) ?? 0)) best = name;
  return best;
}

export function metadataFor(member: Member, protocolName: string | null): Uint8Array {
  return member.protocols.find((own) => own.name === protocolName)?.metadata ?? EMPTY_BYTES;
}

/** True when the member announces exactly the same protocols with the same subscriptions. */
export function sameProtocols(member: Member, protocols: readonly Protocol[]): boolean {
  if (member.protocols.length !== protocols.length) return false;
  return member.protocols.every((own, index) => {
    const other = protocols[index];
    return other !== undefined && own.name === other.name && Buffer.compare(own.metadata, other.metadata) === 0;
  });
}

/** UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID (KIP-345) or NONE. */
export function validateMember(group: Group, memberId: string, instanceId: string | null): GroupError {
  if (instanceId !== null) {
    const existing = group.staticMembers.get(instanceId);
    if (existing === undefined) return 'UNKNOWN_MEMBER_ID';
    if (existing !== memberId) return 'FENCED_INSTANCE_ID';
  }
  return group.members.has(memberId) ? 'NONE' : 'UNKNOWN_MEMBER_ID';
}

/** Topics that the members subscribe by the selected protocol; null when this is no consumer group or one cannot be read. */
export function subscribedTopics(group: Group): ReadonlySet<string> | null {
  if (!usesConsumerProtocol(group)) return null;
  if (group.members.size === 0) return new Set();
  if (group.protocolName === null) return null;
  const all = new Set<string>();
  for (const member of group.members.values()) {
    const topics = subscribedTopicsOf(metadataFor(member, group.protocolName));
    if (topics === undefined) return null;
    for (const topic of topics) all.add(topic);
  }
  return all;
}

/** True when offsets of the topic are in use. A consumer group whose subscriptions are unknown may use any. */
export function isSubscribedTo(group: Group, topic: string): boolean {
  return group.subscribedTopics?.has(topic) ?? usesConsumerProtocol(group);
}

export function failedJoin(memberId: string, error: GroupError): JoinReply {
  return {
    error,
    generation: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    memberId,
    members: [],
  };
}

/** The answer to a JoinGroup of a member of the current generation; the leader is told all members. */
export function currentJoinReply(group: Group, memberId: string): JoinReply {
  const isLeader = group.leader === memberId;
  const members = isLeader
    ? [...group.members.values()].map((member) => ({
        memberId: member.memberId,
        instanceId: member.instanceId,
        metadata: metadataFor(member, group.protocolName),
      }))
    : [];
  return {
    error: 'NONE',
    generation: group.generation,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leader ?? '',
    skipAssignment: false,
    memberId,
    members,
  };
}
