import { failedSync } from '../classic/draft.ts';
import { EMPTY_BYTES, failedJoin } from '../classic/group.ts';
import { decodeAssignment, decodeSubscription } from '../classic/subscription.ts';
import type { Group, Member } from '../classic/types.ts';
import { ownedSince, type Partitions } from '../partitions.ts';
import { Refused } from '../refused.ts';
import type { AnyGroup, Environment } from '../types.ts';
import { watchSession } from '../member-timers.ts';
import { ConsumerDraft } from './draft.ts';
import { newConsumerGroup, newMember } from './group.ts';
import { byId } from './names.ts';
import type { ConsumerGroup, ConsumerMember } from './types.ts';

const notFound = (message: string): Refused => new Refused('GROUP_ID_NOT_FOUND', message);

/** The consumer group for somebody who is a member. Throws Refused when there is none of that id. */
export function openForMember(
  group: AnyGroup | undefined,
  { groupId }: { readonly groupId: string },
  env: Environment,
): ConsumerDraft {
  if (group === undefined) throw notFound(`There is no consumer group ${groupId}.`);
  if (group.kind !== 'consumer') throw notFound(`Group ${groupId} is no consumer group.`);
  return new ConsumerDraft(group as ConsumerGroup, env);
}

/**
 * The consumer group for somebody who joins: a new one, if there is none or a classic one without members; a classic one with
 * members is converted with them, if the migration policy allows it (KIP-848). Throws Refused.
 */
export function openForJoin(
  group: AnyGroup | undefined,
  request: { readonly groupId: string },
  env: Environment,
): ConsumerDraft {
  if (group === undefined) return new ConsumerDraft(newConsumerGroup(request.groupId), env, true);
  if (group.kind !== 'classic') return openForMember(group, request, env);
  const classic = group as Group;
  if (classic.state === 'Empty') return new ConsumerDraft(newConsumerGroup(request.groupId), env, true);
  return upgrade(classic, env);
}

function upgrade(classic: Group, env: Environment): ConsumerDraft {
  checkUpgrade(classic, env);
  const draft = new ConsumerDraft(newConsumerGroup(classic.groupId), env, true);
  const { generation } = classic;
  draft.change({ epoch: generation, assignmentEpoch: generation });
  for (const member of classic.members.values()) {
    const { memberId, awaitingJoin, awaitingSync, sessionTimeoutMs } = member;
    // A rebalance under way is not ended: those who wait for it join the consumer group anew.
    if (awaitingJoin !== undefined) draft.reply(awaitingJoin, failedJoin(memberId, 'REBALANCE_IN_PROGRESS'));
    if (awaitingSync !== undefined) draft.reply(awaitingSync, failedSync('REBALANCE_IN_PROGRESS'));
    const { converted, target } = convert(member, classic, env);
    draft.put(converted);
    draft.setTarget(memberId, target);
    watchSession(draft, memberId, sessionTimeoutMs);
  }
  return draft;
}

function checkUpgrade(classic: Group, { settings }: Environment): void {
  const { migrationPolicy, maxSize } = settings.consumer;
  const refused = (reason: string): Refused =>
    notFound(`The classic group ${classic.groupId} cannot become a consumer group: ${reason}.`);
  if (migrationPolicy !== 'bidirectional' && migrationPolicy !== 'upgrade') throw refused('upgrades are disabled');
  if (classic.protocolType !== 'consumer') throw refused('its members are no consumers');
  if (classic.members.size > maxSize) throw refused('it has too many members');
}

/** A member as it goes on in the consumer group: with what its last assignment gave it. */
function convert(member: Member, classic: Group, env: Environment): { converted: ConsumerMember; target: Partitions } {
  const { memberId, protocols } = member;
  const chosen = protocols.find(({ name }) => name === classic.protocolName) ?? protocols[0];
  const subscription = decodeSubscription(chosen?.metadata ?? EMPTY_BYTES);
  const assignment = decodeAssignment(member.assignment);
  if (subscription === undefined || assignment === undefined)
    throw notFound(
      `The classic group ${classic.groupId} cannot become a consumer group: its embedded protocol is malformed.`,
    );
  // What a custom assignor told its members would be lost.
  if (assignment.userBytes > 0)
    throw notFound(`The classic group ${classic.groupId} cannot become a consumer group: it uses a custom assignor.`);
  const target = byId(assignment.partitions, env.topics);
  const converted: ConsumerMember = {
    ...newMember(memberId),
    instanceId: member.instanceId,
    rackId: subscription.rackId,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    clientId: member.clientId,
    clientHost: member.clientHost,
    topics: [...new Set(subscription.topics)].sort(),
    classic: { sessionTimeoutMs: member.sessionTimeoutMs, protocols },
    epoch: classic.generation,
    previousEpoch: classic.generation,
    assigned: ownedSince(target, classic.generation),
  };
  return { converted, target };
}
