import { rangeAssignor } from '../assignors/range.ts';
import type { Assignor, AssignorMember } from '../assignors/types.ts';
import { uniformAssignor } from '../assignors/uniform.ts';
import { type Partitions, samePartitions } from '../partitions.ts';
import { isTooSoon } from '../pauses.ts';
import type { GroupTopics } from '../types.ts';
import { assignmentIntervalMs } from './configs.ts';
import type { ConsumerDraft } from './draft.ts';
import { subscriptionOf, targetOf } from './group.ts';
import type { ConsumerGroup } from './types.ts';

/** Every assignor that this broker has; `group.consumer.assignors` says which of them members may ask for. */
const ASSIGNORS: readonly Assignor[] = [uniformAssignor, rangeAssignor];

export const assignorNames: readonly string[] = ASSIGNORS.map(({ name }) => name);

/** The assignor that most members ask for; among equals, and when none asks, the first of the settings. */
export function assignorOf(group: ConsumerGroup, settings: readonly string[]): string {
  const votes = new Map<string, number>();
  for (const { assignor } of group.members.values())
    if (assignor !== null) votes.set(assignor, (votes.get(assignor) ?? 0) + 1);
  const [first = uniformAssignor.name, ...others] = settings;
  return others.reduce((best, name) => ((votes.get(name) ?? 0) > (votes.get(best) ?? 0) ? name : best), first);
}

/**
 * Computes a new target assignment if one is due. Not more often than the assignment interval: members that come together then share
 * one, and until then the last one stands.
 */
export function updateTarget(draft: ConsumerDraft): void {
  const { group, env } = draft;
  if (group.epoch <= group.assignmentEpoch) return;
  if (isTooSoon(group.assignmentTime, assignmentIntervalMs(env), env.now)) return;
  const name = assignorOf(group, env.settings.consumer.assignors);
  const assignor = ASSIGNORS.find((one) => one.name === name) ?? uniformAssignor;
  const assigned = assignor.assign(inputOf(group, env.topics));
  const targets = new Map<string, Partitions>();
  for (const memberId of group.members.keys()) {
    const before = targetOf(group, memberId);
    const after = assigned.get(memberId) ?? new Map();
    targets.set(memberId, samePartitions(before, after) ? before : after);
  }
  draft.change({ targets, assignmentEpoch: group.epoch, assignmentTime: env.now });
}

function inputOf(group: ConsumerGroup, known: GroupTopics) {
  const partitionCounts = new Map<string, number>();
  const memberIds = [...group.members.keys()].sort();
  const members = memberIds.flatMap((memberId): AssignorMember[] => {
    const member = group.members.get(memberId);
    if (member === undefined) return [];
    const topics = new Set<string>();
    for (const name of [...subscriptionOf(group, member)].sort()) {
      const topic = known.byName(name);
      if (topic === undefined) continue;
      topics.add(topic.topicId);
      partitionCounts.set(topic.topicId, topic.partitions);
    }
    return [{ memberId, instanceId: member.instanceId, topics, before: targetOf(group, memberId) }];
  });
  return { members, partitionCounts };
}
