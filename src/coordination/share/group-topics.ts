import { newShareGroup, type SharedTopic, type ShareGroup } from './group.ts';

/** The group with share partitions of the topics; a new one if there is none and it is to have any. */
export function alterTopics(
  group: ShareGroup | undefined,
  groupId: string,
  altered: ReadonlyMap<string, SharedTopic>,
): ShareGroup | undefined {
  if (altered.size === 0) return group;
  const before = group ?? newShareGroup(groupId);
  const topics = new Map(before.topics);
  for (const [topicId, { name, partitions }] of altered)
    topics.set(topicId, { name, partitions: Math.max(partitions, topics.get(topicId)?.partitions ?? 0) });
  return { ...before, topics };
}

/** The group without share partitions of the topics. */
export function forgetTopics(group: ShareGroup | undefined, topicIds: readonly string[]): ShareGroup | undefined {
  if (group === undefined || !topicIds.some((topicId) => group.topics.has(topicId))) return group;
  return { ...group, topics: new Map([...group.topics].filter(([topicId]) => !topicIds.includes(topicId))) };
}
