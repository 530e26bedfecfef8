import { failedSync } from '../classic/draft.ts';
import { EMPTY_BYTES, failedJoin, hasProtocol } from '../classic/group.ts';
import { decodeSubscription, encodeAssignment, type Subscription } from '../classic/subscription.ts';
import type {
  HeartbeatReply,
  HeartbeatRequest,
  JoinReply,
  JoinRequest,
  LeaveReply,
  LeaveRequest,
  Protocol,
  SyncReply,
  SyncRequest,
} from '../classic/types.ts';
import { copyOf } from '../../base/bytes.ts';
import { type Partitions, partitionsOf } from '../partitions.ts';
import { Refused } from '../refused.ts';
import type { Environment, GroupError, Step, Waiter } from '../types.ts';
import { downgrade, isDowngradeDue } from './downgrade.ts';
import { timerOf, watchSession } from '../member-timers.ts';
import { ConsumerDraft } from './draft.ts';
import { fence } from './fence.ts';
import { isHeldByOther, newMember, targetOf } from './group.ts';
import { refreshMetadata, sameNames } from './heartbeat.ts';
import { checkSize, memberIdOf, replaceStatic } from './membership.ts';
import { byId, byName } from './names.ts';
import { reconcile } from './reconcile.ts';
import { updateRegex } from './regexes.ts';
import { updateTarget } from './target.ts';
import type { ConsumerGroup, ConsumerMember } from './types.ts';
import { checkInstance, knownInstance, knownMember } from './validate.ts';

/** Runs a step; what it refuses becomes a reply. */
function refusable(
  group: ConsumerGroup,
  waiter: Waiter,
  fail: (error: GroupError) => object,
  env: Environment,
  step: (draft: ConsumerDraft) => Step,
): Step {
  try {
    return step(new ConsumerDraft(group, env));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const replies = [{ to: waiter, reply: fail(error.error) }];
    return { group, replies, records: [], timers: [], rebalanced: false };
  }
}

/**
 * JoinGroup of a member of the classic protocol in a consumer group (KIP-848, migration): answered at once, with the member's epoch for
 * its generation. The broker assigns; nobody leads.
 */
export function joinConsumerGroup(group: ConsumerGroup, request: JoinRequest, waiter: Waiter, env: Environment): Step {
  const fail = (error: GroupError): JoinReply => failedJoin(request.memberId, error);
  return refusable(group, waiter, fail, env, (draft) => {
    const isUnknown = request.memberId === '';
    const memberId = isUnknown ? memberIdOf(env.uuid) : request.memberId;
    checkSize(group, memberId, env.settings.consumer.maxSize);
    const subscription = checkProtocols(group, request);
    if (isUnknown && request.instanceId === null && request.requireKnownMemberId) {
      draft.reply(waiter, failedJoin(memberId, 'MEMBER_ID_REQUIRED'));
      return draft.finish();
    }
    return join(draft, { ...request, memberId }, isUnknown, subscription, waiter);
  });
}

/** Throws Refused unless the member shares a protocol with all classic members, and its subscription can be read. */
function checkProtocols(group: ConsumerGroup, { protocolType, protocols, memberId }: JoinRequest): Subscription {
  const others = [...group.members.values()].flatMap(({ classic }) =>
    classic === undefined ? [] : [classic.protocols],
  );
  const isShared = protocols.some(({ name }) => others.every((list) => hasProtocol(list, name)));
  if (protocolType !== 'consumer' || !isShared)
    throw new Refused('INCONSISTENT_GROUP_PROTOCOL', `The group does not support the protocols of member ${memberId}.`);
  const subscription = decodeSubscription(protocols[0]?.metadata ?? EMPTY_BYTES);
  if (subscription === undefined)
    throw new Refused('UNKNOWN_SERVER_ERROR', `The subscription of member ${memberId} is malformed.`);
  return subscription;
}

function join(
  draft: ConsumerDraft,
  request: JoinRequest,
  isUnknown: boolean,
  subscription: Subscription,
  waiter: Waiter,
): Step {
  const { env } = draft;
  const { memberId, sessionTimeoutMs, rebalanceTimeoutMs } = request;
  const replaced = isUnknown ? staticOf(draft, request.instanceId) : undefined;
  const becomesClassic = replaced !== undefined && isDowngradeDue(draft, [replaced]);
  const before = memberBefore(draft, request, isUnknown, replaced);
  const told = toldBy(before, request, subscription);
  draft.put(told);
  const regexChange = updateRegex(draft, before, told);
  const changed = !sameNames(before.topics, told.topics) || regexChange !== 'none';
  refreshMetadata(draft, changed);
  if (!becomesClassic) updateTarget(draft);
  const owned = byId(subscription.owned, env.topics);
  const member = becomesClassic && changed ? told : reconciled(draft, memberId, owned, changed);
  draft.reply(waiter, joined(member));
  if (becomesClassic) return downgrade(draft, { rebalance: changed });
  draft.cancel(timerOf('join', memberId));
  watchSession(draft, memberId, sessionTimeoutMs);
  draft.set(timerOf('sync', memberId), rebalanceTimeoutMs, { kind: 'sync', memberId });
  return draft.finish();
}

const staticOf = ({ group }: ConsumerDraft, instanceId: string | null): ConsumerMember | undefined =>
  instanceId === null ? undefined : group.members.get(group.staticMembers.get(instanceId) ?? '');

function memberBefore(
  draft: ConsumerDraft,
  { memberId, instanceId }: JoinRequest,
  isUnknown: boolean,
  replaced: ConsumerMember | undefined,
): ConsumerMember {
  if (replaced !== undefined) return replaceStatic(draft, replaced, memberId);
  if (instanceId === null || !draft.group.staticMembers.has(instanceId)) {
    // A static member that comes with an id must be the one that has the instance id.
    if (instanceId !== null && !isUnknown) return knownInstance(draft.group, instanceId);
    return draft.group.members.get(memberId) ?? newMember(memberId);
  }
  const member = knownInstance(draft.group, instanceId);
  checkInstance(member, memberId);
  return member;
}

/** Protocols whose bytes no longer pin the frame of the request. */
const kept = (protocols: readonly Protocol[]): Protocol[] =>
  protocols.map(({ name, metadata }) => ({ name, metadata: copyOf(metadata) }));

function toldBy(before: ConsumerMember, request: JoinRequest, subscription: Subscription): ConsumerMember {
  return {
    ...before,
    instanceId: request.instanceId ?? before.instanceId,
    rackId: subscription.rackId ?? before.rackId,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    topics: [...new Set(subscription.topics)].sort(),
    regex: null,
    clientId: request.clientId,
    clientHost: request.clientHost,
    classic: { sessionTimeoutMs: request.sessionTimeoutMs, protocols: kept(request.protocols) },
  };
}

function reconciled(draft: ConsumerDraft, memberId: string, owned: Partitions, changed: boolean): ConsumerMember {
  const before = draft.member(memberId);
  const member = reconcile(draft.group, before, owned, changed, draft.env.topics);
  if (member !== before) draft.put(member);
  return member;
}

const joined = ({ memberId, epoch, classic }: ConsumerMember): JoinReply => ({
  ...failedJoin(memberId, 'NONE'),
  generation: epoch,
  protocolType: 'consumer',
  protocolName: classic?.protocols[0]?.name ?? '',
});

/** The classic member that a request is of. Throws Refused when it is not one. */
function classicMember(
  group: ConsumerGroup,
  { memberId, instanceId, generation }: HeartbeatRequest,
): ConsumerMember & { readonly classic: NonNullable<ConsumerMember['classic']> } {
  const member = instanceId === null ? knownMember(group, memberId) : knownInstance(group, instanceId);
  if (instanceId !== null) checkInstance(member, memberId);
  const { classic } = member;
  if (classic === undefined)
    throw new Refused('UNKNOWN_MEMBER_ID', `Member ${memberId} does not use the classic protocol.`);
  if (member.epoch !== generation)
    throw new Refused('ILLEGAL_GENERATION', `Generation ${generation} is not ${member.epoch}, the member's epoch.`);
  return { ...member, classic };
}

/** Tells the member to join again, and gives it the rebalance time-out to do so. */
function expectJoin(draft: ConsumerDraft, { memberId, rebalanceTimeoutMs }: ConsumerMember): void {
  draft.set(timerOf('join', memberId), rebalanceTimeoutMs, { kind: 'join', memberId }, true);
}

/** SyncGroup of a classic member: gives it the partitions that it has by now. */
export function syncConsumerGroup(group: ConsumerGroup, request: SyncRequest, waiter: Waiter, env: Environment): Step {
  return refusable(group, waiter, failedSync, env, (draft) => {
    const { protocolType, protocolName } = request;
    const member = classicMember(group, request);
    const [first] = member.classic.protocols;
    const otherType = protocolType !== null && protocolType !== 'consumer';
    if (otherType || (protocolName !== null && protocolName !== first?.name))
      throw new Refused('INCONSISTENT_GROUP_PROTOCOL', 'The protocol is not the one that the member was told.');
    const { memberId, classic } = member;
    if (group.assignmentEpoch > member.epoch && member.state !== 'unrevoked') {
      expectJoin(draft, member);
      draft.reply(waiter, failedSync('REBALANCE_IN_PROGRESS'));
      return draft.finish();
    }
    draft.cancel(timerOf('sync', memberId));
    watchSession(draft, memberId, classic.sessionTimeoutMs);
    const version = decodeSubscription(first?.metadata ?? EMPTY_BYTES)?.version ?? 0;
    const assignment = encodeAssignment(version, byName(partitionsOf(member.assigned), env.topics));
    draft.reply(waiter, { error: 'NONE', protocolType, protocolName, assignment } satisfies SyncReply);
    return draft.finish();
  });
}

/** Heartbeat of a classic member: sends it to join again when there is something to give up or to get. */
export function heartbeatConsumerGroup(
  group: ConsumerGroup,
  request: HeartbeatRequest,
  waiter: Waiter,
  env: Environment,
): Step {
  const fail = (error: GroupError): HeartbeatReply => ({ error });
  return refusable(group, waiter, fail, env, (draft) => {
    const member = classicMember(group, request);
    const { memberId, classic } = member;
    watchSession(draft, memberId, classic.sessionTimeoutMs);
    const mustJoin =
      member.epoch < group.assignmentEpoch ||
      member.state === 'unrevoked' ||
      (member.state === 'unreleased' && !waitsForOthers(group, member));
    if (mustJoin) expectJoin(draft, member);
    draft.reply(waiter, { error: mustJoin ? 'REBALANCE_IN_PROGRESS' : 'NONE' } satisfies HeartbeatReply);
    return draft.finish();
  });
}

/** True when others still have something of what the member is to get. */
function waitsForOthers(group: ConsumerGroup, { memberId, assigned }: ConsumerMember): boolean {
  for (const [topicId, partitions] of targetOf(group, memberId)) {
    const missing = partitions.filter((partition) => assigned.get(topicId)?.has(partition) !== true);
    if (missing.some((partition) => isHeldByOther(group, memberId, topicId, partition))) return true;
  }
  return false;
}

/** LeaveGroup in a consumer group: classic members, and by their instance id static ones. */
export function leaveConsumerGroup(
  group: ConsumerGroup,
  request: LeaveRequest,
  waiter: Waiter,
  env: Environment,
): Step {
  const draft = new ConsumerDraft(group, env);
  const leavers = new Set<string>();
  const members = request.members.map((leaver) => {
    try {
      const member = leavingMember(group, leaver);
      leavers.add(member.memberId);
      return { ...leaver, error: 'NONE' as const };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return { ...leaver, error: error.error };
    }
  });
  draft.reply(waiter, { error: 'NONE', members } satisfies LeaveReply);
  return fence(draft, [...leavers]);
}

function leavingMember(
  group: ConsumerGroup,
  { memberId, instanceId }: LeaveRequest['members'][number],
): ConsumerMember {
  if (instanceId === null) return knownMember(group, memberId);
  const member = knownInstance(group, instanceId);
  if (memberId !== '') checkInstance(member, memberId);
  return member;
}
