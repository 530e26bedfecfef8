import { isOwned, type Partitions } from '../partitions.ts';
import { Refused } from '../refused.ts';
import {
  type ConsumerGroup,
  type ConsumerHeartbeat,
  type ConsumerMember,
  JOIN_EPOCH,
  LEAVE_EPOCH,
  STATIC_LEAVE_EPOCH,
} from './types.ts';

/** Throws Refused for a request that no group could accept. */
export function checkRequest(request: ConsumerHeartbeat, assignors: readonly string[]): void {
  const { epoch } = request;
  if (request.makesOwnId || epoch > 0 || epoch === LEAVE_EPOCH) refuseEmpty(request.memberId, 'member id');
  refuseEmpty(request.groupId, 'group id');
  refuseEmpty(request.instanceId, 'instance id');
  refuseEmpty(request.rackId, 'rack id');
  if (epoch === JOIN_EPOCH) checkJoin(request);
  else if (epoch === STATIC_LEAVE_EPOCH && request.instanceId === null) throw invalid('The instance id is missing.');
  else if (epoch < STATIC_LEAVE_EPOCH) throw invalid('The member epoch is invalid.');
  if (request.assignor !== null && !assignors.includes(request.assignor)) {
    const known = assignors.join(', ');
    throw new Refused('UNSUPPORTED_ASSIGNOR', `Assignor ${request.assignor} is not supported; supported are ${known}.`);
  }
}

const invalid = (message: string): Refused => new Refused('INVALID_REQUEST', message);

function refuseEmpty(value: string | null, what: string): void {
  if (value !== null && value.trim() === '') throw invalid(`The ${what} is empty.`);
}

/** A member that joins says everything about itself, and has nothing yet. */
function checkJoin({ rebalanceTimeoutMs, owned, topics, regex }: ConsumerHeartbeat): void {
  if (rebalanceTimeoutMs === -1) throw invalid('The rebalance time-out is missing in the first request.');
  if (owned === null || owned.size > 0) throw invalid('The partitions of a member that joins must be empty.');
  if (topics === null && regex === null)
    throw invalid('A member that joins must subscribe by names or by an expression.');
}

/**
 * Throws Refused unless the epoch is the member's, or the one before with partitions that it still has: then the answer with the new
 * epoch was lost. A member may always begin anew, with epoch 0.
 */
export function checkEpoch(member: ConsumerMember, epoch: number, owned: Partitions | null): void {
  if (epoch === JOIN_EPOCH || epoch === member.epoch) return;
  const lostAnswer = epoch < member.epoch && epoch === member.previousEpoch && owned !== null;
  if (lostAnswer && isOwned(owned, member.assigned)) return;
  const than = epoch > member.epoch ? 'larger' : 'smaller';
  const message = `The epoch ${epoch} is ${than} than ${member.epoch}, the member's. It must give up all partitions and join again.`;
  throw new Refused('FENCED_MEMBER_EPOCH', message);
}

/** The member of that id. Throws Refused when there is none. */
export function knownMember(group: ConsumerGroup, memberId: string): ConsumerMember {
  const member = group.members.get(memberId);
  if (member === undefined) throw new Refused('UNKNOWN_MEMBER_ID', `Group ${group.groupId} has no member ${memberId}.`);
  return member;
}

/** The member with that instance id. Throws Refused when there is none. */
export function knownInstance(group: ConsumerGroup, instanceId: string): ConsumerMember {
  const member = group.members.get(group.staticMembers.get(instanceId) ?? '');
  if (member === undefined) throw new Refused('UNKNOWN_MEMBER_ID', `Instance id ${instanceId} is unknown.`);
  return member;
}

/** Throws Refused when another member has the instance id by now. */
export function checkInstance(member: ConsumerMember, memberId: string): void {
  if (member.memberId === memberId) return;
  const message = `Instance id ${member.instanceId} belongs to member ${member.memberId} by now.`;
  throw new Refused('FENCED_INSTANCE_ID', message);
}
