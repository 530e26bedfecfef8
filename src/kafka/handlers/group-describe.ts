import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import type { Partitions } from '../../coordination/partitions.ts';
import type { GroupTopics } from '../../coordination/types.ts';
import { authorizedOperations, NOT_ASKED } from '../authorized-operations.ts';
import type { RequestContext } from '../handler.ts';

interface DescribeRequest {
  readonly groupIds: readonly string[];
  readonly includeAuthorizedOperations: boolean;
}

/** What is shown in the place of a group that is not described: why, and otherwise nothing. */
interface Undescribed {
  readonly errorCode: number;
  readonly errorMessage: string;
  readonly groupId: string;
  readonly groupState: '';
  readonly groupEpoch: 0;
  readonly assignmentEpoch: 0;
  readonly members: never[];
}

/** How one kind of group is described. */
interface GroupKind<Group, Described> {
  readonly isEnabled: () => boolean;
  readonly find: (groupId: string) => Group | undefined;
  /** What is said of a group that is not there, where it is not Kafka's sentence for the code. */
  readonly missing?: (groupId: string) => string;
  /** Names of the topics that one has to be allowed to see. */
  readonly topicsOf: (group: Group) => Iterable<string>;
  readonly describe: (group: Group) => Described;
  readonly failed: (undescribed: Undescribed) => Described;
}

/**
 * The answers of ConsumerGroupDescribe, ShareGroupDescribe and StreamsGroupDescribe. Whoever may not see a topic of a group is told nothing
 * of the group (KIP-848).
 */
export function describedGroups<Group, Described extends { authorizedOperations?: number | undefined }>(
  { groupIds, includeAuthorizedOperations }: DescribeRequest,
  context: RequestContext,
  {
    isEnabled,
    find,
    missing = () => errorMessage(errorCode.GROUP_ID_NOT_FOUND),
    topicsOf,
    describe,
    failed,
  }: GroupKind<Group, Described>,
): Described[] {
  return groupIds.map((groupId) => {
    const refused = (code: number, message = errorMessage(code)): Described =>
      failed(undescribed(groupId, code, message));
    if (!isEnabled()) return refused(errorCode.UNSUPPORTED_VERSION);
    if (!context.may('describe', 'group', groupId)) return refused(errorCode.GROUP_AUTHORIZATION_FAILED);
    if (groupId === '') return refused(errorCode.INVALID_GROUP_ID);
    const group = find(groupId);
    if (group === undefined) return refused(errorCode.GROUP_ID_NOT_FOUND, missing(groupId));
    const names = [...new Set(topicsOf(group))];
    if (!names.every((name) => context.may('describe', 'topic', name)))
      return refused(errorCode.TOPIC_AUTHORIZATION_FAILED);
    const operations = includeAuthorizedOperations ? authorizedOperations(context, 'group', groupId) : NOT_ASKED;
    return { ...describe(group), authorizedOperations: operations };
  });
}

function undescribed(groupId: string, code: number, message: string): Undescribed {
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

/** Partitions with the names of their topics; those of deleted topics are left out. */
export function namedPartitions(
  partitions: Partitions,
  topics: GroupTopics,
): { topicId: string; topicName: string; partitions: number[] }[] {
  return [...partitions].flatMap(([topicId, list]) => {
    const topic = topics.byId(topicId);
    return topic === undefined ? [] : [{ topicId, topicName: topic.name, partitions: [...list] }];
  });
}
