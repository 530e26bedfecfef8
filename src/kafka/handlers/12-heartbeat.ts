// Heartbeat v0-4: renews a member's session and tells it of a rebalance. Needs READ on the group.
import { errorCode } from '../../../protocol/errors.ts';
import { heartbeatApi } from '../../../protocol/messages/index.ts';
import type { GroupCoordinator } from '../../coordination/coordinator.ts';
import { type Handler, handler } from '../handler.ts';

export function heartbeatHandler(coordinator: GroupCoordinator): Handler {
  return handler(heartbeatApi, async ({ groupId, memberId, groupInstanceId, generationId }, { may }) => {
    if (!may('read', 'group', groupId)) return { errorCode: errorCode.GROUP_AUTHORIZATION_FAILED };
    const request = { groupId, memberId, instanceId: groupInstanceId, generation: generationId };
    const { error } = await coordinator.heartbeat(request);
    return { errorCode: errorCode[error] };
  });
}
