import {
  intersects,
  NO_OWNED_PARTITIONS,
  NO_PARTITIONS,
  type OwnedPartitions,
  ownedSince,
  type Partitions,
  sameOwned,
  union,
} from '../partitions.ts';
import type { GroupTopics } from '../types.ts';
import { isHeldByOther, isReconciled, subscriptionOf, targetOf } from './group.ts';
import type { ConsumerGroup, ConsumerMember } from './types.ts';

interface Reconciliation {
  readonly group: ConsumerGroup;
  readonly member: ConsumerMember;
  /** What the member says it has; null when it does not say. */
  readonly reported: Partitions | null;
  /** Ids of the topics that it subscribes. */
  readonly subscribed: ReadonlySet<string>;
}

/**
 * Brings a member a step nearer to its target: it gives up first what is not its any more, and gets what is its as soon as nobody else
 * has it. So a partition never has two owners. The same member is returned when there is nothing to do.
 */
export function reconcile(
  group: ConsumerGroup,
  member: ConsumerMember,
  reported: Partitions | null,
  subscriptionChanged: boolean,
  topics: GroupTopics,
): ConsumerMember {
  if (!subscriptionChanged && isReconciled(member, group.assignmentEpoch)) return member;
  const subscribed = new Set<string>();
  for (const name of subscriptionOf(group, member)) {
    const topicId = topics.byName(name)?.topicId;
    if (topicId !== undefined) subscribed.add(topicId);
  }
  const work: Reconciliation = { group, member, reported, subscribed };
  const next = nextOf(work, subscriptionChanged);
  return isSame(member, next) ? member : next;
}

function nextOf(work: Reconciliation, subscriptionChanged: boolean): ConsumerMember {
  const { group, member } = work;
  const mustRevoke = member.state === 'unrevoked' && holds(work, member.revoking);
  if (member.state === 'stable' && member.epoch === group.assignmentEpoch) return dropUnsubscribed(work);
  if (mustRevoke) return subscriptionChanged ? dropUnsubscribed(work) : member;
  return approach(work);
}

/** What the member reports says that it has one of these; so does its silence. */
const holds = ({ reported }: Reconciliation, partitions: OwnedPartitions): boolean =>
  reported === null || intersects(reported, partitions);

/** Takes from the member what it no longer subscribes, without waiting for a new target. */
function dropUnsubscribed(work: Reconciliation): ConsumerMember {
  const { member, subscribed } = work;
  const dropped = [...member.assigned].filter(([topicId]) => !subscribed.has(topicId));
  if (dropped.length === 0) return member;
  const assigned = new Map([...member.assigned].filter(([topicId]) => subscribed.has(topicId)));
  const revoking = new Map(member.revoking);
  for (const [topicId, epochs] of dropped)
    revoking.set(topicId, new Map([...(revoking.get(topicId) ?? []), ...epochs]));
  if (!holds(work, revoking)) return { ...member, previousEpoch: member.epoch, assigned };
  return { ...member, previousEpoch: member.epoch, state: 'unrevoked', assigned, revoking };
}

function approach(work: Reconciliation): ConsumerMember {
  const { group, member } = work;
  const { kept, revoked, wanted, waits } = compare(work);
  if (revoked.size > 0 && holds(work, revoked))
    return { ...member, previousEpoch: member.epoch, state: 'unrevoked', assigned: kept, revoking: revoked };
  return {
    ...member,
    previousEpoch: member.epoch,
    epoch: group.assignmentEpoch,
    state: waits ? 'unreleased' : 'stable',
    assigned: union(kept, ownedSince(wanted, group.assignmentEpoch)),
    revoking: NO_OWNED_PARTITIONS,
  };
}

/** What of the member's partitions it keeps and what not, what it can get, and whether others still have some of its target. */
function compare(work: Reconciliation): {
  kept: OwnedPartitions;
  revoked: OwnedPartitions;
  wanted: Partitions;
  waits: boolean;
} {
  const { group, member, subscribed } = work;
  const target = targetOf(group, member.memberId);
  const kept = new Map<string, ReadonlyMap<number, number>>();
  const revoked = new Map<string, ReadonlyMap<number, number>>();
  const wanted = new Map<string, readonly number[]>();
  let waits = false;
  for (const topicId of new Set([...target.keys(), ...member.assigned.keys()])) {
    const goal = new Set(subscribed.has(topicId) ? target.get(topicId) : []);
    const now = [...(member.assigned.get(topicId) ?? [])];
    const staying = now.filter(([partition]) => goal.has(partition));
    const going = now.filter(([partition]) => !goal.has(partition));
    const coming = [...goal].filter((partition) => member.assigned.get(topicId)?.has(partition) !== true);
    const free = coming.filter((partition) => !isHeldByOther(group, member.memberId, topicId, partition));
    waits ||= free.length < coming.length;
    if (staying.length > 0) kept.set(topicId, new Map(staying));
    if (going.length > 0) revoked.set(topicId, new Map(going));
    if (free.length > 0) wanted.set(topicId, free);
  }
  return { kept, revoked, wanted: wanted.size === 0 ? NO_PARTITIONS : wanted, waits };
}

const isSame = (a: ConsumerMember, b: ConsumerMember): boolean =>
  a.epoch === b.epoch &&
  a.previousEpoch === b.previousEpoch &&
  a.state === b.state &&
  sameOwned(a.assigned, b.assigned) &&
  sameOwned(a.revoking, b.revoking);
