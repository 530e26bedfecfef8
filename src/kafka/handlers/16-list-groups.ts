// ListGroups v0-5: filters by state from v4 (KIP-518), by type from v5 (KIP-848); both without regard to case.
import { listGroupsApi } from '../../../protocol/messages/index.ts';
import type { GroupCoordinator } from '../../coordination/coordinator.ts';
import { type Handler, handler } from '../handler.ts';

export function listGroupsHandler(coordinator: GroupCoordinator): Handler {
  return handler(listGroupsApi, ({ statesFilter, typesFilter }) => {
    const groups = coordinator.listGroups(statesFilter, typesFilter);
    return {
      errorCode: 0,
      groups: groups.map(({ groupId, protocolType, state, kind }) => ({
        groupId,
        protocolType,
        groupState: state,
        groupType: kind,
      })),
    };
  });
}
