import { type OwnedPartitions, ownedSince, type Partitions, union } from '../partitions.ts';
import { isReconciled, targetOf } from './group.ts';
import { holds, isEmpty, NO_OWNED_TASKS, ROLES, sameOwnedTasks } from './tasks.ts';
import type { OwnedTasks, StreamsGroup, StreamsHeartbeat, StreamsMember, Tasks } from './types.ts';

type Reported = StreamsHeartbeat['owned'];

/**
 * Brings a member a step nearer to its target, as in consumer groups: it gives up first, and gets a task as soon as nobody else has it active,
 * and nobody in its own process has it in any role. The same member is returned when there is nothing to do.
 */
export function reconcile(
  group: StreamsGroup,
  member: StreamsMember,
  target: Tasks | undefined,
  reported: Reported,
): StreamsMember {
  if (isReconciled(member, group.assignmentEpoch)) return member;
  if (member.state === 'unrevoked' && holds(reported, member.revoking)) return member;
  const next = approach(group, member, target ?? targetOf(group, member.memberId), reported);
  return isSame(member, next) ? member : next;
}

function approach(group: StreamsGroup, member: StreamsMember, target: Tasks, reported: Reported): StreamsMember {
  const holders = holdersOf(group);
  const kept: Record<string, OwnedPartitions> = {};
  const revoked: Record<string, OwnedPartitions> = {};
  const free: Record<string, Partitions> = {};
  let waits = false;
  for (const role of ROLES) {
    const isHeld = (subtopology: string, partition: number): boolean =>
      holders.hold(member.processId, role === 'active', subtopology, partition);
    const difference = compare(member.assigned[role], target[role], isHeld);
    kept[role] = difference.kept;
    revoked[role] = difference.revoked;
    free[role] = difference.free;
    waits ||= difference.waits;
  }
  const revoking = revoked as unknown as OwnedTasks;
  const staying = kept as unknown as OwnedTasks;
  // As in Kafka, a member that has given up what it had to may see that in its epoch before it is asked for more.
  const epoch = member.state === 'unrevoked' ? member.epoch + 1 : member.epoch;
  if (!isEmpty(revoking) && holds(reported, revoking))
    return { ...member, previousEpoch: member.epoch, epoch, state: 'unrevoked', assigned: staying, revoking };
  const since = (role: keyof Tasks): OwnedPartitions =>
    union(staying[role], ownedSince(free[role] ?? new Map(), group.assignmentEpoch));
  return {
    ...member,
    previousEpoch: member.epoch,
    epoch: group.assignmentEpoch,
    state: waits ? 'unreleased' : 'stable',
    assigned: { active: since('active'), standby: since('standby'), warmup: since('warmup') },
    revoking: NO_OWNED_TASKS,
  };
}

/** What of the tasks the member keeps and what not, what it can get, and whether some of its target is still held elsewhere. */
function compare(
  owned: OwnedPartitions,
  target: Partitions,
  isHeld: (subtopology: string, partition: number) => boolean,
): { kept: OwnedPartitions; revoked: OwnedPartitions; free: Partitions; waits: boolean } {
  const kept = new Map<string, ReadonlyMap<number, number>>();
  const revoked = new Map<string, ReadonlyMap<number, number>>();
  const free = new Map<string, readonly number[]>();
  let waits = false;
  for (const subtopology of new Set([...target.keys(), ...owned.keys()])) {
    const goal = new Set(target.get(subtopology));
    const now = [...(owned.get(subtopology) ?? [])];
    const staying = now.filter(([partition]) => goal.has(partition));
    const going = now.filter(([partition]) => !goal.has(partition));
    const coming = [...goal].filter((partition) => owned.get(subtopology)?.has(partition) !== true);
    const available = coming.filter((partition) => !isHeld(subtopology, partition));
    waits ||= available.length < coming.length;
    if (staying.length > 0) kept.set(subtopology, new Map(staying));
    if (going.length > 0) revoked.set(subtopology, new Map(going));
    if (available.length > 0) free.set(subtopology, available);
  }
  return { kept, revoked, free, waits };
}

/** Who has which task, or has not given it up yet. */
function holdersOf(group: StreamsGroup) {
  const active = new Set<string>();
  const byProcess = new Set<string>();
  for (const { processId, assigned, revoking } of group.members.values()) {
    for (const role of ROLES) {
      for (const owned of [assigned[role], revoking[role]]) {
        for (const [subtopology, partitions] of owned) {
          for (const partition of partitions.keys()) {
            const task = `${subtopology}/${partition}`;
            if (role === 'active') active.add(task);
            byProcess.add(`${task}/${processId}`);
          }
        }
      }
    }
  }
  return {
    hold(processId: string, isActive: boolean, subtopology: string, partition: number): boolean {
      const task = `${subtopology}/${partition}`;
      return byProcess.has(`${task}/${processId}`) || (isActive && active.has(task));
    },
  };
}

const isSame = (a: StreamsMember, b: StreamsMember): boolean =>
  a.epoch === b.epoch &&
  a.previousEpoch === b.previousEpoch &&
  a.state === b.state &&
  sameOwnedTasks(a.assigned, b.assigned) &&
  sameOwnedTasks(a.revoking, b.revoking);
