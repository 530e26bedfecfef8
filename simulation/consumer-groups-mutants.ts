import { fileURLToPath } from 'node:url';
import { simulateConsumerGroups } from './consumer-groups.ts';
import { huntBugs } from './group-bugs.ts';
import type { PlantedBug } from './planted-bugs.ts';

export const plantedConsumerBugs: readonly PlantedBug[] = [
  {
    name: 'a partition is given before its owner gave it up',
    file: 'consumer/reconcile.ts',
    find: 'const free = coming.filter((partition) => !isHeldByOther(group, member.memberId, topicId, partition));',
    replace: 'const free = coming;',
  },
  {
    name: 'silence about partitions counts as having given them up',
    file: 'consumer/reconcile.ts',
    find: 'reported === null || intersects(reported, partitions);',
    replace: 'reported !== null && intersects(reported, partitions);',
  },
  {
    name: 'what a member has to give up is free at once',
    file: 'consumer/group.ts',
    find: 'if (other.revoking.get(topicId)?.has(partition) === true) return true;',
    replace: '',
  },
  {
    name: 'a member that is gone is taken in again by any heartbeat',
    file: 'consumer/membership.ts',
    find: 'if (request.epoch === JOIN_EPOCH) return group.members.get(memberId) ?? newMember(memberId);',
    replace:
      "if (request.instanceId === null) return group.members.get(memberId) ?? { ...newMember(memberId), topics: ['a'], epoch: request.epoch };",
  },
  {
    name: 'a new target is not stored',
    file: 'consumer/draft.ts',
    find: 'samePartitions(targetOf(before, memberId), targetOf(after, memberId));',
    replace: 'memberId.length > 0;',
  },
  {
    name: 'rows that a failed write left are taken for a member',
    file: 'lanes.ts',
    find: 'lane.isUncertain ? this.#certain(groupId, done) : done.records',
    replace: 'done.records',
  },
  {
    name: 'the group epoch is forgotten by a restart',
    file: 'consumer/record.ts',
    find: 'epoch: stored.epoch,',
    replace: 'epoch: Math.max(1, stored.epoch - 1),',
  },
  {
    name: 'what members have to give up is forgotten by a restart',
    file: 'consumer/record.ts',
    find: 'revoking: ownedOf(revoking) };',
    replace: 'revoking: ownedOf({}) };',
  },
  {
    name: 'sessions are not armed after a restart',
    file: 'consumer/timeouts.ts',
    find: 'watchSession(draft, memberId, classic?.sessionTimeoutMs ?? sessionTimeoutMs(env));',
    replace: '',
  },
  {
    name: 'a member may take for ever to give up',
    file: 'member-timers.ts',
    find: "if (state === 'unrevoked') draft.set(",
    replace: "if (state === 'nothing') draft.set(",
  },
  {
    name: 'a static member that was replaced stays',
    file: 'consumer/membership.ts',
    find: 'draft.remove(existing.memberId);',
    replace: '',
  },
  {
    name: 'partitions of a member that left are assigned to nobody',
    file: 'consumer/fence.ts',
    find: 'draft.bumpEpoch();',
    replace: '',
  },
  {
    name: 'a change of topics is not noticed',
    file: 'consumer/heartbeat.ts',
    find: 'if (!bump && group.topicsVersion === topicsVersion) return;',
    replace: 'if (!bump) return;',
  },
  {
    name: 'expressions do not see new topics',
    file: 'consumer/regexes.ts',
    find: 'topicsVersion !== env.topics.version() ||',
    replace: '',
  },
  {
    name: 'unsubscribed topics are kept',
    file: 'consumer/reconcile.ts',
    find: 'const goal = new Set(subscribed.has(topicId) ? target.get(topicId) : []);',
    replace: 'const goal = new Set([...(target.get(topicId) ?? []), ...(member.assigned.get(topicId)?.keys() ?? [])]);',
  },
];

if (process.argv[1] === fileURLToPath(import.meta.url))
  await huntBugs(plantedConsumerBugs, simulateConsumerGroups, Number(process.argv[2] ?? 300));
