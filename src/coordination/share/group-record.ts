import type { GroupRecord, StoredGroup } from '../types.ts';
import { type Assignment, newShareGroup, type SharedTopic, type ShareGroup, type ShareMember } from './group.ts';

/** Format of the JSON in `groups.state` and `group_members.state` for share groups (docs/formats/groups.md). Readers refuse a newer one. */
const VERSION = 1;

interface StoredShareGroup {
  readonly version: number;
  readonly epoch: number;
  readonly topics: readonly (SharedTopic & { readonly topicId: string })[];
}

interface StoredMember extends Omit<ShareMember, 'memberId' | 'assignment'> {
  readonly assignment: readonly (readonly [string, readonly number[]])[];
}

/** The record of the group itself; members have their own. */
export function groupRecord(group: ShareGroup, now: number): GroupRecord {
  const stored: StoredShareGroup = {
    version: VERSION,
    epoch: group.epoch,
    topics: [...group.topics].map(([topicId, { name, partitions }]) => ({ topicId, name, partitions })),
  };
  return { kind: 'group', group, state: JSON.stringify(stored), updated: now };
}

export function memberRecord(groupId: string, member: ShareMember): GroupRecord {
  const { memberId, assignment, ...rest } = member;
  const stored: StoredMember = { ...rest, assignment: [...assignment] };
  return { kind: 'member', groupId, memberId, state: JSON.stringify(stored) };
}

/** The group and all its members. */
export function snapshot(group: ShareGroup, now: number): GroupRecord[] {
  return [groupRecord(group, now), ...[...group.members.values()].map((member) => memberRecord(group.groupId, member))];
}

function decodeMember(memberId: string, text: string): ShareMember {
  const { assignment, ...rest } = JSON.parse(text) as StoredMember;
  return { memberId, ...rest, assignment: new Map(assignment) satisfies Assignment };
}

/** The group of stored rows. Throws on an unknown version. */
export function decodeShareGroup({ groupId, state, members }: StoredGroup): ShareGroup {
  const stored = JSON.parse(state) as StoredShareGroup;
  if (stored.version !== VERSION)
    throw new Error(`share group ${groupId} is stored in version ${stored.version}, this program knows ${VERSION}`);
  return {
    ...newShareGroup(groupId),
    epoch: stored.epoch,
    members: new Map([...members].map(([memberId, text]) => [memberId, decodeMember(memberId, text)])),
    topics: new Map(stored.topics.map(({ topicId, name, partitions }) => [topicId, { name, partitions }])),
  };
}
