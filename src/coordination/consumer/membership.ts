import { Refused } from '../refused.ts';
import type { ConsumerDraft } from './draft.ts';
import { newMember, targetOf } from './group.ts';
import {
  type ConsumerGroup,
  type ConsumerHeartbeat,
  type ConsumerMember,
  JOIN_EPOCH,
  STATIC_LEAVE_EPOCH,
} from './types.ts';
import { checkEpoch, checkInstance, knownInstance, knownMember } from './validate.ts';

/** The member that a heartbeat is of, new if it joins. Throws Refused when it may not be one. */
export function joinedMember(draft: ConsumerDraft, request: ConsumerHeartbeat): ConsumerMember {
  const { group, env } = draft;
  checkSize(group, request.memberId, env.settings.consumer.maxSize);
  // KIP-848 had the broker make member ids; since KIP-1082 clients make their own.
  const memberId = request.memberId === '' ? memberIdOf(env.uuid) : request.memberId;
  if (request.instanceId !== null) return staticMember(draft, { ...request, memberId }, request.instanceId);
  if (request.epoch === JOIN_EPOCH) return group.members.get(memberId) ?? newMember(memberId);
  const member = knownMember(group, memberId);
  checkEpoch(member, request.epoch, request.owned);
  return member;
}

/** An id for a member that has none: the UUID in Kafka's text form. */
export function memberIdOf(uuid: string): string {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url');
}

/** Throws Refused when one more member would be too many. */
export function checkSize(group: ConsumerGroup, memberId: string, maxSize: number): void {
  if (group.members.size < maxSize || group.members.has(memberId)) return;
  throw new Refused('GROUP_MAX_SIZE_REACHED', `The group has ${maxSize} members, and may not have more.`);
}

function staticMember(draft: ConsumerDraft, request: ConsumerHeartbeat, instanceId: string): ConsumerMember {
  const { memberId, epoch, owned } = request;
  if (epoch !== JOIN_EPOCH) {
    const member = knownInstance(draft.group, instanceId);
    checkInstance(member, memberId);
    checkEpoch(member, epoch, owned);
    return member;
  }
  const existing = draft.group.members.get(draft.group.staticMembers.get(instanceId) ?? '');
  if (existing === undefined) return draft.group.members.get(memberId) ?? newMember(memberId);
  // Two clients with one instance id at once: the second one waits until the first has left. One of the classic protocol never says so.
  if (existing.classic === undefined && existing.epoch !== STATIC_LEAVE_EPOCH) {
    const message = `Instance id ${instanceId} belongs to member ${existing.memberId}, which has not left.`;
    throw new Refused('UNRELEASED_INSTANCE_ID', message);
  }
  return replaceStatic(draft, existing, memberId);
}

/** Gives the place of a static member, with all that it has, to the one that came back with its instance id. */
export function replaceStatic(draft: ConsumerDraft, existing: ConsumerMember, memberId: string): ConsumerMember {
  const target = targetOf(draft.group, existing.memberId);
  draft.remove(existing.memberId);
  const member = { ...existing, memberId, epoch: 0, previousEpoch: 0 };
  draft.put(member);
  draft.setTarget(memberId, target);
  return member;
}
