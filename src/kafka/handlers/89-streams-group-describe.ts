// StreamsGroupDescribe v0 (KIP-1071): topology, members and their tasks. Needs DESCRIBE on each group and on the topics of its topology.
import { errorCode } from '../../../protocol/errors.ts';
import { streamsGroupDescribeApi } from '../../../protocol/messages/index.ts';
import type { ResponseOf } from '../../../protocol/schema/index.ts';
import type { GroupCoordinator } from '../../coordination/coordinator.ts';
import type { DescribedStreamsGroup } from '../../coordination/streams/coordinator.ts';
import { requiredTopics } from '../../coordination/streams/group.ts';
import type { Tasks } from '../../coordination/streams/types.ts';
import { type Handler, handler } from '../handler.ts';
import { describedGroups } from './group-describe.ts';
import { shownTopology } from './streams-topology.ts';

type Described = ResponseOf<typeof streamsGroupDescribeApi>['groups'][number];
type Member = Described['members'][number];

export function streamsGroupDescribeHandler(coordinator: GroupCoordinator, isEnabled: () => boolean): Handler {
  return handler(streamsGroupDescribeApi, (request, context) => ({
    groups: describedGroups<DescribedStreamsGroup, Described>(request, context, {
      isEnabled,
      find: (groupId) => coordinator.streams.describe(groupId),
      missing: (groupId) => `There is no streams group '${groupId}'.`,
      topicsOf: ({ topology }) => (topology === undefined ? [] : requiredTopics(topology)),
      describe: described,
      failed: (undescribed) => undescribed,
    }),
  }));
}

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
