// OffsetFetch v1-10: committed offsets of one group, or from v8 on of many. An unknown group, topic or partition has offset -1
// and no error; only an unknown topic id (v10) is one. `requireStable` waits for commits under way.
import { errorCode } from '../../../protocol/errors.ts';
import { offsetFetchApi } from '../../../protocol/messages/index.ts';
import type { RequestOf, ResponseOf } from '../../../protocol/schema/index.ts';
import type { Offsets } from '../../coordination/offsets.ts';
import type { GroupCoordinator } from '../../coordination/coordinator.ts';
import type { CommittedOffset, GroupTopics } from '../../coordination/types.ts';
import { type Handler, handler } from '../handler.ts';

const GROUPS_SINCE = 8;
const TOPIC_IDS_SINCE = 10;

type Response = ResponseOf<typeof offsetFetchApi>;
type GroupRequest = RequestOf<typeof offsetFetchApi>['groups'][number];
type GroupResponse = NonNullable<Response['groups']>[number];
type TopicResponse = GroupResponse['topics'][number];
type PartitionResponse = TopicResponse['partitions'][number];

export function offsetFetchHandler(coordinator: GroupCoordinator, topics: GroupTopics): Handler {
  const offsetsOf = async (groupId: string, requireStable: boolean): Promise<Offsets> =>
    requireStable ? coordinator.stableOffsets(groupId) : coordinator.offsets(groupId);

  return handler(offsetFetchApi, async (request, { apiVersion }): Promise<Response> => {
    if (apiVersion < GROUPS_SINCE) {
      const offsets = await offsetsOf(request.groupId, request.requireStable);
      const wanted = request.topics?.map((topic) => ({ ...topic, topicId: '' })) ?? null;
      return { topics: fetchByName(offsets, wanted), errorCode: 0 };
    }
    const fetch = apiVersion >= TOPIC_IDS_SINCE ? fetchById : fetchByName;
    const groups: GroupResponse[] = [];
    for (const group of request.groups) {
      const offsets = await offsetsOf(group.groupId, request.requireStable);
      groups.push({ groupId: group.groupId, topics: fetch(offsets, group.topics, topics), errorCode: 0 });
    }
    return { groups };
  });
}

function partitionOf(
  partitionIndex: number,
  committed: CommittedOffset | undefined,
  error: 'NONE' | 'UNKNOWN_TOPIC_ID' = 'NONE',
): PartitionResponse {
  return {
    partitionIndex,
    committedOffset: committed?.offset ?? -1,
    committedLeaderEpoch: committed?.leaderEpoch ?? -1,
    metadata: committed?.metadata ?? '',
    errorCode: errorCode[error],
  };
}

const allOf = (partitions: ReadonlyMap<number, CommittedOffset>): PartitionResponse[] =>
  [...partitions].map(([partition, committed]) => partitionOf(partition, committed));

function fetchByName(offsets: Offsets, wanted: GroupRequest['topics']): (TopicResponse & { name: string })[] {
  if (wanted === null) return [...offsets].map(([name, partitions]) => ({ name, partitions: allOf(partitions) }));
  return wanted.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partition) => partitionOf(partition, offsets.get(name)?.get(partition))),
  }));
}

/** An offset that was committed for a former topic of the same name counts for nothing. */
function fetchById(offsets: Offsets, wanted: GroupRequest['topics'], topics: GroupTopics): TopicResponse[] {
  if (wanted === null) {
    return [...offsets].flatMap(([name, partitions]) => {
      const topicId = topics.byName(name)?.topicId;
      return topicId === undefined ? [] : [{ topicId, partitions: allOf(partitions) }];
    });
  }
  return wanted.map(({ topicId, partitionIndexes }) => {
    const topic = topics.byId(topicId);
    const committed = (partition: number): CommittedOffset | undefined => {
      const found = topic && offsets.get(topic.name)?.get(partition);
      return found?.topicId === topicId ? found : undefined;
    };
    const error = topic === undefined ? 'UNKNOWN_TOPIC_ID' : 'NONE';
    return { topicId, partitions: partitionIndexes.map((index) => partitionOf(index, committed(index), error)) };
  });
}
