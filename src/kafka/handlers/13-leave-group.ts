// LeaveGroup v0-5: one member until v2, whose error is that of the answer; many from v3, each with its own. Needs READ on the group.
import { errorCode } from '../../../protocol/errors.ts';
import { leaveGroupApi } from '../../../protocol/messages/index.ts';
import type { GroupCoordinator } from '../../coordination/coordinator.ts';
import { type Handler, handler } from '../handler.ts';

const MANY_MEMBERS_SINCE = 3;

export function leaveGroupHandler(coordinator: GroupCoordinator): Handler {
  return handler(leaveGroupApi, async ({ groupId, memberId, members }, { apiVersion, may }) => {
    if (!may('read', 'group', groupId)) return { errorCode: errorCode.GROUP_AUTHORIZATION_FAILED, members: [] };
    const many = apiVersion >= MANY_MEMBERS_SINCE;
    const leavers = many
      ? members.map((one) => ({ memberId: one.memberId, instanceId: one.groupInstanceId }))
      : [{ memberId, instanceId: null }];
    const reply = await coordinator.leaveGroup({ groupId, members: leavers });
    if (!many) {
      const error = reply.error === 'NONE' ? (reply.members[0]?.error ?? 'NONE') : reply.error;
      return { errorCode: errorCode[error] };
    }
    return {
      errorCode: errorCode[reply.error],
      members: reply.members.map((one) => ({
        memberId: one.memberId,
        groupInstanceId: one.instanceId,
        errorCode: errorCode[one.error],
      })),
    };
  });
}
