// DescribeGroups v0-6: a group that is not there is Dead, and from v6 on also an error (KIP-1043).
import { errorCode } from '../../../protocol/errors.ts';
import { describeGroupsApi } from '../../../protocol/messages/index.ts';
import type { ResponseOf } from '../../../protocol/schema/index.ts';
import type { GroupCoordinator } from '../../coordination/coordinator.ts';
import { type Handler, handler } from '../handler.ts';

const NOT_FOUND_SINCE = 6;
/** Bits of the operations on a group, all of which are allowed: READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS. */
const ALL_OPERATIONS = (1 << 3) | (1 << 6) | (1 << 8) | (1 << 10) | (1 << 11);
const NOT_ASKED = -(2 ** 31);

type Described = ResponseOf<typeof describeGroupsApi>['groups'][number];

export function describeGroupsHandler(coordinator: GroupCoordinator): Handler {
  return handler(describeGroupsApi, ({ groups, includeAuthorizedOperations }, { apiVersion }) => {
    const authorizedOperations = includeAuthorizedOperations ? ALL_OPERATIONS : NOT_ASKED;
    return {
      groups: groups.map((groupId): Described => {
        const found = describe(coordinator, groupId);
        if (found !== undefined) return { ...found, authorizedOperations };
        const notFound = apiVersion >= NOT_FOUND_SINCE;
        return {
          ...DEAD,
          groupId,
          errorCode: notFound ? errorCode.GROUP_ID_NOT_FOUND : errorCode.NONE,
          errorMessage: notFound ? `There is no group '${groupId}'.` : null,
          authorizedOperations: notFound ? NOT_ASKED : authorizedOperations,
        };
      }),
    };
  });
}

const DEAD = { groupState: 'Dead', protocolType: '', protocolData: '', members: [] };

function describe(coordinator: GroupCoordinator, groupId: string): Described | undefined {
  const group = coordinator.describeGroup(groupId);
  if (group === undefined) return undefined;
  return {
    errorCode: errorCode.NONE,
    groupId,
    groupState: group.state,
    protocolType: group.protocolType,
    protocolData: group.protocolData,
    members: group.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: member.metadata,
      memberAssignment: member.assignment,
    })),
  };
}
