import type { AnyGroup, Environment, GroupError, Step, Waiter } from '../types.ts';
import { partitionsOf, sameOwned } from '../partitions.ts';
import { orRefusal } from '../refused.ts';
import { heartbeatIntervalMs, sessionTimeoutMs } from './configs.ts';
import type { ConsumerDraft } from './draft.ts';
import { fence } from './fence.ts';
import { metadataHashOf, subscribedTopics } from './group.ts';
import { joinedMember } from './membership.ts';
import { openForJoin, openForMember } from './migration.ts';
import { reconcile } from './reconcile.ts';
import { maybeResolveSoon, updateRegex } from './regexes.ts';
import { updateTarget } from './target.ts';
import {
  type ConsumerHeartbeat,
  type ConsumerHeartbeatReply,
  type ConsumerMember,
  JOIN_EPOCH,
  LEAVE_EPOCH,
  STATIC_LEAVE_EPOCH,
} from './types.ts';
import { checkInstance, checkRequest, knownInstance, knownMember } from './validate.ts';
import { watchRevocation, watchSession } from '../member-timers.ts';

export const failedHeartbeat = (error: GroupError, message: string | null = null): ConsumerHeartbeatReply => ({
  error,
  message,
  memberId: null,
  epoch: 0,
  heartbeatIntervalMs: 0,
  assignment: null,
});

/** ConsumerGroupHeartbeat: joins, stays, changes its subscription, tells what it has, learns what it is to have, or leaves. */
export function consumerHeartbeat(
  group: AnyGroup | undefined,
  request: ConsumerHeartbeat,
  waiter: Waiter,
  env: Environment,
): Step {
  return orRefusal(group, waiter, failedHeartbeat, () => {
    checkRequest(request, env.settings.consumer.assignors);
    return request.epoch === LEAVE_EPOCH || request.epoch === STATIC_LEAVE_EPOCH
      ? leave(group, request, waiter, env)
      : stay(group, request, waiter, env);
  });
}

function stay(group: AnyGroup | undefined, request: ConsumerHeartbeat, waiter: Waiter, env: Environment): Step {
  const draft = request.epoch === JOIN_EPOCH ? openForJoin(group, request, env) : openForMember(group, request, env);
  const before = joinedMember(draft, request);
  const told = toldBy(request, before);
  if (told !== before || !draft.group.members.has(told.memberId)) draft.put(told);
  const namesChanged = !sameNames(before.topics, told.topics);
  const regexChange = updateRegex(draft, before, told);
  maybeResolveSoon(draft, request.requester);
  refreshMetadata(draft, namesChanged || regexChange === 'resolved');
  updateTarget(draft);
  const member = reconcileMember(draft, told.memberId, request, namesChanged || regexChange !== 'none');
  watchSession(draft, member.memberId, sessionTimeoutMs(env));
  draft.reply(waiter, answer(request, before, member, env));
  return draft.finish();
}

/** The member with what the request says about it; what it leaves out stays. The same when nothing is new. */
function toldBy(request: ConsumerHeartbeat, before: ConsumerMember): ConsumerMember {
  const { instanceId, rackId, rebalanceTimeoutMs, topics, regex, assignor, clientId, clientHost } = request;
  const told: ConsumerMember = {
    ...before,
    instanceId: instanceId ?? before.instanceId,
    rackId: rackId ?? before.rackId,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? before.rebalanceTimeoutMs : rebalanceTimeoutMs,
    topics: topics === null ? before.topics : [...new Set(topics)].sort(),
    // An empty expression is how a member says that it has none any more.
    regex: regex === null ? before.regex : regex === '' ? null : regex,
    assignor: assignor ?? before.assignor,
    clientId,
    clientHost,
    classic: undefined,
  };
  return isEqual(before, told) ? before : told;
}

export const sameNames = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, index) => name === b[index]);

const isEqual = (a: ConsumerMember, b: ConsumerMember): boolean =>
  a.instanceId === b.instanceId &&
  a.rackId === b.rackId &&
  a.rebalanceTimeoutMs === b.rebalanceTimeoutMs &&
  sameNames(a.topics, b.topics) &&
  a.regex === b.regex &&
  a.assignor === b.assignor &&
  a.clientId === b.clientId &&
  a.clientHost === b.clientHost &&
  a.classic === b.classic;

/** Looks at the subscribed topics anew when subscriptions or topics changed. A difference asks for a new assignment. */
export function refreshMetadata(draft: ConsumerDraft, bump: boolean): void {
  const { group, env } = draft;
  const topicsVersion = env.topics.version();
  if (!bump && group.topicsVersion === topicsVersion) return;
  const metadataHash = metadataHashOf(subscribedTopics(group), env.topics);
  draft.change({ metadataHash, topicsVersion });
  if (bump || metadataHash !== group.metadataHash) draft.bumpEpoch();
}

function reconcileMember(
  draft: ConsumerDraft,
  memberId: string,
  request: ConsumerHeartbeat,
  subscriptionChanged: boolean,
): ConsumerMember {
  const { group, env } = draft;
  const before = draft.member(memberId);
  const member = reconcile(group, before, request.owned, subscriptionChanged, env.topics);
  if (member === before) return member;
  draft.put(member);
  watchRevocation(draft, member);
  return member;
}

/** The assignment goes to members that ask for everything, and when it changed. */
function answer(
  request: ConsumerHeartbeat,
  before: ConsumerMember,
  member: ConsumerMember,
  env: Environment,
): ConsumerHeartbeatReply {
  const { rebalanceTimeoutMs, topics, regex, owned, epoch } = request;
  const asksAll = rebalanceTimeoutMs !== -1 && (topics !== null || regex !== null) && owned !== null;
  const tell = epoch === JOIN_EPOCH || asksAll || !sameOwned(before.assigned, member.assigned);
  return {
    error: 'NONE',
    message: null,
    memberId: member.memberId,
    epoch: member.epoch,
    heartbeatIntervalMs: heartbeatIntervalMs(env),
    assignment: tell ? partitionsOf(member.assigned) : null,
  };
}

function leave(group: AnyGroup | undefined, request: ConsumerHeartbeat, waiter: Waiter, env: Environment): Step {
  const { memberId, instanceId, epoch } = request;
  const draft = openForMember(group, request, env);
  const member = instanceId === null ? knownMember(draft.group, memberId) : knownInstance(draft.group, instanceId);
  if (instanceId !== null) checkInstance(member, memberId);
  const reply: ConsumerHeartbeatReply = { ...failedHeartbeat('NONE'), memberId, epoch };
  draft.reply(waiter, reply);
  if (epoch === LEAVE_EPOCH || instanceId === null) return fence(draft, [member.memberId]);
  // A static member is expected back within its session: it keeps what it has, and whoever comes with its instance id takes its place.
  draft.put({ ...member, epoch: STATIC_LEAVE_EPOCH, revoking: new Map() });
  return draft.finish();
}
