// DescribeShareGroupOffsets v0-1 (KIP-932): where share groups are, from v1 on with lag (KIP-1226). -1 stands for a partition of which nothing was given back yet.
// A group that is not there is described as one without offsets. Needs DESCRIBE on the group and the topics. An unknown topic is refused with
// UNKNOWN_TOPIC_OR_PARTITION; Kafka 4.3.1 leaves such a request without an answer. The start offset tells what is done with at this moment, while
// Kafka's is that of the write before.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { describeShareGroupOffsetsApi } from '../../../protocol/messages/index.ts';
import type { RequestOf, ResponseOf } from '../../../protocol/schema/index.ts';
import type { ShareGroups } from '../../coordination/share/groups.ts';
import type { GroupTopic, GroupTopics } from '../../coordination/types.ts';
import { type Handler, handler, type RequestContext } from '../handler.ts';
import { ZERO_UUID } from '../partitions.ts';

type GroupRequest = RequestOf<typeof describeShareGroupOffsetsApi>['groups'][number];
type GroupResponse = ResponseOf<typeof describeShareGroupOffsetsApi>['groups'][number];
type TopicResponse = GroupResponse['topics'][number];

function refusedTopic(topicName: string, topicId: string, partitions: readonly number[], code: number): TopicResponse {
  return {
    topicName,
    topicId,
    partitions: partitions.map((partitionIndex) => ({
      partitionIndex,
      startOffset: -1,
      leaderEpoch: 0,
      errorCode: code,
      errorMessage: errorMessage(code),
    })),
  };
}

/** The topics to describe: those that were asked for, or all that the group has and the client may see. */
function wanted(
  groups: ShareGroups,
  topics: GroupTopics,
  { groupId, topics: asked }: GroupRequest,
  { may }: RequestContext,
): { topicName: string; topic: GroupTopic | undefined; partitions: readonly number[] }[] {
  if (asked !== null)
    return asked.map(({ topicName, partitions }) => ({ topicName, topic: topics.byName(topicName), partitions }));
  return [...(groups.group(groupId)?.topics ?? [])].flatMap(([topicId, shared]) => {
    const topic = topics.byId(topicId);
    if (topic === undefined || !may('describe', 'topic', topic.name)) return [];
    const partitions = Array.from({ length: shared.partitions }, (_, partition) => partition);
    return [{ topicName: topic.name, topic, partitions }];
  });
}

const refusedGroup = (groupId: string, code: number): GroupResponse => ({
  groupId,
  topics: [],
  errorCode: code,
  errorMessage: errorMessage(code),
});

export function describeShareGroupOffsetsHandler(
  groups: ShareGroups,
  topics: GroupTopics,
  isOn: () => boolean,
): Handler {
  async function describeTopic(
    groupId: string,
    topic: GroupTopic,
    partitions: readonly number[],
  ): Promise<TopicResponse> {
    const { topicId, name } = topic;
    const described = partitions.map(async (partitionIndex) => {
      if (partitionIndex < 0 || partitionIndex >= topic.partitions) {
        const code = errorCode.UNKNOWN_TOPIC_OR_PARTITION;
        const error = { errorCode: code, errorMessage: errorMessage(code) };
        return { partitionIndex, startOffset: -1, leaderEpoch: 0, ...error };
      }
      const { startOffset, lag } = await groups.offset(groupId, topicId, partitionIndex);
      return { partitionIndex, startOffset, leaderEpoch: 0, lag, errorCode: errorCode.NONE };
    });
    return { topicName: name, topicId, partitions: await Promise.all(described) };
  }

  async function describe(request: GroupRequest, context: RequestContext): Promise<GroupResponse> {
    const { groupId } = request;
    if (!isOn()) return refusedGroup(groupId, errorCode.UNSUPPORTED_VERSION);
    if (!context.may('describe', 'group', groupId)) return refusedGroup(groupId, errorCode.GROUP_AUTHORIZATION_FAILED);
    const answers = wanted(groups, topics, request, context).map(async ({ topicName, topic, partitions }) => {
      if (!context.may('describe', 'topic', topicName))
        return refusedTopic(topicName, ZERO_UUID, partitions, errorCode.TOPIC_AUTHORIZATION_FAILED);
      if (topic === undefined)
        return refusedTopic(topicName, ZERO_UUID, partitions, errorCode.UNKNOWN_TOPIC_OR_PARTITION);
      return describeTopic(groupId, topic, partitions);
    });
    return { groupId, topics: await Promise.all(answers), errorCode: errorCode.NONE };
  }

  return handler(describeShareGroupOffsetsApi, async (request, context) => ({
    groups: await Promise.all(request.groups.map((group) => describe(group, context))),
  }));
}
