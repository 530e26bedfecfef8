import type { Partitions } from '../partitions.ts';
import type { GroupTopics } from '../types.ts';

/** Partitions by topic id, of partitions by name. Topics that are not there are left out. */
export function byId(named: ReadonlyMap<string, readonly number[]>, topics: GroupTopics): Partitions {
  const found = new Map<string, readonly number[]>();
  for (const [name, partitions] of named) {
    const topic = topics.byName(name);
    if (topic !== undefined && partitions.length > 0)
      found.set(
        topic.topicId,
        [...new Set(partitions)].sort((a, b) => a - b),
      );
  }
  return found;
}

/** Partitions by topic name, of partitions by id. Topics that are gone are left out. */
export function byName(partitions: Partitions, topics: GroupTopics): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, readonly number[]>();
  for (const [topicId, list] of partitions) {
    const topic = topics.byId(topicId);
    if (topic !== undefined) found.set(topic.name, list);
  }
  return found;
}
