// DeleteShareGroupOffsets v0 (KIP-932): forgets topics of a share group without members. Needs DELETE on the group and READ on the topics.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { deleteShareGroupOffsetsApi } from '../../../protocol/messages/index.ts';
import type { ResponseOf } from '../../../protocol/schema/index.ts';
import type { ShareGroups } from '../../coordination/share/groups.ts';
import type { GroupTopics } from '../../coordination/types.ts';
import { type Handler, handler } from '../handler.ts';
import { ZERO_UUID } from '../partitions.ts';

type Response = ResponseOf<typeof deleteShareGroupOffsetsApi>;

const failed = (code: number): Response => ({ errorCode: code, errorMessage: errorMessage(code), responses: [] });

export function deleteShareGroupOffsetsHandler(groups: ShareGroups, topics: GroupTopics, isOn: () => boolean): Handler {
  return handler(deleteShareGroupOffsetsApi, async (request, { may }) => {
    const { groupId } = request;
    if (!isOn()) return failed(errorCode.UNSUPPORTED_VERSION);
    if (!may('delete', 'group', groupId)) return failed(errorCode.GROUP_AUTHORIZATION_FAILED);
    if (groupId === '') return failed(errorCode.INVALID_GROUP_ID);
    const checked = request.topics.map(({ topicName }) => {
      const topicId = topics.byName(topicName)?.topicId;
      if (!may('read', 'topic', topicName))
        return { topicName, topicId: ZERO_UUID, code: errorCode.TOPIC_AUTHORIZATION_FAILED };
      const code = topicId === undefined ? errorCode.UNKNOWN_TOPIC_OR_PARTITION : errorCode.NONE;
      return { topicName, topicId: topicId ?? ZERO_UUID, code };
    });
    const known = checked.filter(({ code }) => code === errorCode.NONE).map(({ topicId }) => topicId);
    const error = await groups.deleteOffsets(groupId, known);
    if (error !== 'NONE') return failed(errorCode[error]);
    const responses = checked.map(({ topicName, topicId, code }) => ({
      topicName,
      topicId,
      errorCode: code,
      errorMessage: code === errorCode.NONE ? null : errorMessage(code),
    }));
    return { errorCode: errorCode.NONE, responses };
  });
}
