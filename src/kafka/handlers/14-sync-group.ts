// SyncGroup v0-5: gives each member its assignment once the leader has brought them. From v5 on the protocol must be named (KIP-559).
// Needs READ on the group.
import { errorCode } from '../../../protocol/errors.ts';
import { syncGroupApi } from '../../../protocol/messages/index.ts';
import { failedSync } from '../../coordination/classic/draft.ts';
import type { GroupCoordinator } from '../../coordination/coordinator.ts';
import { type Handler, handler } from '../handler.ts';
import { orWhenAborted } from './group-wait.ts';

const PROTOCOL_SINCE = 5;
const EMPTY = new Uint8Array(0);

export function syncGroupHandler(coordinator: GroupCoordinator): Handler {
  return handler(syncGroupApi, async (request, { apiVersion, signal, may }) => {
    const { groupId, memberId, groupInstanceId, generationId, protocolType, protocolName, assignments } = request;
    if (!may('read', 'group', groupId)) return { errorCode: errorCode.GROUP_AUTHORIZATION_FAILED, assignment: EMPTY };
    const named = apiVersion < PROTOCOL_SINCE || (protocolType !== null && protocolName !== null);
    const answer = named
      ? coordinator.syncGroup({
          groupId,
          memberId,
          instanceId: groupInstanceId,
          generation: generationId,
          protocolType,
          protocolName,
          assignments,
        })
      : Promise.resolve(failedSync('INCONSISTENT_GROUP_PROTOCOL'));
    const reply = await orWhenAborted(answer, signal, () => failedSync('NOT_COORDINATOR'));
    return {
      errorCode: errorCode[reply.error],
      protocolType: reply.protocolType,
      protocolName: reply.protocolName,
      assignment: reply.assignment,
    };
  });
}
