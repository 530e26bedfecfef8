// CreatePartitions v0-3, as Apache Kafka answers on one node: more partitions for each topic for itself, validateOnly, manual
// assignments to this broker. Deviation: a request for more than 10,000 new partitions is POLICY_VIOLATION, not UNKNOWN_SERVER_ERROR.
// Needs ALTER on each topic.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { createPartitionsApi } from '../../../protocol/messages/index.ts';
import type { RequestOf, ResponseOf } from '../../../protocol/schema/index.ts';
import type { TopicCatalog } from '../../log/catalog.ts';
import { CatalogError } from '../../log/catalog-errors.ts';
import { type Handler, handler } from '../handler.ts';
import type { ClientQuotas, Mutations } from '../quotas/client-quotas.ts';
import { partError, repeated } from './catalog-outcome.ts';
import { checkReplicas, MAX_NEW_PARTITIONS } from './replicas.ts';

export interface CreatePartitionsDependencies {
  readonly catalog: TopicCatalog;
  readonly quotas: ClientQuotas;
  readonly nodeId: number;
}

type Wanted = RequestOf<typeof createPartitionsApi>['topics'][number];
type Result = ResponseOf<typeof createPartitionsApi>['results'][number];

export function createPartitionsHandler(deps: CreatePartitionsDependencies): Handler {
  return handler(createPartitionsApi, async ({ topics, validateOnly }, context) => {
    const mutations = deps.quotas.mutations(context, context.apiVersion >= STRICT_SINCE);
    const twice = repeated(topics.map((topic) => topic.name));
    const once = new Map(topics.map((topic) => [topic.name, topic]));
    const budget = { left: MAX_NEW_PARTITIONS };
    const results = [...once].map(async ([name, topic]): Promise<Result> => {
      if (!twice.has(name) && !context.may('alter', 'topic', name))
        return { name, errorCode: errorCode.TOPIC_AUTHORIZATION_FAILED, errorMessage: null };
      if (!twice.has(name)) return growOne(topic, validateOnly, deps, { budget, mutations });
      return { name, errorCode: errorCode.INVALID_REQUEST, errorMessage: 'Duplicate topic name.' };
    });
    return { results: await Promise.all(results), throttleTimeMs: mutations.throttleMs };
  });
}

/** From here on a request is refused when the quota is used up; before, its client is only made to wait (KIP-599). */
const STRICT_SINCE = 3;

/** What one request may still add. */
interface Allowance {
  readonly budget: { left: number };
  readonly mutations: Mutations;
}

function throttled(name: string): Result {
  const code = errorCode.THROTTLING_QUOTA_EXCEEDED;
  return { name, errorCode: code, errorMessage: errorMessage(code) };
}

async function growOne(
  wanted: Wanted,
  validateOnly: boolean,
  { catalog, nodeId }: CreatePartitionsDependencies,
  { budget, mutations }: Allowance,
): Promise<Result> {
  const { name, count, assignments } = wanted;
  try {
    const added = count - catalog.checkPartitions(name, count).partitions;
    if (assignments !== null) checkAssignments(assignments, added, nodeId);
    budget.left -= added;
    if (budget.left < 0) {
      throw new CatalogError('POLICY_VIOLATION', `A request may create ${MAX_NEW_PARTITIONS} partitions.`);
    }
    if (!mutations.take(added)) return throttled(name);
    if (!validateOnly) await catalog.addPartitions(name, count);
    return { name, errorCode: errorCode.NONE, errorMessage: null };
  } catch (error) {
    return { name, ...partError(error) };
  }
}

function checkAssignments(assignments: NonNullable<Wanted['assignments']>, added: number, nodeId: number): void {
  if (assignments.length !== added) {
    const attempt = `Attempted to add ${added} additional partition(s)`;
    throw new CatalogError(
      'INVALID_REPLICA_ASSIGNMENT',
      `${attempt}, but ${assignments.length} assignment(s) were specified.`,
    );
  }
  for (const { brokerIds } of assignments) checkReplicas(brokerIds, nodeId);
}
