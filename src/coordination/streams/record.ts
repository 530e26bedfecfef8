import type { OwnedPartitions, Partitions } from '../partitions.ts';
import type { GroupRecord, StoredGroup } from '../types.ts';
import { newStreamsGroup, targetOf } from './group.ts';
import type { OwnedTasks, StreamsGroup, StreamsMember, Tasks, Topology } from './types.ts';

/** Format of `groups.state` and `group_members.state` of streams groups: JSON, described in docs/formats/groups.md. */
const VERSION = 1;

interface StoredStreamsGroup {
  readonly version: number;
  readonly epoch: number;
  readonly metadataHash: string;
  readonly assignmentEpoch: number;
  readonly assignmentTime: number;
  readonly topology?: Topology;
  readonly validatedTopologyEpoch: number;
  readonly standbyReplicas: number;
}

type StoredPartitions = Readonly<Record<string, readonly number[]>>;
type StoredOwned = Readonly<Record<string, readonly (readonly [number, number])[]>>;
type Roles<T> = Readonly<Record<keyof Tasks, T>>;

type StoredMember = Omit<StreamsMember, 'memberId' | 'assigned' | 'revoking'> & {
  readonly assigned: Roles<StoredOwned>;
  readonly revoking: Roles<StoredOwned>;
  readonly target: Roles<StoredPartitions>;
};

const eachRole = <A, B>(tasks: Roles<A>, change: (one: A) => B): Roles<B> => ({
  active: change(tasks.active),
  standby: change(tasks.standby),
  warmup: change(tasks.warmup),
});

const storedOwned = (owned: OwnedPartitions): StoredOwned =>
  Object.fromEntries([...owned].map(([id, epochs]) => [id, [...epochs]]));
const ownedOf = (stored: StoredOwned): OwnedPartitions =>
  new Map(Object.entries(stored).map(([id, epochs]) => [id, new Map(epochs)]));
const storedPartitions = (partitions: Partitions): StoredPartitions => Object.fromEntries(partitions);
const partitionsOf = (stored: StoredPartitions): Partitions => new Map(Object.entries(stored));

export function encodeGroup(group: StreamsGroup): string {
  const stored: StoredStreamsGroup = {
    version: VERSION,
    epoch: group.epoch,
    metadataHash: group.metadataHash,
    assignmentEpoch: group.assignmentEpoch,
    assignmentTime: group.assignmentTime,
    ...(group.topology === undefined ? {} : { topology: group.topology }),
    validatedTopologyEpoch: group.validatedTopologyEpoch,
    standbyReplicas: group.standbyReplicas,
  };
  return JSON.stringify(stored);
}

export function encodeMember({ memberId: _, ...member }: StreamsMember, target: Tasks): string {
  const stored: StoredMember = {
    ...member,
    assigned: eachRole(member.assigned, storedOwned),
    revoking: eachRole(member.revoking, storedOwned),
    target: eachRole(target, storedPartitions),
  };
  return JSON.stringify(stored);
}

export function groupRecord(group: StreamsGroup, now: number): GroupRecord {
  return { kind: 'group', group, state: encodeGroup(group), updated: now };
}

export function memberRecord(group: StreamsGroup, member: StreamsMember): GroupRecord {
  const { groupId } = group;
  const { memberId } = member;
  return { kind: 'member', groupId, memberId, state: encodeMember(member, targetOf(group, memberId)) };
}

/** The group and all its members. */
export function snapshot(group: StreamsGroup, now: number): GroupRecord[] {
  return [groupRecord(group, now), ...[...group.members.values()].map((member) => memberRecord(group, member))];
}

function decodeMember(memberId: string, text: string): [StreamsMember, Tasks] {
  const { assigned, revoking, target, ...rest } = JSON.parse(text) as StoredMember;
  const owned = (tasks: Roles<StoredOwned>): OwnedTasks => eachRole(tasks, ownedOf);
  return [{ ...rest, memberId, assigned: owned(assigned), revoking: owned(revoking) }, eachRole(target, partitionsOf)];
}

/** Throws on an unknown version. */
export function decodeGroup({ groupId, state, members }: StoredGroup): StreamsGroup {
  const { version, topology, ...stored } = JSON.parse(state) as StoredStreamsGroup;
  if (version !== VERSION)
    throw new Error(`group ${groupId} is stored in version ${version}, this program knows ${VERSION}`);
  const decoded = [...members].map(([memberId, text]) => decodeMember(memberId, text));
  return {
    ...newStreamsGroup(groupId),
    ...stored,
    topology,
    members: new Map(decoded.map(([member]) => [member.memberId, member])),
    targets: new Map(decoded.map(([member, target]) => [member.memberId, target])),
  };
}
