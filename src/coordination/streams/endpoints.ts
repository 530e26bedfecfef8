import type { Partitions } from '../partitions.ts';
import { partitionsOf } from '../partitions.ts';
import type { GroupTopics } from '../types.ts';
import { inputsOf } from './group.ts';
import type { EndpointPartitions, StreamsGroup } from './types.ts';

/** Where the partitions of the application's topics are, for interactive queries: of each member that told an endpoint. */
export function endpointsOf(group: StreamsGroup, topics: GroupTopics): EndpointPartitions[] {
  if (group.configured?.tasks === undefined) return [];
  return [...group.members.values()].flatMap(({ endpoint, assigned }) => {
    if (endpoint === null) return [];
    const active = byTopic(group, partitionsOf(assigned.active), topics);
    const standby = byTopic(group, partitionsOf(assigned.standby), topics);
    return [{ endpoint, active, standby }];
  });
}

/** A task stands for the partition of its number of every topic that it reads, where there is one. */
function byTopic({ topology }: StreamsGroup, tasks: Partitions, topics: GroupTopics): Partitions {
  const found = new Map<string, readonly number[]>();
  for (const subtopology of topology?.subtopologies ?? []) {
    const partitions = tasks.get(subtopology.id) ?? [];
    for (const name of inputsOf(subtopology)) {
      const count = topics.byName(name)?.partitions ?? 0;
      const own = partitions.filter((partition) => partition < count);
      if (own.length > 0) found.set(name, own);
    }
  }
  return found;
}
