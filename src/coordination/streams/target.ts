import { isTooSoon } from '../pauses.ts';
import { assignmentIntervalMs } from './configs.ts';
import { assignTasks } from './assign.ts';
import type { StreamsDraft } from './draft.ts';
import { targetOf } from './group.ts';
import { NO_TASKS, sameTasks } from './tasks.ts';
import type { StreamsGroup, Tasks } from './types.ts';

/** Computes a new target assignment if one is due; see the same of consumer groups. `true` when it has to wait for the interval. */
export function updateTarget(draft: StreamsDraft): boolean {
  const { group, env } = draft;
  if (group.epoch <= group.assignmentEpoch) return false;
  if (isTooSoon(group.assignmentTime, assignmentIntervalMs(env), env.now)) return true;
  const assigned = assign(group);
  const targets = new Map<string, Tasks>();
  for (const memberId of group.members.keys()) {
    const before = targetOf(group, memberId);
    const after = assigned.get(memberId) ?? NO_TASKS;
    targets.set(memberId, sameTasks(before, after) ? before : after);
  }
  draft.change({ targets, assignmentEpoch: group.epoch, assignmentTime: env.now });
  return false;
}

/** Nobody has a task of a topology that cannot run. */
function assign(group: StreamsGroup): Map<string, Tasks> {
  const { configured, topology } = group;
  if (configured?.tasks === undefined || configured.problem !== undefined || topology === undefined) return new Map();
  const { tasks } = configured;
  const members = [...group.members.values()]
    .sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
    .map(({ memberId, processId }) => ({ memberId, processId, before: targetOf(group, memberId) }));
  const subtopologies = topology.subtopologies.map(({ id, changelogs }) => ({
    id,
    tasks: tasks.get(id) ?? 0,
    isStateful: changelogs.length > 0,
  }));
  return assignTasks(members, subtopologies, group.standbyReplicas);
}
