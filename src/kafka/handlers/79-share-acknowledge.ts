// ShareAcknowledge v1-2 (KIP-932): acknowledges records of a share session, each partition by itself; v2 renews locks (KIP-1222). Answered when durable.
// The last epoch ends the session, and what its member holds goes back. Needs READ on the group and the topics.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { shareAcknowledgeApi } from '../../../protocol/messages/index.ts';
import type { ResponseOf } from '../../../protocol/schema/index.ts';
import type { ShareCoordinator } from '../../coordination/share/coordinator.ts';
import { FINAL_EPOCH } from '../../coordination/share/sessions.ts';
import { type Handler, handler } from '../handler.ts';
import type { Acknowledger, AcknowledgeResult } from '../share-acknowledgements.ts';
import { checkMember } from '../share-session.ts';

type Response = ResponseOf<typeof shareAcknowledgeApi>;
type TopicResponse = Response['responses'][number];

const failed = (code: number): Response => ({
  errorCode: code,
  errorMessage: errorMessage(code),
  responses: [],
  nodeEndpoints: [],
});

function responses(results: readonly AcknowledgeResult[]): TopicResponse[] {
  const topics = new Map<string, TopicResponse['partitions'][number][]>();
  for (const { topicId, partition, ...error } of results) {
    const response = { partitionIndex: partition, ...error, currentLeader: { leaderId: 0, leaderEpoch: 0 } };
    const known = topics.get(topicId);
    if (known === undefined) topics.set(topicId, [response]);
    else known.push(response);
  }
  return [...topics].map(([topicId, partitions]) => ({ topicId, partitions }));
}

export function shareAcknowledgeHandler(
  share: ShareCoordinator,
  acknowledger: Acknowledger,
  isOn: () => boolean,
): Handler {
  return handler(shareAcknowledgeApi, async (request, context) => {
    const { shareSessionEpoch: epoch, topics } = request;
    if (!isOn()) return failed(errorCode.UNSUPPORTED_VERSION);
    const member = checkMember(request, context);
    if (member.error !== undefined) return failed(member.error);
    const { groupId, memberId } = member;
    const session = share.sessions.acknowledge({ groupId, memberId, connectionId: context.connectionId, epoch });
    if (typeof session === 'string') return failed(errorCode[session]);
    const { lockMs } = share.config(groupId);
    const done = await acknowledger.acknowledge(session, topics, request.isRenewAck, context.may);
    if (epoch === FINAL_EPOCH) void share.endSession(session);
    return {
      errorCode: errorCode.NONE,
      acquisitionLockTimeoutMs: lockMs,
      responses: responses(done),
      nodeEndpoints: [],
    };
  });
}
