import { newGroup, subscribedTopics } from './group.ts';
import type { GroupRecord } from '../types.ts';
import type { Group, Member } from './types.ts';

/**
 * Format of the column `groups.state`: JSON, described in docs/formats/groups.md. Readers refuse a newer version.
 * Byte strings are base64. What is not here (who waits, who is expected) begins anew after a restart, as in Kafka.
 */
const VERSION = 1;

interface StoredMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  readonly protocols: readonly { readonly name: string; readonly metadata: string }[];
  readonly assignment: string;
}

interface StoredGroup {
  readonly version: number;
  readonly generation: number;
  readonly stateTimestamp: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly leader: string | null;
  readonly members: readonly StoredMember[];
}

const toBase64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

function storedMember(member: Member): StoredMember {
  return {
    memberId: member.memberId,
    instanceId: member.instanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    sessionTimeoutMs: member.sessionTimeoutMs,
    protocols: member.protocols.map(({ name, metadata }) => ({ name, metadata: toBase64(metadata) })),
    assignment: toBase64(member.assignment),
  };
}

/** The record of a stable or an empty group. */
export function groupRecord(group: Group): GroupRecord {
  return { kind: 'group', group, state: encodeGroup(group), updated: group.stateTimestamp };
}

/** The text that is stored for a stable or an empty group. */
export function encodeGroup(group: Group): string {
  const stored: StoredGroup = {
    version: VERSION,
    generation: group.generation,
    stateTimestamp: group.stateTimestamp,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leader,
    members: [...group.members.values()].map(storedMember),
  };
  return JSON.stringify(stored);
}

/** The group of a stored text: Stable when it has members, else Empty. Throws on an unknown version. */
export function decodeGroup(groupId: string, text: string): Group {
  const stored = JSON.parse(text) as StoredGroup;
  if (stored.version !== VERSION)
    throw new Error(`group ${groupId} is stored in version ${stored.version}, this program knows ${VERSION}`);
  const members = stored.members.map(
    (member): Member => ({
      ...member,
      protocols: member.protocols.map(({ name, metadata }) => ({ name, metadata: fromBase64(metadata) })),
      assignment: fromBase64(member.assignment),
      awaitingJoin: undefined,
      awaitingSync: undefined,
      isNew: false,
    }),
  );
  const group: Group = {
    ...newGroup(groupId, stored.stateTimestamp),
    state: members.length === 0 ? 'Empty' : 'Stable',
    generation: stored.generation,
    protocolType: stored.protocolType,
    protocolName: stored.protocolName,
    leader: stored.leader,
    members: new Map(members.map((member) => [member.memberId, member])),
    staticMembers: new Map(
      members.flatMap(({ instanceId, memberId }) => (instanceId === null ? [] : [[instanceId, memberId]])),
    ),
  };
  return { ...group, subscribedTopics: subscribedTopics(group) };
}
