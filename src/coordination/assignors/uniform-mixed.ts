import type { Partitions } from '../partitions.ts';
import type { AssignorInput } from './types.ts';
import { Working } from './working.ts';

/** Rounds of balancing. One is enough for usual subscriptions; each further one about halves what is left of an imbalance. */
const MAX_ROUNDS = 16;

/**
 * Members that subscribe different topics: each keeps what it had, free partitions go to whichever subscriber has least, and then
 * partitions move from those that have more to those that have less, topic by topic.
 */
export function assignMixed(input: AssignorInput): Map<string, Partitions> {
  const working = new Working(input);
  for (const member of input.members) working.keep(member, Number.POSITIVE_INFINITY);
  const topics = orderedTopics(input);
  const free = new Map<string, number[]>(topics.map(({ topicId }) => [topicId, []]));
  for (const { topicId, partition } of working.unowned()) free.get(topicId)?.push(partition);
  for (const { topicId, subscribers } of topics) {
    for (const partition of free.get(topicId) ?? []) {
      const poorest = least(working, subscribers);
      if (poorest !== undefined) working.give(poorest, { topicId, partition });
    }
  }
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const moved = topics.map(({ topicId, subscribers }) => balance(working, topicId, subscribers));
    if (!moved.includes(true)) break;
  }
  return working.result();
}

/** Topics with many partitions for each subscriber first: what is left for the others can then be evened out. */
function orderedTopics({ members, partitionCounts }: AssignorInput): { topicId: string; subscribers: string[] }[] {
  return [...partitionCounts]
    .map(([topicId, count]) => {
      const subscribers = members.filter(({ topics }) => topics.has(topicId)).map(({ memberId }) => memberId);
      return { topicId, subscribers, share: count / subscribers.length };
    })
    .sort(
      (a, b) => b.share - a.share || a.subscribers.length - b.subscribers.length || (a.topicId < b.topicId ? -1 : 1),
    );
}

function least(working: Working, members: readonly string[]): string | undefined {
  let found: string | undefined;
  for (const member of members) if (found === undefined || working.size(member) < working.size(found)) found = member;
  return found;
}

/** The member that has most of all, among those that have something of the topic. */
function most(working: Working, members: readonly string[], topicId: string): string | undefined {
  let found: string | undefined;
  for (const member of members) {
    if (!working.has(member, topicId)) continue;
    if (found === undefined || working.size(member) > working.size(found)) found = member;
  }
  return found;
}

/** Moves partitions of the topic from the subscriber that has most to the one that has least, until they differ by one at most. */
function balance(working: Working, topicId: string, subscribers: readonly string[]): boolean {
  for (let moved = false; ; moved = true) {
    const poorest = least(working, subscribers);
    const richest = most(working, subscribers, topicId);
    if (poorest === undefined || richest === undefined) return moved;
    if (working.size(richest) - working.size(poorest) <= 1) return moved;
    working.move(topicId, richest, poorest);
  }
}
