import { copyOf } from '../../base/bytes.ts';
import { Draft, failedSync, sessionTimer, unchanged } from './draft.ts';
import { EMPTY_BYTES, groupBytes, MAX_GROUP_BYTES, validateMember } from './group.ts';
import { dropMember, maybeCompleteJoin, prepareRebalance, prepareRebalanceOrCompleteJoin } from './rebalance.ts';
import type { Environment, GroupError, Waiter } from '../types.ts';
import type { ClassicStep, Group, HeartbeatRequest, LeaveReply, LeaveRequest, SyncRequest } from './types.ts';

/** SyncGroup: the leader brings the assignments of a generation, everyone else waits for its own. */
export function syncGroup(
  group: Group | undefined,
  request: SyncRequest,
  waiter: Waiter,
  env: Environment,
): ClassicStep {
  const error = validateSync(group, request);
  if (group === undefined || error !== 'NONE') return unchanged(group, waiter, failedSync(error));
  const draft = new Draft(group, env);
  const member = draft.member(request.memberId);
  if (group.state === 'PreparingRebalance') {
    draft.reply(waiter, failedSync('REBALANCE_IN_PROGRESS'));
  } else if (group.state === 'Stable') {
    draft.removePendingSync(member.memberId);
    const { protocolType, protocolName } = group;
    draft.reply(waiter, { error: 'NONE', protocolType, protocolName, assignment: member.assignment });
  } else {
    // A client that repeats its request has given up the first one.
    draft.completeSync(member, failedSync('REBALANCE_IN_PROGRESS'));
    draft.update(member.memberId, { awaitingSync: waiter });
    draft.removePendingSync(member.memberId);
    if (group.leader === member.memberId) becomeStable(draft, request);
  }
  return draft.finish();
}

function validateSync(group: Group | undefined, request: SyncRequest): GroupError {
  if (request.groupId === '') return 'INVALID_GROUP_ID';
  if (group === undefined || group.state === 'Empty') return 'UNKNOWN_MEMBER_ID';
  const error = validateMember(group, request.memberId, request.instanceId);
  if (error !== 'NONE') return error;
  if (request.generation !== group.generation) return 'ILLEGAL_GENERATION';
  const differs = (asked: string | null, has: string | null): boolean =>
    asked !== null && has !== null && asked !== has;
  if (differs(request.protocolType, group.protocolType) || differs(request.protocolName, group.protocolName))
    return 'INCONSISTENT_GROUP_PROTOCOL';
  return 'NONE';
}

/** Members that the leader forgot get an empty assignment. Assignments that are too large make the group rebalance, as in Kafka. */
function becomeStable(draft: Draft, request: SyncRequest): void {
  const bytes = request.assignments.reduce((sum, { assignment }) => sum + assignment.byteLength, 0);
  if (groupBytes(draft.group) + bytes > MAX_GROUP_BYTES) {
    for (const member of draft.group.members.values()) draft.completeSync(member, failedSync('UNKNOWN_SERVER_ERROR'));
    prepareRebalance(draft);
    return;
  }
  const assignments = new Map(request.assignments.map((one) => [one.memberId, one.assignment]));
  const { protocolType, protocolName } = draft.group;
  for (const { memberId } of draft.group.members.values()) {
    const assignment = copyOf(assignments.get(memberId) ?? EMPTY_BYTES);
    const member = draft.update(memberId, { assignment });
    if (draft.completeSync(member, { error: 'NONE', protocolType, protocolName, assignment }))
      draft.renewSession(memberId);
  }
  draft.transitionTo('Stable');
  draft.rebalanced = true;
  draft.save();
}

/** Heartbeat. Changes nothing but the member's session timer. */
export function heartbeat(group: Group | undefined, request: HeartbeatRequest, waiter: Waiter): ClassicStep {
  const error = validateHeartbeat(group, request);
  const member = group?.members.get(request.memberId);
  if (error !== 'NONE' || group === undefined || member === undefined) return unchanged(group, waiter, { error });
  const renewed = {
    key: sessionTimer(member.memberId),
    delayMs: member.sessionTimeoutMs,
    event: { kind: 'session', memberId: member.memberId },
  } as const;
  const answer = group.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE';
  return unchanged(group, waiter, { error: answer }, [renewed]);
}

function validateHeartbeat(group: Group | undefined, request: HeartbeatRequest): GroupError {
  if (request.groupId === '') return 'INVALID_GROUP_ID';
  if (group === undefined) return 'UNKNOWN_MEMBER_ID';
  const error = validateMember(group, request.memberId, request.instanceId);
  if (error !== 'NONE') return error;
  return request.generation === group.generation ? 'NONE' : 'ILLEGAL_GENERATION';
}

/** LeaveGroup: one or more members; static ones also by their instance id alone (KIP-345). */
export function leaveGroup(
  group: Group | undefined,
  request: LeaveRequest,
  waiter: Waiter,
  env: Environment,
): ClassicStep {
  if (request.groupId === '') return unchanged(group, waiter, { error: 'INVALID_GROUP_ID', members: [] });
  if (group === undefined) {
    const members = request.members.map((member) => ({ ...member, error: 'UNKNOWN_MEMBER_ID' as const }));
    return unchanged(group, waiter, { error: 'NONE', members });
  }
  const draft = new Draft(group, env);
  const members = request.members.map((member) => ({ ...member, error: leaveOne(draft, member) }));
  if (members.some(({ error }) => error === 'NONE')) {
    if (draft.group.state === 'PreparingRebalance') maybeCompleteJoin(draft);
    else if (draft.group.state !== 'Empty') prepareRebalanceOrCompleteJoin(draft);
  }
  draft.reply(waiter, { error: 'NONE', members } satisfies LeaveReply);
  return draft.finish();
}

function leaveOne(draft: Draft, leaver: LeaveRequest['members'][number]): GroupError {
  const { group } = draft;
  if (leaver.memberId === '') {
    const memberId = leaver.instanceId === null ? undefined : group.staticMembers.get(leaver.instanceId);
    if (memberId === undefined) return 'UNKNOWN_MEMBER_ID';
    dropMember(draft, memberId);
    return 'NONE';
  }
  if (group.pendingJoin.has(leaver.memberId)) {
    draft.remove(leaver.memberId);
    return 'NONE';
  }
  const error = validateMember(group, leaver.memberId, leaver.instanceId);
  if (error === 'NONE') dropMember(draft, leaver.memberId);
  return error;
}
