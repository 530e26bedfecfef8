// CreateTopics v2-7, as Apache Kafka answers on one node: every topic for itself, validateOnly, -1 for the broker's defaults, manual
// assignments to this broker. Deviations: replication factors 1 to 3 are taken (one replica is shown), answers are in the order of the
// request, and two names of one request that collide are not both created. Needs CREATE on the cluster or on the topic; without DESCRIBE_CONFIGS
// on the topic its configs and numbers are not told.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { createTopicsApi } from '../../../protocol/messages/index.ts';
import type { RequestOf, ResponseOf } from '../../../protocol/schema/index.ts';
import type { TopicCatalog } from '../../log/catalog.ts';
import { CatalogError } from '../../log/catalog-errors.ts';
import type { Topic } from '../../log/catalog-topics.ts';
import { CLUSTER_NAME } from '../../security/authorizer.ts';
import { type Handler, handler, type RequestContext } from '../handler.ts';
import type { ClientQuotas, Mutations } from '../quotas/client-quotas.ts';
import { partError, repeated } from './catalog-outcome.ts';
import { configSourceCode } from './config-codes.ts';
import { checkReplicas, checkReplicationFactor, MAX_NEW_PARTITIONS } from './replicas.ts';

export interface CreateTopicsDependencies {
  readonly catalog: TopicCatalog;
  readonly nodeId: number;
  readonly quotas: ClientQuotas;
  /** `num.partitions` */
  readonly defaultPartitions: number;
}

type Wanted = RequestOf<typeof createTopicsApi>['topics'][number];
type Result = ResponseOf<typeof createTopicsApi>['topics'][number];

/** From here on a request is refused when the quota is used up; before, its client is only made to wait (KIP-599). */
const STRICT_SINCE = 6;

export function createTopicsHandler(deps: CreateTopicsDependencies): Handler {
  return handler(createTopicsApi, async ({ topics, validateOnly }, context) => {
    const mayAll = context.may('create', 'cluster', CLUSTER_NAME);
    const denied = new Set(topics.filter(({ name }) => !mayAll && !context.may('create', 'topic', name)));
    const wanted = topics.filter((topic) => !denied.has(topic));
    const total = wanted.reduce((sum, topic) => sum + asked(topic, deps), 0);
    if (total > MAX_NEW_PARTITIONS) {
      const tooMany = new CatalogError('POLICY_VIOLATION', `A request may create ${MAX_NEW_PARTITIONS} partitions.`);
      return { topics: topics.map((topic) => (denied.has(topic) ? refused(topic.name) : failed(topic.name, tooMany))) };
    }
    const mutations = deps.quotas.mutations(context, context.apiVersion >= STRICT_SINCE);
    const twice = repeated(topics.map((topic) => topic.name));
    const results = new Map<string, Promise<Result>>();
    for (const topic of topics) {
      if (results.has(topic.name)) continue;
      const duplicate = new CatalogError('INVALID_REQUEST', 'Duplicate topic name.');
      let result: Result | Promise<Result>;
      if (twice.has(topic.name)) result = failed(topic.name, duplicate);
      else if (denied.has(topic)) result = refused(topic.name);
      else result = createOne(topic, validateOnly, { context, mutations }, deps);
      results.set(topic.name, Promise.resolve(result));
    }
    return { topics: await Promise.all(results.values()), throttleTimeMs: mutations.throttleMs };
  });
}

/** The partitions that a topic shall have, as long as nobody has looked whether that may be. */
function asked({ numPartitions, assignments }: Wanted, { defaultPartitions }: CreateTopicsDependencies): number {
  if (assignments.length > 0) return assignments.length;
  return numPartitions === -1 ? defaultPartitions : Math.max(numPartitions, 0);
}

function failed(name: string, error: unknown): Result {
  return { name, ...partError(error), configs: [] };
}

/** Who asks, and what may still be changed. */
interface Asking {
  readonly context: RequestContext;
  readonly mutations: Mutations;
}

function throttled(name: string): Result {
  const code = errorCode.THROTTLING_QUOTA_EXCEEDED;
  return { name, errorCode: code, errorMessage: errorMessage(code), configs: [] };
}

function refused(name: string): Result {
  return { name, errorCode: errorCode.TOPIC_AUTHORIZATION_FAILED, errorMessage: 'Authorization failed.', configs: [] };
}

async function createOne(
  wanted: Wanted,
  validateOnly: boolean,
  { context, mutations }: Asking,
  deps: CreateTopicsDependencies,
): Promise<Result> {
  try {
    const partitions = partitionsOf(wanted, deps);
    const topic = { name: wanted.name, partitions, configs: wanted.configs };
    const checked = deps.catalog.checkNew(topic);
    if (!mutations.take(partitions)) return throttled(wanted.name);
    const made = validateOnly ? checked : await deps.catalog.create(topic);
    return context.may('describe-configs', 'topic', made.name) ? created(made, deps.catalog) : createdUnseen(made);
  } catch (error) {
    return failed(wanted.name, error);
  }
}

/** The number of partitions to create. Throws CatalogError for numbers, factors and assignments that contradict each other. */
function partitionsOf(wanted: Wanted, { nodeId, defaultPartitions }: CreateTopicsDependencies): number {
  const { assignments, numPartitions, replicationFactor } = wanted;
  if (assignments.length === 0) {
    checkReplicationFactor(replicationFactor);
    return numPartitions === -1 ? defaultPartitions : numPartitions;
  }
  const given = numPartitions !== -1 ? 'numPartitions' : replicationFactor !== -1 ? 'replication factor' : undefined;
  if (given !== undefined) {
    const message = `A manual partition assignment was specified, but ${given} was not set to -1.`;
    throw new CatalogError('INVALID_REQUEST', message);
  }
  const indexes = new Set(assignments.map(({ partitionIndex }) => partitionIndex));
  if (indexes.size < assignments.length) {
    throw new CatalogError('INVALID_REPLICA_ASSIGNMENT', 'Found multiple manual partition assignments for a partition');
  }
  if (!assignments.every((_, index) => indexes.has(index))) {
    const message = 'partitions should be a consecutive 0-based integer sequence';
    throw new CatalogError('INVALID_REPLICA_ASSIGNMENT', message);
  }
  for (const { brokerIds } of assignments) checkReplicas(brokerIds, nodeId);
  return assignments.length;
}

function created(topic: Topic, catalog: TopicCatalog): Result {
  return {
    name: topic.name,
    topicId: topic.topicId,
    errorCode: errorCode.NONE,
    errorMessage: null,
    numPartitions: topic.partitions,
    replicationFactor: 1,
    configs: catalog.describe(topic).map(({ name, value, readOnly, source, sensitive }) => ({
      name,
      value,
      readOnly,
      configSource: configSourceCode[source],
      isSensitive: sensitive,
    })),
  };
}

function createdUnseen({ name, topicId }: Topic): Result {
  return {
    name,
    topicId,
    errorCode: errorCode.NONE,
    errorMessage: null,
    topicConfigErrorCode: errorCode.TOPIC_AUTHORIZATION_FAILED,
    configs: [],
  };
}
