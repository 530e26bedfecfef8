// OffsetFetch v1-10: committed offsets of one group, or from v8 on of many. An unknown group, topic or partition has offset -1
// and no error; only an unknown topic id (v10) is one. `requireStable` waits for commits under way, and refuses an offset that a transaction
// may still change with UNSTABLE_OFFSET_COMMIT (KIP-447). Members of consumer groups name themselves and their epoch (v9). Needs DESCRIBE on the group and on each
// topic; those that one may not describe are left out when all are asked for.
import { errorCode } from '../../../protocol/errors.ts';
import { offsetFetchApi } from '../../../protocol/messages/index.ts';
import type { RequestOf, ResponseOf } from '../../../protocol/schema/index.ts';
import type { Offsets } from '../../coordination/offsets.ts';
import type { GroupCoordinator } from '../../coordination/coordinator.ts';
import type { CommittedOffset, GroupTopics } from '../../coordination/types.ts';
import { type Handler, handler, type RequestContext } from '../handler.ts';

const TOP_ERROR_SINCE = 2;
const GROUPS_SINCE = 8;
const TOPIC_IDS_SINCE = 10;

type Response = ResponseOf<typeof offsetFetchApi>;
type GroupRequest = RequestOf<typeof offsetFetchApi>['groups'][number];
type GroupResponse = NonNullable<Response['groups']>[number];
type TopicResponse = GroupResponse['topics'][number];
type PartitionResponse = TopicResponse['partitions'][number];

/** The offsets of a group as a request may see them. */
interface Visible {
  readonly offsets: Offsets;
  /** True for an offset that must not be told now. */
  readonly isUnstable: (topic: string, partition: number) => boolean;
}

export function offsetFetchHandler(coordinator: GroupCoordinator, topics: GroupTopics): Handler {
  const offsetsOf = async (groupId: string, requireStable: boolean): Promise<Visible> => {
    if (!requireStable) return { offsets: coordinator.offsets(groupId), isUnstable: () => false };
    const offsets = await coordinator.stableOffsets(groupId);
    return { offsets, isUnstable: (topic, partition) => coordinator.isHeld(groupId, topic, partition) };
  };

  return handler(offsetFetchApi, async (request, context): Promise<Response> => {
    if (context.apiVersion < GROUPS_SINCE) {
      if (!context.may('describe', 'group', request.groupId)) return refuse(request.topics, context.apiVersion);
      const offsets = await offsetsOf(request.groupId, request.requireStable);
      const wanted = request.topics?.map((topic) => ({ ...topic, topicId: '' })) ?? null;
      return { topics: fetchByName(offsets, wanted, topics, context), errorCode: 0 };
    }
    const groups: GroupResponse[] = [];
    for (const { groupId, topics: wanted, memberId, memberEpoch } of request.groups) {
      if (!context.may('describe', 'group', groupId)) {
        groups.push({ groupId, topics: [], errorCode: errorCode.GROUP_AUTHORIZATION_FAILED });
        continue;
      }
      const error = coordinator.checkFetch(groupId, { memberId, generation: memberEpoch });
      if (error !== 'NONE') {
        groups.push({ groupId, topics: [], errorCode: errorCode[error] });
        continue;
      }
      const offsets = await offsetsOf(groupId, request.requireStable);
      const found =
        context.apiVersion >= TOPIC_IDS_SINCE
          ? fetchById(offsets, wanted, topics, context)
          : fetchByName(offsets, wanted, topics, context);
      groups.push({ groupId, topics: found, errorCode: 0 });
    }
    return { groups };
  });
}

type OldTopics = RequestOf<typeof offsetFetchApi>['topics'];

/** Until v1 there is no error of the whole answer: each partition has it. */
function refuse(topics: OldTopics, apiVersion: number): Response {
  const code = errorCode.GROUP_AUTHORIZATION_FAILED;
  if (apiVersion >= TOP_ERROR_SINCE) return { topics: [], errorCode: code };
  const refused = (topics ?? []).map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((index) => partitionOf(index, undefined, code)),
  }));
  return { topics: refused, errorCode: code };
}

function partitionOf(
  partitionIndex: number,
  committed: CommittedOffset | undefined,
  code: number = errorCode.NONE,
): PartitionResponse {
  return {
    partitionIndex,
    committedOffset: committed?.offset ?? -1,
    committedLeaderEpoch: committed?.leaderEpoch ?? -1,
    metadata: committed?.metadata ?? '',
    errorCode: code,
  };
}

/** A topic by its name, with its id where it is there. */
interface Named {
  readonly name: string;
  readonly topicId: string | undefined;
}

/** True for an offset that was committed for a former topic of the same name: it counts for nothing. */
const isFormer = (found: CommittedOffset | undefined, { topicId }: Named): boolean =>
  found !== undefined && topicId !== undefined && found.topicId !== topicId;

/** The answer for a partition that one may see. */
function shown({ offsets, isUnstable }: Visible, topic: Named, partition: number): PartitionResponse {
  if (isUnstable(topic.name, partition)) return partitionOf(partition, undefined, errorCode.UNSTABLE_OFFSET_COMMIT);
  const found = offsets.get(topic.name)?.get(partition);
  return partitionOf(partition, isFormer(found, topic) ? undefined : found);
}

const allOf = (visible: Visible, topic: Named): PartitionResponse[] =>
  [...(visible.offsets.get(topic.name) ?? [])]
    .filter(([, found]) => !isFormer(found, topic))
    .map(([partition]) => shown(visible, topic, partition));

function fetchByName(
  visible: Visible,
  wanted: GroupRequest['topics'],
  topics: GroupTopics,
  { may }: RequestContext,
): (TopicResponse & { name: string })[] {
  const named = (name: string): Named => ({ name, topicId: topics.byName(name)?.topicId });
  if (wanted === null) {
    return [...visible.offsets.keys()]
      .filter((name) => may('describe', 'topic', name))
      .map((name) => ({ name, partitions: allOf(visible, named(name)) }));
  }
  return wanted.map(({ name, partitionIndexes }) => {
    const allowed = may('describe', 'topic', name);
    const refused = (index: number) => partitionOf(index, undefined, errorCode.TOPIC_AUTHORIZATION_FAILED);
    return {
      name,
      partitions: partitionIndexes.map((index) => (allowed ? shown(visible, named(name), index) : refused(index))),
    };
  });
}

function fetchById(
  visible: Visible,
  wanted: GroupRequest['topics'],
  topics: GroupTopics,
  { may }: RequestContext,
): TopicResponse[] {
  if (wanted === null) {
    return [...visible.offsets.keys()].flatMap((name) => {
      const topicId = topics.byName(name)?.topicId;
      if (topicId === undefined || !may('describe', 'topic', name)) return [];
      return [{ topicId, partitions: allOf(visible, { name, topicId }) }];
    });
  }
  return wanted.map(({ topicId, partitionIndexes }) => {
    const topic = topics.byId(topicId);
    const refuse = (code: number): TopicResponse => ({
      topicId,
      partitions: partitionIndexes.map((index) => partitionOf(index, undefined, code)),
    });
    if (topic === undefined) return refuse(errorCode.UNKNOWN_TOPIC_ID);
    if (!may('describe', 'topic', topic.name)) return refuse(errorCode.TOPIC_AUTHORIZATION_FAILED);
    return { topicId, partitions: partitionIndexes.map((partition) => shown(visible, topic, partition)) };
  });
}
