import type { OwnedPartitions, Partitions } from '../partitions.ts';
import type { GroupRecord, StoredGroup } from '../types.ts';
import { newConsumerGroup, NO_REGEXES, targetOf } from './group.ts';
import type { ConsumerGroup, ConsumerMember } from './types.ts';

/** Format of `groups.state` and `group_members.state` of consumer groups: JSON, described in docs/formats/groups.md. */
const VERSION = 1;

interface StoredConsumerGroup {
  readonly version: number;
  readonly epoch: number;
  readonly metadataHash: string;
  readonly assignmentEpoch: number;
  readonly assignmentTime: number;
  readonly regexes: Readonly<Record<string, readonly string[]>>;
  readonly regexesAt: number;
}

type StoredMember = Omit<ConsumerMember, 'memberId' | 'assigned' | 'revoking' | 'classic'> & {
  /** By topic id: pairs of partition and epoch. */
  readonly assigned: Readonly<Record<string, readonly (readonly [number, number])[]>>;
  readonly revoking: Readonly<Record<string, readonly (readonly [number, number])[]>>;
  readonly target: Readonly<Record<string, readonly number[]>>;
  readonly classic?: {
    readonly sessionTimeoutMs: number;
    readonly protocols: readonly { readonly name: string; readonly metadata: string }[];
  };
};

const ownedToJson = (owned: OwnedPartitions): StoredMember['assigned'] =>
  Object.fromEntries([...owned].map(([topicId, epochs]) => [topicId, [...epochs]]));

const ownedOf = (stored: StoredMember['assigned']): OwnedPartitions =>
  new Map(Object.entries(stored).map(([topicId, epochs]) => [topicId, new Map(epochs)]));

export function encodeGroup(group: ConsumerGroup): string {
  const stored: StoredConsumerGroup = {
    version: VERSION,
    epoch: group.epoch,
    metadataHash: group.metadataHash,
    assignmentEpoch: group.assignmentEpoch,
    assignmentTime: group.assignmentTime,
    regexes: Object.fromEntries(group.regexes.topics),
    regexesAt: group.regexes.at,
  };
  return JSON.stringify(stored);
}

export function encodeMember(member: ConsumerMember, target: Partitions): string {
  const { memberId: _, assigned, revoking, classic, ...rest } = member;
  const stored: StoredMember = {
    ...rest,
    assigned: ownedToJson(assigned),
    revoking: ownedToJson(revoking),
    target: Object.fromEntries(target),
    ...(classic === undefined
      ? {}
      : {
          classic: {
            sessionTimeoutMs: classic.sessionTimeoutMs,
            protocols: classic.protocols.map(({ name, metadata }) => ({
              name,
              metadata: Buffer.from(metadata).toString('base64'),
            })),
          },
        }),
  };
  return JSON.stringify(stored);
}

/** The record of the group itself; what it has of members is in records of their own. */
export function groupRecord(group: ConsumerGroup, now: number): GroupRecord {
  return { kind: 'group', group, state: encodeGroup(group), updated: now };
}

export function memberRecord(group: ConsumerGroup, member: ConsumerMember): GroupRecord {
  const { groupId } = group;
  const { memberId } = member;
  return { kind: 'member', groupId, memberId, state: encodeMember(member, targetOf(group, memberId)) };
}

/** The group and all its members. */
export function snapshot(group: ConsumerGroup, now: number): GroupRecord[] {
  return [groupRecord(group, now), ...[...group.members.values()].map((member) => memberRecord(group, member))];
}

function decodeMember(memberId: string, text: string): [ConsumerMember, Partitions] {
  const { assigned, revoking, target, classic, ...rest } = JSON.parse(text) as StoredMember;
  const side = classic && {
    sessionTimeoutMs: classic.sessionTimeoutMs,
    protocols: classic.protocols.map(({ name, metadata }) => ({
      name,
      metadata: new Uint8Array(Buffer.from(metadata, 'base64')),
    })),
  };
  const member = { ...rest, memberId, classic: side, assigned: ownedOf(assigned), revoking: ownedOf(revoking) };
  return [member, new Map(Object.entries(target))];
}

/** Throws on an unknown version. */
export function decodeGroup({ groupId, state, members }: StoredGroup): ConsumerGroup {
  const stored = JSON.parse(state) as StoredConsumerGroup;
  if (stored.version !== VERSION)
    throw new Error(`group ${groupId} is stored in version ${stored.version}, this program knows ${VERSION}`);
  const decoded = [...members].map(([memberId, text]) => decodeMember(memberId, text));
  return {
    ...newConsumerGroup(groupId),
    epoch: stored.epoch,
    metadataHash: stored.metadataHash,
    assignmentEpoch: stored.assignmentEpoch,
    assignmentTime: stored.assignmentTime,
    members: new Map(decoded.map(([member]) => [member.memberId, member])),
    staticMembers: new Map(
      decoded.flatMap(([{ instanceId, memberId }]) => (instanceId === null ? [] : [[instanceId, memberId]])),
    ),
    targets: new Map(decoded.map(([member, target]) => [member.memberId, target])),
    regexes: { ...NO_REGEXES, topics: new Map(Object.entries(stored.regexes)), at: stored.regexesAt },
  };
}
