import type { Assignor, AssignorInput, AssignorMember } from './types.ts';

/** Static members first, by instance id: they keep their place when they come back under another member id. */
function inOrder(a: AssignorMember, b: AssignorMember): number {
  if (a.instanceId !== null && b.instanceId !== null) return a.instanceId < b.instanceId ? -1 : 1;
  if (a.instanceId !== null) return -1;
  if (b.instanceId !== null) return 1;
  return a.memberId < b.memberId ? -1 : 1;
}

/**
 * Every topic's partitions as ranges, one for each member that subscribes it. Topics with the same number of partitions and the same
 * subscribers are cut alike, so that partition N of all of them is with one member.
 */
export const rangeAssignor: Assignor = {
  name: 'range',
  assign({ members, partitionCounts }: AssignorInput) {
    const ordered = [...members].sort(inOrder);
    const assignment = new Map(ordered.map(({ memberId }) => [memberId, new Map<string, readonly number[]>()]));
    for (const [topicId, count] of partitionCounts) {
      const subscribers = ordered.filter(({ topics }) => topics.has(topicId));
      const least = Math.floor(count / subscribers.length);
      const extra = count % subscribers.length;
      let next = 0;
      for (const [index, { memberId }] of subscribers.entries()) {
        const length = least + (index < extra ? 1 : 0);
        if (length === 0) break;
        const start = next;
        assignment.get(memberId)?.set(
          topicId,
          Array.from({ length }, (_, i) => start + i),
        );
        next += length;
      }
    }
    return assignment;
  },
};
