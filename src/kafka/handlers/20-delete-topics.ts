// DeleteTopics v1-6, by name or (v6) by id, as Apache Kafka answers on one node; every topic for itself, in the order of the request.
// Needs DELETE on the topic or the cluster; who may not describe a topic does not learn whether it is there, nor the name of an id.
// With delete.topic.enable=false: TOPIC_DELETION_DISABLED, and INVALID_REQUEST before v3.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { deleteTopicsApi } from '../../../protocol/messages/index.ts';
import type { RequestOf, ResponseOf } from '../../../protocol/schema/index.ts';
import type { TopicCatalog } from '../../log/catalog.ts';
import { CatalogError } from '../../log/catalog-errors.ts';
import type { Topic } from '../../log/catalog-topics.ts';
import { CLUSTER_NAME } from '../../security/authorizer.ts';
import { type Handler, handler, type RequestContext } from '../handler.ts';
import type { ClientQuotas, Mutations } from '../quotas/client-quotas.ts';
import { repeated } from './catalog-outcome.ts';
import { NO_TOPIC_ID } from './cluster-view.ts';

export interface DeleteTopicsDependencies {
  readonly catalog: TopicCatalog;
  readonly quotas: ClientQuotas;
  /** `delete.topic.enable` */
  readonly enabled: boolean;
}

type Wanted = RequestOf<typeof deleteTopicsApi>['topics'][number];
type Result = ResponseOf<typeof deleteTopicsApi>['responses'][number];

const DISABLED_SINCE = 3;
/** From here on a request is refused when the quota is used up; before, its client is only made to wait (KIP-599). */
const STRICT_SINCE = 5;

export function deleteTopicsHandler({ catalog, quotas, enabled }: DeleteTopicsDependencies): Handler {
  return handler(deleteTopicsApi, async (request, context) => {
    const named = request.topicNames.map((name) => ({ name, topicId: NO_TOPIC_ID }));
    const wanted = [...request.topics, ...named];
    if (!enabled) {
      const code = context.apiVersion < DISABLED_SINCE ? errorCode.INVALID_REQUEST : errorCode.TOPIC_DELETION_DISABLED;
      return { responses: wanted.map((topic) => failed(topic, code)) };
    }
    const mutations = quotas.mutations(context, context.apiVersion >= STRICT_SINCE);
    const twice = repeated(wanted.map(keyOf));
    const once = new Map(wanted.map((topic) => [keyOf(topic), topic]));
    const both = namedBoth([...once.values()], catalog, context);
    const results = [...once].map(async ([key, topic]): Promise<Result[]> => {
      if (twice.has(key)) return [failed(topic, errorCode.INVALID_REQUEST, duplicate(topic))];
      if (topic.name === null)
        return both.has(topic.topicId) ? [] : [await deleteOne(topic, catalog, context, mutations)];
      const topicId = catalog.byName(topic.name)?.topicId;
      if (topic.topicId !== NO_TOPIC_ID || topicId === undefined || !both.has(topicId))
        return [await deleteOne(topic, catalog, context, mutations)];
      return [
        failed({ name: topic.name, topicId }, errorCode.INVALID_REQUEST, 'The topic is named by its id as well.'),
      ];
    });
    return { responses: (await Promise.all(results)).flat(), throttleTimeMs: mutations.throttleMs };
  });
}

/** The ids of topics that the request names by name and by id: told once, and not deleted. */
function namedBoth(all: readonly Wanted[], catalog: TopicCatalog, context: RequestContext): ReadonlySet<string> {
  const ids = new Set(all.filter(({ name }) => name === null).map(({ topicId }) => topicId));
  const byName = all.flatMap((wanted) => {
    const { name, topicId } = wanted;
    // Who may not delete it must not learn which name an id has.
    const topic = name === null || topicId !== NO_TOPIC_ID ? undefined : catalog.byName(name);
    return topic === undefined || refusal(wanted, topic, context) !== undefined ? [] : topic.topicId;
  });
  return new Set(byName.filter((topicId) => ids.has(topicId)));
}

const keyOf = ({ name, topicId }: Wanted): string => `${topicId} ${name === null ? '' : `=${name}`}`;

const duplicate = ({ name }: Wanted): string => (name === null ? 'Duplicate topic id.' : 'Duplicate topic name.');

function failed({ name, topicId }: Wanted, code: number, message = errorMessage(code)): Result {
  return { name, topicId, errorCode: code, errorMessage: message };
}

async function deleteOne(
  wanted: Wanted,
  catalog: TopicCatalog,
  context: RequestContext,
  mutations: Mutations,
): Promise<Result> {
  const { name, topicId } = wanted;
  if (name !== null && topicId !== NO_TOPIC_ID) {
    return failed(wanted, errorCode.INVALID_REQUEST, 'You may not specify both topic name and topic id.');
  }
  if (name === null && topicId === NO_TOPIC_ID) {
    return failed(wanted, errorCode.INVALID_REQUEST, 'Neither topic name nor id were specified.');
  }
  const gone = name === null ? errorCode.UNKNOWN_TOPIC_ID : errorCode.UNKNOWN_TOPIC_OR_PARTITION;
  const topic = name === null ? catalog.byId(topicId) : catalog.byName(name);
  const refused = refusal(wanted, topic, context);
  if (refused !== undefined) return refused;
  if (topic === undefined) return failed(wanted, gone);
  if (!mutations.take(topic.partitions)) return failed(wanted, errorCode.THROTTLING_QUOTA_EXCEEDED);
  try {
    await catalog.delete(topic.topicId);
  } catch (error) {
    // Another connection was faster.
    if (error instanceof CatalogError) return failed(wanted, gone);
    throw error;
  }
  return { name: topic.name, topicId: topic.topicId, errorCode: errorCode.NONE, errorMessage: null };
}

/** The answer to a principal that may not delete the topic, or not know of it; undefined for one that may. */
function refusal(wanted: Wanted, topic: Topic | undefined, { may }: RequestContext): Result | undefined {
  if (may('delete', 'cluster', CLUSTER_NAME)) return undefined;
  const denied = (name: string | null): Result => failed({ ...wanted, name }, errorCode.TOPIC_AUTHORIZATION_FAILED);
  if (wanted.name !== null) {
    if (!may('describe', 'topic', wanted.name)) return denied(wanted.name);
    return topic === undefined || may('delete', 'topic', wanted.name) ? undefined : denied(wanted.name);
  }
  // An id is no secret, and does not tell a name to one that may not describe it.
  if (topic === undefined || may('delete', 'topic', topic.name)) return undefined;
  return denied(may('describe', 'topic', topic.name) ? topic.name : null);
}
