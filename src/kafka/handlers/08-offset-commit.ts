// OffsetCommit v2-10: commits offsets of a member or of a simple consumer. Topics that are not there are refused one by one
// (by id: UNKNOWN_TOPIC_ID), the rest is committed. Answered when durable. Needs READ on the group and on each topic.
import { errorCode } from '../../../protocol/errors.ts';
import { offsetCommitApi } from '../../../protocol/messages/index.ts';
import type { RequestOf, ResponseOf } from '../../../protocol/schema/index.ts';
import type { CommitTopic } from '../../coordination/offsets.ts';
import type { GroupCoordinator, OffsetsReply } from '../../coordination/coordinator.ts';
import type { GroupError, GroupTopic, GroupTopics } from '../../coordination/types.ts';
import { type Handler, handler, type RequestContext } from '../handler.ts';

/** Names as in the response; from this version on topics go by id. */
const TOPIC_IDS_SINCE = 10;
const GROUP_ID_NOT_FOUND_SINCE = 9;

type RequestTopic = RequestOf<typeof offsetCommitApi>['topics'][number];
type ResponseTopic = ResponseOf<typeof offsetCommitApi>['topics'][number];

export function offsetCommitHandler(coordinator: GroupCoordinator, topics: GroupTopics): Handler {
  return handler(offsetCommitApi, async (request, context) => {
    const { apiVersion } = context;
    if (!context.may('read', 'group', request.groupId)) return refuseAll(request.topics);
    const found = request.topics.map((topic) => find(topic, topics, context));
    const commits = request.topics.flatMap((topic, index) => commitOf(topic, found[index]!));
    const reply: OffsetsReply =
      commits.length === 0
        ? { error: 'NONE', errors: [] }
        : await coordinator.commitOffsets({
            groupId: request.groupId,
            memberId: request.memberId,
            instanceId: request.groupInstanceId,
            generation: request.generationIdOrMemberEpoch,
            transactional: false,
            version: apiVersion,
            knowsGroupIdNotFound: apiVersion >= GROUP_ID_NOT_FOUND_SINCE,
            retentionTimeMs: request.retentionTimeMs,
            topics: commits,
          });
    const committed = reply.errors.values();
    return { topics: request.topics.map((topic, index) => answerOf(topic, found[index]!, reply, committed)) };
  });
}

/** A topic, or the code why its offsets cannot be committed. */
type Found = GroupTopic | number;

function find({ name, topicId }: RequestTopic, topics: GroupTopics, { apiVersion, may }: RequestContext): Found {
  if (apiVersion >= TOPIC_IDS_SINCE) {
    const topic = topics.byId(topicId);
    if (topic === undefined) return errorCode.UNKNOWN_TOPIC_ID;
    return may('read', 'topic', topic.name) ? topic : errorCode.TOPIC_AUTHORIZATION_FAILED;
  }
  if (!may('read', 'topic', name)) return errorCode.TOPIC_AUTHORIZATION_FAILED;
  return topics.byName(name) ?? errorCode.UNKNOWN_TOPIC_OR_PARTITION;
}

function refuse({ name, topicId, partitions }: RequestTopic, code: number): ResponseTopic {
  return {
    name,
    topicId,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: code })),
  };
}

function refuseAll(topics: readonly RequestTopic[]) {
  return { topics: topics.map((topic) => refuse(topic, errorCode.GROUP_AUTHORIZATION_FAILED)) };
}

/** The partitions of a topic that can be committed; none when it or all of them are not there. */
function commitOf(topic: RequestTopic, found: Found): CommitTopic[] {
  if (typeof found === 'number') return [];
  const partitions = topic.partitions
    .filter(({ partitionIndex }) => has(found, partitionIndex))
    .map((one) => ({
      partition: one.partitionIndex,
      offset: one.committedOffset,
      leaderEpoch: one.committedLeaderEpoch,
      metadata: one.committedMetadata,
    }));
  return partitions.length === 0 ? [] : [{ topic: found.name, topicId: found.topicId, partitions }];
}

const has = (topic: GroupTopic, partition: number): boolean => partition >= 0 && partition < topic.partitions;

/** `committed` yields the errors of each topic that was handed to the coordinator, in order. */
function answerOf(
  topic: RequestTopic,
  found: Found,
  reply: OffsetsReply,
  committed: Iterator<readonly GroupError[]>,
): ResponseTopic {
  if (typeof found === 'number') return refuse(topic, found);
  const { name, topicId } = topic;
  const wasSent = topic.partitions.some(({ partitionIndex }) => has(found, partitionIndex));
  const errors: Iterator<GroupError> = (
    wasSent ? ((committed.next().value as readonly GroupError[] | undefined) ?? []) : []
  ).values();
  const partitions = topic.partitions.map(({ partitionIndex }) => {
    if (!has(found, partitionIndex)) return { partitionIndex, errorCode: errorCode.UNKNOWN_TOPIC_OR_PARTITION };
    const error: GroupError = errors.next().value ?? reply.error;
    return { partitionIndex, errorCode: errorCode[error] };
  });
  return { name, topicId, partitions };
}
