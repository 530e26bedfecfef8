// DescribeGroups v0-6: a group that is not there is Dead, and from v6 on also an error (KIP-1043). Needs DESCRIBE on each group.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { describeGroupsApi } from '../../../protocol/messages/index.ts';
import type { ResponseOf } from '../../../protocol/schema/index.ts';
import type { GroupCoordinator } from '../../coordination/coordinator.ts';
import { authorizedOperations, NOT_ASKED } from '../authorized-operations.ts';
import { type Handler, handler } from '../handler.ts';

const NOT_FOUND_SINCE = 6;

type Described = ResponseOf<typeof describeGroupsApi>['groups'][number];

export function describeGroupsHandler(coordinator: GroupCoordinator): Handler {
  return handler(describeGroupsApi, ({ groups, includeAuthorizedOperations }, context) => ({
    groups: groups.map((groupId): Described => {
      if (!context.may('describe', 'group', groupId)) return denied(groupId, context.apiVersion);
      const operations = includeAuthorizedOperations ? authorizedOperations(context, 'group', groupId) : NOT_ASKED;
      const found = describe(coordinator, groupId);
      if (found !== undefined) return { ...found, authorizedOperations: operations };
      const notFound = context.apiVersion >= NOT_FOUND_SINCE;
      return {
        ...DEAD,
        groupId,
        errorCode: notFound ? errorCode.GROUP_ID_NOT_FOUND : errorCode.NONE,
        errorMessage: notFound ? `There is no group '${groupId}'.` : null,
        authorizedOperations: notFound ? NOT_ASKED : operations,
      };
    }),
  }));
}

function denied(groupId: string, apiVersion: number): Described {
  const code = errorCode.GROUP_AUTHORIZATION_FAILED;
  const message = apiVersion >= NOT_FOUND_SINCE ? errorMessage(code) : null;
  return { ...DEAD, groupState: '', groupId, errorCode: code, errorMessage: message };
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
