import { copyOf } from '../../base/bytes.ts';
import { Draft, unchanged } from './draft.ts';
import {
  currentJoinReply,
  EMPTY_BYTES,
  failedJoin,
  groupBytes,
  MAX_GROUP_BYTES,
  newGroup,
  protocolBytes,
  sameProtocols,
  selectProtocol,
  supportsProtocols,
  validateMember,
} from './group.ts';
import { maybeCompleteJoin, prepareRebalance, prepareRebalanceOrCompleteJoin } from './rebalance.ts';
import type { Environment, Waiter } from '../types.ts';
import type { ClassicStep, Group, JoinRequest, Protocol } from './types.ts';

/** A new member that got no answer within this time is dropped: its client may have gone (Kafka's constant). */
const NEW_MEMBER_JOIN_TIMEOUT_MS = 300_000;

/** JoinGroup. `group` is undefined when there is none of that id. */
export function joinGroup(
  group: Group | undefined,
  request: JoinRequest,
  waiter: Waiter,
  env: Environment,
): ClassicStep {
  const { memberId, sessionTimeoutMs } = request;
  if (request.groupId === '') return unchanged(group, waiter, failedJoin(memberId, 'INVALID_GROUP_ID'));
  const { minSessionTimeoutMs, maxSessionTimeoutMs } = env.settings;
  if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs)
    return unchanged(group, waiter, failedJoin(memberId, 'INVALID_SESSION_TIMEOUT'));
  if (group === undefined && memberId !== '')
    return unchanged(group, waiter, failedJoin(memberId, 'UNKNOWN_MEMBER_ID'));

  const draft = new Draft(group ?? newGroup(request.groupId, env.now), env);
  if (!fits(draft, request)) {
    draft.reply(waiter, failedJoin(memberId, 'GROUP_MAX_SIZE_REACHED'));
  } else if (!isAccepted(draft, memberId)) {
    draft.remove(memberId);
    draft.reply(waiter, failedJoin('', 'GROUP_MAX_SIZE_REACHED'));
  } else if (!supportsProtocols(draft.group, request.protocolType, request.protocols)) {
    draft.reply(waiter, failedJoin(memberId, 'INCONSISTENT_GROUP_PROTOCOL'));
  } else if (memberId === '') {
    joinNew(draft, request, waiter);
  } else {
    joinKnown(draft, request, waiter);
  }
  return draft.finish();
}

/** New members are taken up to `group.max.size`; those already in are always. */
function isAccepted(draft: Draft, memberId: string): boolean {
  const { members, state } = draft.group;
  const member = members.get(memberId);
  const isIn = state === 'PreparingRebalance' ? member?.awaitingJoin !== undefined : member !== undefined;
  return isIn || !draft.isFull();
}

/** True when the group can hold the member's subscriptions, in place of those that it had. */
function fits(draft: Draft, { memberId, protocols }: JoinRequest): boolean {
  const before = protocolBytes(draft.group.members.get(memberId)?.protocols ?? []);
  return groupBytes(draft.group) - before + protocolBytes(protocols) <= MAX_GROUP_BYTES;
}

function joinNew(draft: Draft, request: JoinRequest, waiter: Waiter): void {
  const { instanceId } = request;
  const newMemberId = `${instanceId ?? request.clientId}-${draft.env.uuid}`;
  const existing = instanceId === null ? undefined : draft.group.staticMembers.get(instanceId);
  if (existing !== undefined) {
    rejoinStatic(draft, request, existing, newMemberId, waiter);
  } else if (instanceId === null && request.requireKnownMemberId) {
    // KIP-394: a client that never comes back with this id leaves no member behind, only a timer.
    draft.addPendingJoin(newMemberId);
    draft.renewSession(newMemberId, request.sessionTimeoutMs);
    draft.reply(waiter, failedJoin(newMemberId, 'MEMBER_ID_REQUIRED'));
  } else {
    addMember(draft, request, newMemberId, waiter);
  }
}

function joinKnown(draft: Draft, request: JoinRequest, waiter: Waiter): void {
  const { memberId, instanceId, protocols } = request;
  const { group } = draft;
  if (group.pendingJoin.has(memberId)) {
    // Ids are given out to dynamic members only; a static one cannot come back with such an id.
    if (instanceId !== null) draft.reply(waiter, failedJoin('', 'UNKNOWN_SERVER_ERROR'));
    else addMember(draft, request, memberId, waiter);
    return;
  }
  const error = validateMember(group, memberId, instanceId);
  if (error !== 'NONE') {
    draft.reply(waiter, failedJoin(memberId, error));
    return;
  }
  // The leader rejoins a stable group when something that the others do not see has changed, such as a topic's partitions.
  const leaderAsks = group.state === 'Stable' && group.leader === memberId;
  const sameAsBefore = sameProtocols(draft.member(memberId), protocols);
  if (group.state === 'PreparingRebalance' || leaderAsks || !sameAsBefore) {
    updateMember(draft, request, memberId, waiter);
    prepareRebalanceOrCompleteJoin(draft);
    return;
  }
  // The answer to an earlier JoinGroup was lost: the generation stands.
  draft.reply(waiter, currentJoinReply(group, memberId));
}

/** Protocols whose bytes no longer pin the frame of the request. */
const owned = (protocols: readonly Protocol[]): Protocol[] =>
  protocols.map(({ name, metadata }) => ({ name, metadata: copyOf(metadata) }));

function addMember(draft: Draft, request: JoinRequest, memberId: string, waiter: Waiter): void {
  const { state, previousState, members } = draft.group;
  if (state === 'PreparingRebalance' && previousState === 'Empty') draft.change({ newMemberAdded: true });
  if (members.size === 0) draft.change({ protocolType: request.protocolType });
  draft.add({
    memberId,
    instanceId: request.instanceId,
    clientId: request.clientId,
    clientHost: request.clientHost,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
    protocols: owned(request.protocols),
    assignment: EMPTY_BYTES,
    awaitingJoin: waiter,
    awaitingSync: undefined,
    isNew: true,
  });
  draft.renewSession(memberId, NEW_MEMBER_JOIN_TIMEOUT_MS);
  prepareRebalanceOrCompleteJoin(draft);
}

function updateMember(draft: Draft, request: JoinRequest, memberId: string, waiter: Waiter): void {
  const before = draft.member(memberId);
  // A client that repeats its request has given up the first one; unanswered it would block its connection.
  draft.completeJoin(before, failedJoin(memberId, 'REBALANCE_IN_PROGRESS'));
  draft.update(memberId, {
    protocols: owned(request.protocols),
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
    awaitingJoin: waiter,
  });
}

/** A static member came back without its id (KIP-345): it takes its place, if possible without a rebalance. */
function rejoinStatic(draft: Draft, request: JoinRequest, oldId: string, newId: string, waiter: Waiter): void {
  const formerLeader = draft.group.leader ?? '';
  draft.replaceStatic(request.instanceId ?? '', oldId, newId);
  updateMember(draft, request, newId, waiter);
  draft.renewSession(newId);
  const { group } = draft;
  if (group.state === 'PreparingRebalance') {
    maybeCompleteJoin(draft);
  } else if (group.state === 'CompletingRebalance') {
    // The leader may be assigning to the old id at this moment; nothing would reach the new one.
    prepareRebalance(draft);
  } else if (selectProtocol(group) !== group.protocolName) {
    prepareRebalanceOrCompleteJoin(draft);
  } else {
    keepAssignment(draft, request, newId, formerLeader);
  }
}

/** The returned static member goes on in the same generation; its new id is made durable before the answer. */
function keepAssignment(draft: Draft, request: JoinRequest, newId: string, formerLeader: string): void {
  const reply = currentJoinReply(draft.group, newId);
  const isLeader = draft.group.leader === newId;
  // KIP-814 (v9+) tells a returning leader to skip the assignment. Older clients are told the old id of the
  // leader instead, so that they take themselves for followers and do not assign either.
  const answer = request.supportsSkippingAssignment
    ? { ...reply, skipAssignment: isLeader }
    : { ...reply, leader: formerLeader, members: [] };
  draft.completeJoin(draft.member(newId), answer);
  draft.save();
}
