import type { CommitCaller, CommitCheck, FetchCaller } from './machine.ts';
import type { GroupError } from './types.ts';

/** What commits and fetches of offsets need to know of a group whose members have epochs (KIP-848, KIP-1071). */
export interface EpochMembers<Member extends { readonly epoch: number }> {
  readonly members: ReadonlyMap<string, Member>;
  /** A member that speaks the classic protocol, and has generations for epochs. */
  isClassic(member: Member): boolean;
  /** The epoch since which the member has had the partition; undefined when it has not. */
  heldSince(
    member: Member,
    topic: { readonly topic: string; readonly topicId: string },
    partition: number,
  ): number | undefined;
}

/** OffsetCommit with member epochs came with this version. */
const EPOCHS_SINCE = 9;

/** A commit with an older epoch counts for the partitions that the member has had since then (KIP-1251). */
export function checkCommitEpoch<Member extends { readonly epoch: number }>(
  group: EpochMembers<Member>,
  { generation, memberId, instanceId, transactional, version }: CommitCaller,
): CommitCheck {
  if (generation < 0 && group.members.size === 0) return 'NONE';
  // A transactional producer that knows nothing of the group: KIP-447 came later than TxnOffsetCommit.
  if (transactional && generation === -1 && memberId === '' && instanceId === null) return 'NONE';
  const member = group.members.get(memberId);
  if (member === undefined) return 'UNKNOWN_MEMBER_ID';
  if (!transactional && !group.isClassic(member) && version < EPOCHS_SINCE) return 'UNSUPPORTED_VERSION';
  if (generation === member.epoch) return 'NONE';
  const outdated = outdatedOf(group, member);
  if (generation > member.epoch) return outdated;
  return (topic, partition) => {
    const since = group.heldSince(member, topic, partition);
    return since === undefined || generation < since ? outdated : 'NONE';
  };
}

/** Offsets are for members with their epoch, and for those who name neither. */
export function checkFetchEpoch<Member extends { readonly epoch: number }>(
  group: EpochMembers<Member>,
  { memberId, generation }: FetchCaller,
): GroupError {
  if (memberId === null && generation < 0) return 'NONE';
  const member = group.members.get(memberId ?? '');
  if (member === undefined) return 'UNKNOWN_MEMBER_ID';
  return generation === member.epoch ? 'NONE' : outdatedOf(group, member);
}

function outdatedOf<Member extends { readonly epoch: number }>(
  group: EpochMembers<Member>,
  member: Member,
): GroupError {
  return group.isClassic(member) ? 'ILLEGAL_GENERATION' : 'STALE_MEMBER_EPOCH';
}
