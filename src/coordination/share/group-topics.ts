import type { GroupTopic } from '../types.ts';
import { newShareGroup, type ShareGroup } from './group.ts';

/** The group with share partitions of the topics; a new one if there is none and it is to have any. */
export function alterTopics(
  group: ShareGroup | undefined,
  groupId: string,
  topics: readonly GroupTopic[],
): ShareGroup | undefined {
  if (topics.length === 0) return group;
  const added = topics.map(({ topicId, name, partitions }) => [topicId, { name, partitions }] as const);
  const before = group ?? newShareGroup(groupId);
  return { ...before, topics: new Map([...before.topics, ...added]) };
}

/** The group without share partitions of the topics. */
export function forgetTopics(group: ShareGroup | undefined, topicIds: readonly string[]): ShareGroup | undefined {
  if (group === undefined || !topicIds.some((topicId) => group.topics.has(topicId))) return group;
  return { ...group, topics: new Map([...group.topics].filter(([topicId]) => !topicIds.includes(topicId))) };
}
