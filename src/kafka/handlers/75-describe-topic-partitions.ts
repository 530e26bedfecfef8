// DescribeTopicPartitions v0 (KIP-966), as Apache Kafka answers on one node: topics sorted by name, at most 2,000 partitions (or
// fewer, if asked) a page, and a cursor where the next page begins. Topics that one may not describe are left out of all, and come last with
// TOPIC_AUTHORIZATION_FAILED where they were named.
import { errorCode } from '../../../protocol/errors.ts';
import { describeTopicPartitionsApi } from '../../../protocol/messages/index.ts';
import type { RequestOf, ResponseOf } from '../../../protocol/schema/index.ts';
import type { TopicCatalog } from '../../log/catalog.ts';
import { CatalogError } from '../../log/catalog-errors.ts';
import { checkTopicName } from '../../log/catalog-names.ts';
import type { Log } from '../../log/types.ts';
import { authorizedOperations } from '../authorized-operations.ts';
import { type Handler, handler, type RequestContext } from '../handler.ts';
import { NO_TOPIC_ID } from './cluster-view.ts';
import { showPartitions } from './topic-partitions.ts';

export interface DescribeTopicPartitionsDependencies {
  readonly catalog: TopicCatalog;
  readonly log: Pick<Log, 'partition'>;
  readonly nodeId: number;
}

type Request = RequestOf<typeof describeTopicPartitionsApi>;
type Response = ResponseOf<typeof describeTopicPartitionsApi>;
type ShownTopic = Response['topics'][number];

/** `max.request.partition.size.limit` of Apache Kafka, by default. */
const MOST_PARTITIONS = 2000;

export function describeTopicPartitionsHandler(deps: DescribeTopicPartitionsDependencies): Handler {
  return handler(describeTopicPartitionsApi, (request, context): Response => {
    const names = wantedNames(request, deps.catalog);
    if (names === undefined) return badCursor(request);
    const seen = new Set(names.filter((name) => context.may('describe', 'topic', name)));
    const answer = page([...seen], request, deps, context);
    if (request.topics.length === 0 || seen.size === names.length) return answer;
    const hidden = names.filter((name) => !seen.has(name));
    return { ...answer, topics: [...answer.topics, ...hidden.map(denied)] };
  });
}

function denied(name: string): ShownTopic {
  return { errorCode: errorCode.TOPIC_AUTHORIZATION_FAILED, name, topicId: NO_TOPIC_ID, partitions: [] };
}

/** Names from the cursor on, sorted; undefined for a cursor that does not fit the request. */
function wantedNames({ topics, cursor }: Request, catalog: TopicCatalog): string[] | undefined {
  const everything = topics.length === 0;
  const all = everything ? catalog.all().map(({ name }) => name) : [...new Set(topics.map(({ name }) => name))];
  if (cursor === null) return all.sort();
  if (cursor.partitionIndex < 0 || (!everything && !all.includes(cursor.topicName))) return undefined;
  return all.filter((name) => name >= cursor.topicName).sort();
}

function badCursor({ topics }: Request): Response {
  return {
    topics: topics.map(({ name }) => ({
      errorCode: errorCode.INVALID_REQUEST,
      name,
      topicId: NO_TOPIC_ID,
      partitions: [],
    })),
  };
}

function page(
  names: readonly string[],
  request: Request,
  deps: DescribeTopicPartitionsDependencies,
  context: RequestContext,
): Response {
  const { cursor } = request;
  let left = Math.max(1, Math.min(MOST_PARTITIONS, request.responsePartitionLimit));
  const topics: ShownTopic[] = [];
  for (const name of names) {
    const from = name === cursor?.topicName ? cursor.partitionIndex : 0;
    if (left === 0) return { topics, nextCursor: { topicName: name, partitionIndex: from } };
    const topic = describeOne(name, from, left, deps, context);
    topics.push(topic);
    left -= topic.partitions.length;
    const next = from + topic.partitions.length;
    if (left === 0 && next < (deps.catalog.byName(name)?.partitions ?? 0)) {
      return { topics, nextCursor: { topicName: name, partitionIndex: next } };
    }
  }
  return { topics };
}

function describeOne(
  name: string,
  from: number,
  limit: number,
  { catalog, log, nodeId }: DescribeTopicPartitionsDependencies,
  context: RequestContext,
): ShownTopic {
  const topic = catalog.byName(name);
  const topicAuthorizedOperations = authorizedOperations(context, 'topic', name);
  if (topic === undefined) {
    const shown = { topicId: NO_TOPIC_ID, partitions: [], topicAuthorizedOperations };
    return { errorCode: faultOf(name), name, ...shown };
  }
  const to = Math.min(topic.partitions, from + limit);
  const partitions = showPartitions(topic, log, nodeId, Math.min(from, to), to);
  return {
    errorCode: errorCode.NONE,
    name,
    topicId: topic.topicId,
    partitions: partitions.map((partition) => ({ ...partition, eligibleLeaderReplicas: [], lastKnownElr: [] })),
    topicAuthorizedOperations,
  };
}

function faultOf(name: string): number {
  try {
    checkTopicName(name);
    return errorCode.UNKNOWN_TOPIC_OR_PARTITION;
  } catch (error) {
    if (error instanceof CatalogError) return errorCode[error.code];
    throw error;
  }
}
