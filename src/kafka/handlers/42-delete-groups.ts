// DeleteGroups v0-2: deletes empty groups with their offsets. Needs DELETE on each.
import { errorCode } from '../../../protocol/errors.ts';
import { deleteGroupsApi } from '../../../protocol/messages/index.ts';
import type { GroupCoordinator } from '../../coordination/coordinator.ts';
import { type Handler, handler } from '../handler.ts';

export function deleteGroupsHandler(coordinator: GroupCoordinator): Handler {
  return handler(deleteGroupsApi, async ({ groupsNames }, { may }) => {
    const deleteOne = async (groupId: string): Promise<{ groupId: string; errorCode: number }> => ({
      groupId,
      errorCode: may('delete', 'group', groupId)
        ? errorCode[await coordinator.deleteGroup(groupId)]
        : errorCode.GROUP_AUTHORIZATION_FAILED,
    });
    // Each name once: Kafka's answer is a map by group.
    return { results: await Promise.all([...new Set(groupsNames)].map(deleteOne)) };
  });
}
