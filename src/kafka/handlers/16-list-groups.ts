// ListGroups v0-5: filters by state from v4 (KIP-518), by type from v5 (KIP-848); both without regard to case. All groups are classic.
import { listGroupsApi } from '../../../protocol/messages/index.ts';
import type { GroupCoordinator } from '../../coordination/runtime.ts';
import { type Handler, handler } from '../handler.ts';

const CLASSIC = 'classic';

export function listGroupsHandler(coordinator: GroupCoordinator): Handler {
  return handler(listGroupsApi, ({ statesFilter, typesFilter }) => {
    const wanted = typesFilter.length === 0 || typesFilter.some((type) => type.toLowerCase() === CLASSIC);
    const groups = wanted ? coordinator.listGroups(statesFilter) : [];
    return {
      errorCode: 0,
      groups: groups.map(({ groupId, protocolType, state }) => ({
        groupId,
        protocolType,
        groupState: state,
        groupType: CLASSIC,
      })),
    };
  });
}
