// AlterShareGroupOffsets v0 (KIP-932): sets start offsets of a share group without members, which is made if there is none. Offsets are not compared with the
// log, as in Kafka: the log start is where a group begins that is set before it. Needs READ on the group and the topics.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { alterShareGroupOffsetsApi } from '../../../protocol/messages/index.ts';
import type { RequestOf, ResponseOf } from '../../../protocol/schema/index.ts';
import type { AlteredTopic, ShareGroups } from '../../coordination/share/groups.ts';
import type { GroupTopic, GroupTopics } from '../../coordination/types.ts';
import { type Handler, handler, type RequestContext } from '../handler.ts';
import { ZERO_UUID } from '../partitions.ts';

type Request = RequestOf<typeof alterShareGroupOffsetsApi>;
type Response = ResponseOf<typeof alterShareGroupOffsetsApi>;
type TopicRequest = Request['topics'][number];

const failed = (code: number): Response => ({ errorCode: code, errorMessage: errorMessage(code), responses: [] });

/** A topic of the request with what is known of it. */
interface Checked {
  readonly request: TopicRequest;
  readonly topic: GroupTopic | undefined;
  readonly refused: number;
}

function check(request: TopicRequest, topics: GroupTopics, { may }: RequestContext): Checked {
  const topic = topics.byName(request.topicName);
  if (!may('read', 'topic', request.topicName))
    return { request, topic: undefined, refused: errorCode.TOPIC_AUTHORIZATION_FAILED };
  return { request, topic, refused: topic === undefined ? errorCode.UNKNOWN_TOPIC_OR_PARTITION : errorCode.NONE };
}

const exists = (topic: GroupTopic, partition: number): boolean => partition >= 0 && partition < topic.partitions;

function altered({ request, topic }: Checked): AlteredTopic[] {
  if (topic === undefined) return [];
  const partitions = request.partitions
    .filter(({ partitionIndex }) => exists(topic, partitionIndex))
    .map(({ partitionIndex, startOffset }) => ({ partition: partitionIndex, startOffset: Number(startOffset) }));
  return partitions.length === 0 ? [] : [{ topic, partitions }];
}

function answer({ request, topic, refused }: Checked): Response['responses'][number] {
  const partitions = request.partitions.map(({ partitionIndex }) => {
    const unknown = topic !== undefined && !exists(topic, partitionIndex);
    const code = unknown ? errorCode.UNKNOWN_TOPIC_OR_PARTITION : refused;
    return { partitionIndex, errorCode: code, errorMessage: code === errorCode.NONE ? null : errorMessage(code) };
  });
  return { topicName: request.topicName, topicId: topic?.topicId ?? ZERO_UUID, partitions };
}

export function alterShareGroupOffsetsHandler(groups: ShareGroups, topics: GroupTopics, isOn: () => boolean): Handler {
  return handler(alterShareGroupOffsetsApi, async (request, context) => {
    const { groupId } = request;
    if (!isOn()) return failed(errorCode.UNSUPPORTED_VERSION);
    if (!context.may('read', 'group', groupId)) return failed(errorCode.GROUP_AUTHORIZATION_FAILED);
    if (groupId === '') return failed(errorCode.INVALID_GROUP_ID);
    const checked = request.topics.map((topic) => check(topic, topics, context));
    const error = await groups.alterOffsets(groupId, checked.flatMap(altered));
    if (error !== 'NONE') return failed(errorCode[error]);
    return { errorCode: errorCode.NONE, responses: checked.map(answer) };
  });
}
