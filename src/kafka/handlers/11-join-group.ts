// JoinGroup v0-9: waits until the group's members have come together. Member ids first from v4 (KIP-394), static members from v5
// (KIP-345), skipping the assignment from v9 (KIP-814). Needs READ on the group.
import { errorCode } from '../../../protocol/errors.ts';
import { joinGroupApi } from '../../../protocol/messages/index.ts';
import { failedJoin } from '../../coordination/classic/group.ts';
import type { GroupCoordinator } from '../../coordination/coordinator.ts';
import { type Handler, handler } from '../handler.ts';
import { orWhenAborted } from './group-wait.ts';

const REBALANCE_TIMEOUT_SINCE = 1;
const MEMBER_ID_REQUIRED_SINCE = 4;
const NULL_PROTOCOL_SINCE = 7;
const SKIP_ASSIGNMENT_SINCE = 9;

export function joinGroupHandler(coordinator: GroupCoordinator): Handler {
  return handler(joinGroupApi, async (request, context) => {
    const { apiVersion, clientId, clientHost, signal } = context;
    if (!context.may('read', 'group', request.groupId)) return denied(apiVersion);
    const answer = coordinator.joinGroup({
      groupId: request.groupId,
      memberId: request.memberId,
      instanceId: request.groupInstanceId,
      clientId: clientId ?? '',
      clientHost: `/${clientHost}`,
      sessionTimeoutMs: request.sessionTimeoutMs,
      rebalanceTimeoutMs: apiVersion >= REBALANCE_TIMEOUT_SINCE ? request.rebalanceTimeoutMs : request.sessionTimeoutMs,
      protocolType: request.protocolType,
      protocols: request.protocols,
      requireKnownMemberId: apiVersion >= MEMBER_ID_REQUIRED_SINCE,
      supportsSkippingAssignment: apiVersion >= SKIP_ASSIGNMENT_SINCE,
    });
    const reply = await orWhenAborted(answer, signal, () => failedJoin(request.memberId, 'NOT_COORDINATOR'));
    return {
      errorCode: errorCode[reply.error],
      generationId: reply.generation,
      protocolType: reply.protocolType,
      protocolName: apiVersion >= NULL_PROTOCOL_SINCE ? reply.protocolName : (reply.protocolName ?? ''),
      leader: reply.leader,
      skipAssignment: reply.skipAssignment,
      memberId: reply.memberId,
      members: reply.members.map(({ memberId, instanceId, metadata }) => ({
        memberId,
        groupInstanceId: instanceId,
        metadata,
      })),
    };
  });
}

function denied(apiVersion: number) {
  return {
    errorCode: errorCode.GROUP_AUTHORIZATION_FAILED,
    generationId: -1,
    protocolType: null,
    protocolName: apiVersion >= NULL_PROTOCOL_SINCE ? null : '',
    leader: '',
    memberId: '',
    members: [],
  };
}
