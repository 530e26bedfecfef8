// StreamsGroupDescribe v0 (KIP-1071): topology, members and their tasks. Needs DESCRIBE on each group and on the topics of its topology.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { streamsGroupDescribeApi } from '../../../protocol/messages/index.ts';
import type { ResponseOf } from '../../../protocol/schema/index.ts';
import type { GroupCoordinator } from '../../coordination/coordinator.ts';
import type { DescribedStreamsGroup } from '../../coordination/streams/coordinator.ts';
import { requiredTopics } from '../../coordination/streams/group.ts';
import type { Tasks } from '../../coordination/streams/types.ts';
import { authorizedOperations, NOT_ASKED } from '../authorized-operations.ts';
import { type Handler, handler, type RequestContext } from '../handler.ts';
import { shownTopology } from './streams-topology.ts';

type Described = ResponseOf<typeof streamsGroupDescribeApi>['groups'][number];
type Member = Described['members'][number];

export function streamsGroupDescribeHandler(coordinator: GroupCoordinator, isEnabled: () => boolean): Handler {
  return handler(streamsGroupDescribeApi, ({ groupIds, includeAuthorizedOperations }, context) => ({
    groups: groupIds.map((groupId): Described => {
      if (!isEnabled()) return failed(groupId, errorCode.UNSUPPORTED_VERSION);
      if (!context.may('describe', 'group', groupId)) return failed(groupId, errorCode.GROUP_AUTHORIZATION_FAILED);
      if (groupId === '') return failed(groupId, errorCode.INVALID_GROUP_ID);
      const group = coordinator.streams.describe(groupId);
      if (group === undefined)
        return failed(groupId, errorCode.GROUP_ID_NOT_FOUND, `There is no streams group '${groupId}'.`);
      if (!maySee(group, context)) return failed(groupId, errorCode.TOPIC_AUTHORIZATION_FAILED);
      const operations = includeAuthorizedOperations ? authorizedOperations(context, 'group', groupId) : NOT_ASKED;
      return { ...described(group), authorizedOperations: operations };
    }),
  }));
}

function failed(groupId: string, code: number, message: string = errorMessage(code)): Described {
  return {
    errorCode: code,
    errorMessage: message,
    groupId,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    members: [],
  };
}

const maySee = ({ topology }: DescribedStreamsGroup, { may }: RequestContext): boolean =>
  topology === undefined || [...requiredTopics(topology)].every((name) => may('describe', 'topic', name));

function described(group: DescribedStreamsGroup): Described {
  return {
    errorCode: errorCode.NONE,
    groupId: group.groupId,
    groupState: group.state,
    groupEpoch: group.epoch,
    assignmentEpoch: group.assignmentEpoch,
    topology: group.topology === undefined ? null : shownTopology(group.topology),
    members: group.members.map(describedMember),
  };
}

function describedMember(member: DescribedStreamsGroup['members'][number]): Member {
  return {
    memberId: member.memberId,
    memberEpoch: member.epoch,
    instanceId: null,
    rackId: member.rackId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    topologyEpoch: member.topologyEpoch,
    processId: member.processId,
    userEndpoint: member.endpoint,
    clientTags: Object.entries(member.tags).map(([key, value]) => ({ key, value })),
    taskOffsets: [],
    taskEndOffsets: [],
    assignment: shownTasks(member.assignment),
    targetAssignment: shownTasks(member.target),
    isClassic: false,
  };
}

function shownTasks({ active, standby, warmup }: Tasks): Member['assignment'] {
  const shown = (tasks: Tasks['active']): { subtopologyId: string; partitions: number[] }[] =>
    [...tasks].map(([subtopologyId, partitions]) => ({ subtopologyId, partitions: [...partitions] }));
  return { activeTasks: shown(active), standbyTasks: shown(standby), warmupTasks: shown(warmup) };
}
