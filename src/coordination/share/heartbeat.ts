import type {
  AnyGroup,
  Environment,
  GroupError,
  GroupRecord,
  Step,
  TimerChange,
  TimerEvent,
  Waiter,
} from '../types.ts';
import { memberRecords } from '../member-records.ts';
import { assign } from './assignor.ts';
import {
  type Assignment,
  newShareGroup,
  sameAssignment,
  type SharedTopic,
  type ShareGroup,
  type ShareMember,
  subscribedTopics,
} from './group.ts';
import { groupRecord, memberRecord } from './group-record.ts';
import { heartbeatInterval, sessionTimeout } from './settings.ts';

const LEAVE_EPOCH = -1;
const JOIN_EPOCH = 0;

export interface ShareHeartbeatRequest {
  readonly groupId: string;
  readonly memberId: string;
  readonly memberEpoch: number;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  /** null when it has not changed. */
  readonly subscribedTopicNames: readonly string[] | null;
}

export interface ShareHeartbeatReply {
  readonly error: GroupError;
  readonly memberEpoch: number;
  readonly heartbeatIntervalMs: number;
  /** null when the member knows it already. */
  readonly assignment: Assignment | null;
}

export function failedHeartbeat(error: GroupError): ShareHeartbeatReply {
  return { error, memberEpoch: 0, heartbeatIntervalMs: 0, assignment: null };
}

const sessionKey = (memberId: string): string => `session ${memberId}`;

/** What the timer of a session brings back. */
export interface SessionEvent extends TimerEvent {
  readonly kind: 'session';
  readonly memberId: string;
}

/** Starts the session of a member anew. */
export function renewSession(memberId: string, env: Environment): TimerChange {
  const event: SessionEvent = { kind: 'session', memberId };
  return { key: sessionKey(memberId), delayMs: sessionTimeout(env.settings.share, env.overrides), event };
}

/** What is wrong with the request in itself. */
function checkRequest(request: ShareHeartbeatRequest): GroupError {
  const { groupId, memberId, memberEpoch, rackId, subscribedTopicNames } = request;
  if (groupId.trim() === '' || memberId === '' || rackId === '') return 'INVALID_REQUEST';
  if (memberEpoch < LEAVE_EPOCH) return 'INVALID_REQUEST';
  const subscribes = subscribedTopicNames !== null && subscribedTopicNames.length > 0;
  return memberEpoch === JOIN_EPOCH && !subscribes ? 'INVALID_REQUEST' : 'NONE';
}

function checkMember(group: ShareGroup | undefined, request: ShareHeartbeatRequest, env: Environment): GroupError {
  const { memberId, memberEpoch } = request;
  if (group === undefined) return memberEpoch === JOIN_EPOCH ? 'NONE' : 'GROUP_ID_NOT_FOUND';
  const member = group.members.get(memberId);
  if (member === undefined) {
    if (memberEpoch !== JOIN_EPOCH) return 'UNKNOWN_MEMBER_ID';
    return group.members.size >= env.settings.share.maxSize ? 'GROUP_MAX_SIZE_REACHED' : 'NONE';
  }
  const fits = memberEpoch <= 0 || memberEpoch === member.epoch || memberEpoch === member.previousEpoch;
  return fits ? 'NONE' : 'FENCED_MEMBER_EPOCH';
}

/** Compares what the group was assigned over with what there is now. */
function topicsChanged(group: ShareGroup, env: Environment): boolean {
  if (group.topicsVersion === env.topics.version()) return false;
  const now = subscribedTopics(group, env.topics);
  for (const [topicId, { partitions }] of now) if (group.topics.get(topicId)?.partitions !== partitions) return true;
  for (const { assignment } of group.members.values())
    for (const topicId of assignment.keys()) if (!now.has(topicId)) return true;
  return false;
}

/** The group after a change: a new epoch, and every member's part of the partitions. */
function reassigned(group: ShareGroup, env: Environment): ShareGroup {
  const assignments = assign(group, env.topics);
  const epoch = group.epoch + 1;
  const topics = new Map<string, SharedTopic>(
    [...group.topics].filter(([topicId]) => env.topics.byId(topicId) !== undefined),
  );
  for (const [topicId, { name, partitions }] of subscribedTopics(group, env.topics))
    topics.set(topicId, { name, partitions });
  const members = new Map(
    [...group.members].map(([memberId, member]) => {
      const assignment = assignments.get(memberId) ?? new Map<string, number[]>();
      const same = sameAssignment(member.assignment, assignment);
      return [memberId, same ? member : { ...member, assignment, assignedIn: epoch }];
    }),
  );
  return { ...group, epoch, members, topics, topicsVersion: env.topics.version() };
}

/** Records for what differs between two states of the group. */
function records(before: ShareGroup | undefined, after: ShareGroup, now: number): GroupRecord[] {
  const isChanged = before?.epoch !== after.epoch || before.topics !== after.topics;
  const members = memberRecords(
    before ?? newShareGroup(after.groupId),
    after,
    () => true,
    (member) => memberRecord(after.groupId, member),
  );
  return isChanged ? [groupRecord(after, now), ...members] : members;
}

function withMember(group: ShareGroup, member: ShareMember): ShareGroup {
  return { ...group, members: new Map(group.members).set(member.memberId, member) };
}

/** The member as the request describes it; the very same object when nothing is new. */
function updated(member: ShareMember | undefined, request: ShareHeartbeatRequest): ShareMember {
  const { memberId, clientId, clientHost } = request;
  const topics = request.subscribedTopicNames;
  const subscribedTopicNames = topics === null ? (member?.subscribedTopicNames ?? []) : [...new Set(topics)].sort();
  const rackId = request.rackId ?? member?.rackId ?? null;
  const fresh = { epoch: 0, previousEpoch: 0, assignment: new Map<string, number[]>(), assignedIn: 0 };
  const after = { ...(member ?? fresh), memberId, rackId, clientId, clientHost, subscribedTopicNames };
  const same =
    member !== undefined &&
    member.rackId === rackId &&
    member.clientId === clientId &&
    member.clientHost === clientHost &&
    sameNames(member.subscribedTopicNames, subscribedTopicNames);
  return same ? member : after;
}

const sameNames = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && left.every((name, at) => right[at] === name);

/** A heartbeat of a share group: joining, staying and leaving. */
export function shareHeartbeat(
  any: AnyGroup | undefined,
  request: ShareHeartbeatRequest,
  waiter: Waiter,
  env: Environment,
): Step {
  const answer = (reply: ShareHeartbeatReply): Step => ({
    group: any,
    replies: [{ to: waiter, reply }],
    records: [],
    timers: [],
    rebalanced: false,
  });
  const wrong = checkRequest(request);
  if (wrong !== 'NONE') return answer(failedHeartbeat(wrong));
  if (any !== undefined && any.kind !== 'share') return answer(failedHeartbeat('GROUP_ID_NOT_FOUND'));
  const before = any as ShareGroup | undefined;
  const refused = checkMember(before, request, env);
  if (refused !== 'NONE') return answer(failedHeartbeat(refused));
  if (request.memberEpoch === LEAVE_EPOCH && before !== undefined) {
    const left: ShareHeartbeatReply = { error: 'NONE', memberEpoch: -1, heartbeatIntervalMs: 0, assignment: null };
    return { ...removeMember(before, request.memberId, env), replies: [{ to: waiter, reply: left }] };
  }
  return stay(before, request, waiter, env);
}

function stay(before: ShareGroup | undefined, request: ShareHeartbeatRequest, waiter: Waiter, env: Environment): Step {
  const known = before?.members.get(request.memberId);
  const described = updated(known, request);
  let group = withMember(before ?? newShareGroup(request.groupId), described);
  const subscription = known === undefined || !sameNames(known.subscribedTopicNames, described.subscribedTopicNames);
  const changed = subscription || topicsChanged(group, env);
  group = changed ? reassigned(group, env) : { ...group, topicsVersion: env.topics.version() };
  const { epoch } = group;
  const assigned = group.members.get(request.memberId) ?? described;
  const isNews = assigned.epoch !== epoch;
  const member = isNews ? { ...assigned, previousEpoch: assigned.epoch, epoch } : assigned;
  group = withMember(group, member);
  // A member that sends its subscription wants to hear everything; others hear only what they cannot have heard.
  const knows = request.subscribedTopicNames === null && request.memberEpoch >= member.assignedIn;
  const reply: ShareHeartbeatReply = {
    error: 'NONE',
    memberEpoch: epoch,
    heartbeatIntervalMs: heartbeatInterval(env.settings.share, env.overrides),
    assignment: knows ? null : member.assignment,
  };
  return {
    group,
    replies: [{ to: waiter, reply }],
    records: records(before, group, env.now),
    timers: [renewSession(request.memberId, env)],
    rebalanced: changed,
  };
}

/** The group without a member that left or was silent for too long. */
export function removeMember(before: ShareGroup, memberId: string, env: Environment): Step {
  const members = new Map(before.members);
  members.delete(memberId);
  const group = reassigned({ ...before, members }, env);
  return {
    group,
    replies: [],
    records: records(before, group, env.now),
    timers: [{ key: sessionKey(memberId), event: undefined }],
    rebalanced: true,
  };
}
