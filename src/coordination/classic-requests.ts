import { failedSync } from './classic/draft.ts';
import { failedJoin } from './classic/group.ts';
import { joinGroup } from './classic/join.ts';
import { heartbeat, leaveGroup, syncGroup } from './classic/sync.ts';
import type { Group, HeartbeatRequest, JoinRequest, LeaveRequest, SyncRequest } from './classic/types.ts';
import {
  heartbeatConsumerGroup,
  joinConsumerGroup,
  leaveConsumerGroup,
  syncConsumerGroup,
} from './consumer/classic-members.ts';
import type { ConsumerGroup } from './consumer/types.ts';
import type { StreamsGroup } from './streams/types.ts';
import type { AnyGroup, Environment, Step, Waiter } from './types.ts';

/** Requests of the classic protocol, by the kind of the group that they meet: a consumer group may have classic members (KIP-848). */
const isConsumer = (group: AnyGroup | undefined): group is ConsumerGroup => group?.kind === 'consumer';
const isClassic = (group: AnyGroup | undefined): group is Group => group?.kind === 'classic';
const isStreams = (group: AnyGroup): group is StreamsGroup => group.kind === 'streams';

/** What the classic machine makes of a group that it must not touch: the group stays. */
const keeping = (group: AnyGroup | undefined, step: Step): Step =>
  step.group === undefined ? { ...step, group } : step;

const answered = (group: AnyGroup | undefined, to: Waiter, reply: object): Step => ({
  group,
  replies: [{ to, reply }],
  records: [],
  timers: [],
  rebalanced: false,
});

/** JoinGroup. A consumer or streams group without members becomes a classic one, which keeps its offsets. */
export function join(group: AnyGroup | undefined, request: JoinRequest, waiter: Waiter, env: Environment): Step {
  if (group === undefined || isClassic(group)) return joinGroup(group, request, waiter, env);
  if (isConsumer(group) && group.members.size > 0) return joinConsumerGroup(group, request, waiter, env);
  const makesRoom = isConsumer(group) || (isStreams(group) && group.members.size === 0);
  if (!makesRoom) return answered(group, waiter, failedJoin('', 'INCONSISTENT_GROUP_PROTOCOL'));
  return keeping(group, joinGroup(undefined, request, waiter, env));
}

export function sync(group: AnyGroup | undefined, request: SyncRequest, waiter: Waiter, env: Environment): Step {
  if (group === undefined || isClassic(group)) return syncGroup(group, request, waiter, env);
  if (!isConsumer(group)) return answered(group, waiter, failedSync('UNKNOWN_MEMBER_ID'));
  return syncConsumerGroup(group, request, waiter, env);
}

export function beat(group: AnyGroup | undefined, request: HeartbeatRequest, waiter: Waiter, env: Environment): Step {
  if (group === undefined || isClassic(group)) return heartbeat(group, request, waiter);
  if (!isConsumer(group)) return answered(group, waiter, { error: 'UNKNOWN_MEMBER_ID' });
  return heartbeatConsumerGroup(group, request, waiter, env);
}

export function leave(group: AnyGroup | undefined, request: LeaveRequest, waiter: Waiter, env: Environment): Step {
  if (group === undefined || isClassic(group)) return leaveGroup(group, request, waiter, env);
  if (isConsumer(group)) return leaveConsumerGroup(group, request, waiter, env);
  return keeping(group, leaveGroup(undefined, request, waiter, env));
}
