// ListGroups v0-5: filters by state from v4 (KIP-518), by type from v5 (KIP-848); both without regard to case. Who may not
// DESCRIBE the cluster sees the groups that he may DESCRIBE.
import { listGroupsApi } from '../../../protocol/messages/index.ts';
import type { GroupCoordinator } from '../../coordination/coordinator.ts';
import { type Handler, handler } from '../handler.ts';
import { mayDescribeCluster } from './cluster-rights.ts';

export function listGroupsHandler(coordinator: GroupCoordinator): Handler {
  return handler(listGroupsApi, ({ statesFilter, typesFilter }, context) => {
    const all = coordinator.listGroups(statesFilter, typesFilter);
    const groups = mayDescribeCluster(context)
      ? all
      : all.filter(({ groupId }) => context.may('describe', 'group', groupId));
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
