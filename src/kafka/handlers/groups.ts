import type { GroupCoordinator } from '../../coordination/coordinator.ts';
import type { GroupTopics } from '../../coordination/types.ts';
import type { FeatureLevels } from '../features.ts';
import type { Handler } from '../handler.ts';
import { offsetCommitHandler } from './08-offset-commit.ts';
import { offsetFetchHandler } from './09-offset-fetch.ts';
import { findCoordinatorHandler } from './10-find-coordinator.ts';
import { joinGroupHandler } from './11-join-group.ts';
import { heartbeatHandler } from './12-heartbeat.ts';
import { leaveGroupHandler } from './13-leave-group.ts';
import { syncGroupHandler } from './14-sync-group.ts';
import { describeGroupsHandler } from './15-describe-groups.ts';
import { listGroupsHandler } from './16-list-groups.ts';
import { deleteGroupsHandler } from './42-delete-groups.ts';
import { offsetDeleteHandler } from './47-offset-delete.ts';
import { consumerGroupHeartbeatHandler } from './68-consumer-group-heartbeat.ts';
import { consumerGroupDescribeHandler } from './69-consumer-group-describe.ts';
import { type CreateInternalTopics, streamsGroupHeartbeatHandler } from './88-streams-group-heartbeat.ts';
import { streamsGroupDescribeHandler } from './89-streams-group-describe.ts';

export interface GroupHandlerDependencies {
  readonly coordinator: GroupCoordinator;
  readonly topics: GroupTopics;
  readonly features: Pick<FeatureLevels, 'level'>;
  readonly createInternalTopics: CreateInternalTopics;
  readonly nodeId: number;
}

/** The handlers of groups and their offsets. */
export function groupHandlers(deps: GroupHandlerDependencies): Handler[] {
  const { coordinator, topics, features, createInternalTopics, nodeId } = deps;
  const hasConsumerGroups = (): boolean => features.level('group.version') > 0;
  const hasStreamsGroups = (): boolean => features.level('streams.version') > 0;
  return [
    offsetCommitHandler(coordinator, topics),
    offsetFetchHandler(coordinator, topics),
    findCoordinatorHandler(nodeId),
    joinGroupHandler(coordinator),
    heartbeatHandler(coordinator),
    leaveGroupHandler(coordinator),
    syncGroupHandler(coordinator),
    describeGroupsHandler(coordinator),
    listGroupsHandler(coordinator),
    deleteGroupsHandler(coordinator),
    offsetDeleteHandler(coordinator, topics),
    consumerGroupHeartbeatHandler(coordinator, hasConsumerGroups),
    consumerGroupDescribeHandler(coordinator, topics, hasConsumerGroups),
    streamsGroupHeartbeatHandler(coordinator, createInternalTopics, hasStreamsGroups),
    streamsGroupDescribeHandler(coordinator, hasStreamsGroups),
  ];
}
