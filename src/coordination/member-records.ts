import type { GroupRecord } from './types.ts';

interface Members<Member> {
  readonly groupId: string;
  readonly members: ReadonlyMap<string, Member>;
}

/**
 * Records of the members that a step removed, added or changed. `isSame` is asked of a member that is the same object as before: what
 * the group knows beside it, as its target, may have changed.
 */
export function memberRecords<Member>(
  before: Members<Member>,
  after: Members<Member>,
  isSame: (memberId: string) => boolean,
  record: (member: Member) => GroupRecord,
): GroupRecord[] {
  const { groupId, members } = after;
  const removed = [...before.members.keys()].filter((memberId) => !members.has(memberId));
  const changed = [...members].filter(([id, member]) => before.members.get(id) !== member || !isSame(id));
  return [
    ...removed.map((memberId) => ({ kind: 'member-removed', groupId, memberId }) as const),
    ...changed.map(([, member]) => record(member)),
  ];
}
