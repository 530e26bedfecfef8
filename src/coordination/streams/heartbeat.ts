import type { Group } from '../classic/types.ts';
import { orRefusal, Refused } from '../refused.ts';
import type { AnyGroup, Environment, GroupError, Step, Waiter } from '../types.ts';
import { configureTopology } from './configure.ts';
import { heartbeatIntervalMs, initialRebalanceDelayMs, sessionTimeoutMs, standbyReplicas } from './configs.ts';
import { INITIAL_TIMER, StreamsDraft } from './draft.ts';
import { endpointsOf } from './endpoints.ts';
import { metadataHashOf, newMember, newStreamsGroup } from './group.ts';
import { reconcile } from './reconcile.ts';
import { updateTarget } from './target.ts';
import { NO_TASKS, sameOwnedTasks, tasksOf } from './tasks.ts';
import {
  STATUS,
  type Status,
  type StreamsGroup,
  type StreamsHeartbeat,
  type StreamsHeartbeatReply,
  type StreamsMember,
} from './types.ts';
import { checkEpoch, checkRequest, checkTasks, JOIN_EPOCH, LEAVE_EPOCH } from './validate.ts';
import { watchRevocation, watchSession } from '../member-timers.ts';

export const failedHeartbeat = (error: GroupError, message: string | null = null): StreamsHeartbeatReply => ({
  error,
  message,
  memberId: '',
  epoch: 0,
  heartbeatIntervalMs: 0,
  status: [],
  tasks: null,
  endpointEpoch: 0,
  endpoints: null,
  missingTopics: [],
});

/** StreamsGroupHeartbeat: a member joins, stays, tells which tasks it has, learns which it is to have, or leaves. */
export function streamsHeartbeat(
  group: AnyGroup | undefined,
  request: StreamsHeartbeat,
  waiter: Waiter,
  env: Environment,
): Step {
  return orRefusal(group, waiter, failedHeartbeat, () => {
    checkRequest(request);
    return request.epoch === LEAVE_EPOCH ? leave(group, request, waiter, env) : stay(group, request, waiter, env);
  });
}

function open(group: AnyGroup | undefined, { groupId, epoch }: StreamsHeartbeat, env: Environment): StreamsDraft {
  // A classic group without members makes room; members of it would not understand tasks.
  const isFree = group === undefined || (group.kind === 'classic' && (group as Group).state === 'Empty');
  if (epoch === JOIN_EPOCH && isFree) return new StreamsDraft(newStreamsGroup(groupId), env, true);
  if (group === undefined) throw new Refused('GROUP_ID_NOT_FOUND', `There is no streams group ${groupId}.`);
  if (group.kind !== 'streams') throw new Refused('GROUP_ID_NOT_FOUND', `Group ${groupId} is no streams group.`);
  return new StreamsDraft(group as StreamsGroup, env);
}

function stay(group: AnyGroup | undefined, request: StreamsHeartbeat, waiter: Waiter, env: Environment): Step {
  const draft = open(group, request, env);
  const wasEmpty = draft.group.members.size === 0;
  const before = memberOf(draft, request);
  const told = toldBy(request, before);
  const isChanged = told !== before;
  if (isChanged) draft.put(told);
  updateTopology(draft, request);
  const status = staleStatus(draft.group, told);
  configure(draft, request, isChanged);
  if (wasEmpty) delayFirst(draft);
  status.push(...assign(draft));
  const member = reconcileMember(draft, told, request);
  watchSession(draft, member.memberId, sessionTimeoutMs(env));
  if (request.shutdown) draft.change({ shutdownBy: member.memberId });
  draft.reply(waiter, answer(draft, request, before, member, status));
  return draft.finish();
}

function memberOf({ group, env }: StreamsDraft, request: StreamsHeartbeat): StreamsMember {
  const { memberId, epoch, owned } = request;
  const { maxSize } = env.settings.streams;
  if (epoch === JOIN_EPOCH && group.members.size >= maxSize)
    throw new Refused('GROUP_MAX_SIZE_REACHED', `The group has ${maxSize} members, and may not have more.`);
  const known = group.members.get(memberId);
  if (known === undefined && epoch === JOIN_EPOCH) return newMember(memberId);
  if (known === undefined) throw new Refused('UNKNOWN_MEMBER_ID', `Group ${group.groupId} has no member ${memberId}.`);
  checkEpoch(known, epoch, owned);
  return known;
}

/** The member with what the request says about it; what it leaves out stays. The same when nothing is new. */
function toldBy(request: StreamsHeartbeat, before: StreamsMember): StreamsMember {
  const { rackId, rebalanceTimeoutMs, topology, processId, endpoint, tags, clientId, clientHost } = request;
  const told: StreamsMember = {
    ...before,
    rackId: rackId ?? before.rackId,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? before.rebalanceTimeoutMs : rebalanceTimeoutMs,
    topologyEpoch: topology?.epoch ?? before.topologyEpoch,
    processId: processId ?? before.processId,
    endpoint: endpoint ?? before.endpoint,
    tags: tags ?? before.tags,
    clientId,
    clientHost,
  };
  const description = ({ assigned: _, revoking: __, ...member }: StreamsMember): string => JSON.stringify(member);
  return description(told) === description(before) ? before : told;
}

/** The first topology that comes is the group's; a member with an older one is told so, and another one is refused. */
function updateTopology(draft: StreamsDraft, { topology }: StreamsHeartbeat): void {
  const known = draft.group.topology;
  if (topology === null) return;
  if (known === undefined) draft.change({ topology });
  else if (known.epoch <= topology.epoch && JSON.stringify(known) !== JSON.stringify(topology))
    throw new Refused('INVALID_REQUEST', 'A topology cannot be changed yet.');
}

function staleStatus({ topology }: StreamsGroup, { topologyEpoch }: StreamsMember): Status[] {
  if (topology === undefined || topologyEpoch >= topology.epoch) return [];
  const detail = `The member's topology epoch ${topologyEpoch} is behind the group's topology epoch ${topology.epoch}.`;
  return [{ code: STATUS.STALE_TOPOLOGY, detail }];
}

/** Looks at the topics of the topology when they changed. What makes a difference to assignments asks for a new one. */
function configure(draft: StreamsDraft, request: StreamsHeartbeat, isChanged: boolean): void {
  const { group, env } = draft;
  const { topology } = group;
  if (topology === undefined) throw new Refused('UNKNOWN_SERVER_ERROR', 'The group has no topology.');
  const topicsVersion = env.topics.version();
  let { configured, metadataHash } = group;
  let bump = isChanged;
  if (configured === undefined || group.topicsVersion !== topicsVersion) {
    metadataHash = metadataHashOf(topology, env.topics);
    bump ||= metadataHash !== group.metadataHash;
    configured = configureTopology(topology, env.topics);
  }
  const isReady = configured.problem === undefined;
  if (isReady) checkTasks(configured, request.owned);
  const validatedTopologyEpoch = isReady ? topology.epoch : -1;
  const replicas = standbyReplicas(env);
  bump ||= validatedTopologyEpoch !== group.validatedTopologyEpoch || replicas !== group.standbyReplicas;
  draft.change({ configured, metadataHash, topicsVersion, validatedTopologyEpoch, standbyReplicas: replicas });
  if (bump) draft.bumpEpoch();
}

/** The first member of a group waits for others, so that they share the first assignment. */
function delayFirst(draft: StreamsDraft): void {
  const delayMs = initialRebalanceDelayMs(draft.env);
  if (delayMs === 0 || draft.group.isDelayed) return;
  draft.change({ isDelayed: true });
  draft.set(INITIAL_TIMER, delayMs, { kind: 'initial' });
}

function assign(draft: StreamsDraft): Status[] {
  if (draft.group.isDelayed)
    return [{ code: STATUS.ASSIGNMENT_DELAYED, detail: 'The first assignment waits for more members.' }];
  if (updateTarget(draft))
    return [{ code: STATUS.ASSIGNMENT_DELAYED, detail: 'The last assignment was a moment ago.' }];
  return [];
}

function reconcileMember(draft: StreamsDraft, before: StreamsMember, { owned }: StreamsHeartbeat): StreamsMember {
  const { group } = draft;
  const member = reconcile(group, before, group.isDelayed ? NO_TASKS : undefined, owned);
  if (member === before) return member;
  draft.put(member);
  watchRevocation(draft, member);
  return member;
}

/** Tasks go to members that join, and when they changed; endpoints to members that know others than there are. */
function answer(
  draft: StreamsDraft,
  request: StreamsHeartbeat,
  before: StreamsMember,
  member: StreamsMember,
  status: readonly Status[],
): StreamsHeartbeatReply {
  const tell = request.epoch === JOIN_EPOCH || !sameOwnedTasks(before.assigned, member.assigned);
  const endpointEpoch = draft.group.endpointEpoch + (tell && member.endpoint !== null ? 1 : 0);
  // The heartbeat that makes the group counts for its own answer only, as in Kafka.
  if (!draft.isNew) draft.change({ endpointEpoch });
  const { group, env } = draft;
  const { problem, missingTopics = [] } = group.configured ?? {};
  const shutdown = {
    code: STATUS.SHUTDOWN_APPLICATION,
    detail: `Member ${group.shutdownBy} asked the whole application to shut down.`,
  };
  return {
    error: 'NONE',
    message: null,
    memberId: member.memberId,
    epoch: member.epoch,
    heartbeatIntervalMs: heartbeatIntervalMs(env),
    status: [
      ...status,
      ...(problem === undefined ? [] : [problem]),
      ...(group.shutdownBy === undefined ? [] : [shutdown]),
    ],
    tasks: tell ? tasksOf(member.assigned) : null,
    endpointEpoch: group.endpointEpoch,
    endpoints: endpointEpoch === request.endpointEpoch ? null : endpointsOf(group, env.topics),
    missingTopics,
  };
}

function leave(group: AnyGroup | undefined, request: StreamsHeartbeat, waiter: Waiter, env: Environment): Step {
  const draft = open(group, request, env);
  const { memberId, epoch, shutdown } = request;
  if (!draft.group.members.has(memberId))
    throw new Refused('UNKNOWN_MEMBER_ID', `Group ${request.groupId} has no member ${memberId}.`);
  if (shutdown) draft.change({ shutdownBy: memberId });
  draft.reply(waiter, { ...failedHeartbeat('NONE'), memberId, epoch });
  return fence(draft, memberId);
}

/** Ends the step by removing a member. The last one takes the wish to shut down with it. */
export function fence(draft: StreamsDraft, memberId: string): Step {
  draft.remove(memberId);
  draft.bumpEpoch();
  if (draft.group.members.size === 0) draft.change({ shutdownBy: undefined });
  return draft.finish();
}
