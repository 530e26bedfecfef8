// Metadata v0-13, as Apache Kafka answers on one node. Topics are answered in the order of the request. Deviation: a topic that is
// created on the way (auto.create.topics.enable, allowAutoTopicCreation) is in the answer at once, not in the next one, and a name
// that cannot be created gets its reason. Topics that hold Kafka's own state (__consumer_offsets …) do not exist here.
// Who may not describe a topic does not learn whether it is there: of all topics it is left out. To create needs CREATE on it or the cluster.
import { errorCode } from '../../../protocol/errors.ts';
import { metadataApi } from '../../../protocol/messages/index.ts';
import type { RequestOf, ResponseOf } from '../../../protocol/schema/index.ts';
import type { TopicCatalog } from '../../log/catalog.ts';
import { CatalogError } from '../../log/catalog-errors.ts';
import { checkTopicName, isInternalName } from '../../log/catalog-names.ts';
import type { Topic } from '../../log/catalog-topics.ts';
import type { Log } from '../../log/types.ts';
import { CLUSTER_NAME } from '../../security/authorizer.ts';
import { authorizedOperations, clusterOperations, NOT_ASKED } from '../authorized-operations.ts';
import { type Handler, handler, type RequestContext } from '../handler.ts';
import type { ClientQuotas } from '../quotas/client-quotas.ts';
import { type ClusterView, NO_TOPIC_ID } from './cluster-view.ts';
import { MAX_NEW_PARTITIONS } from './replicas.ts';
import { showPartitions } from './topic-partitions.ts';

export interface MetadataDependencies {
  readonly catalog: TopicCatalog;
  readonly log: Pick<Log, 'partition'>;
  readonly cluster: ClusterView;
  readonly quotas: ClientQuotas;
  /** `auto.create.topics.enable` */
  readonly autoCreate: boolean;
  /** `num.partitions` */
  readonly defaultPartitions: number;
}

type Request = RequestOf<typeof metadataApi>;
type Response = ResponseOf<typeof metadataApi>;
type ShownTopic = Response['topics'][number];

const TOPIC_IDS_SINCE = 12;

export function metadataHandler(deps: MetadataDependencies): Handler {
  const { cluster } = deps;
  return handler(metadataApi, async (request, context): Promise<Response> => {
    const unusable = topicIdsTooEarly(request, context.apiVersion);
    if (unusable !== undefined) return unusable;
    const { host, port } = context.listener;
    return {
      brokers: [{ nodeId: cluster.nodeId, host, port, rack: cluster.rack }],
      clusterId: cluster.clusterId,
      controllerId: cluster.nodeId,
      topics: await topicsOf(request, context, deps),
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? clusterOperations(context) : NOT_ASKED,
    };
  });
}

/** v10 and v11 have the field, but a broker refuses to look topics up by id (KAFKA-12701): a bare error for each topic. */
function topicIdsTooEarly({ topics }: Request, version: number): Response | undefined {
  if (version >= TOPIC_IDS_SINCE || topics === null) return undefined;
  if (topics.every(({ topicId, name }) => topicId === NO_TOPIC_ID && name !== null)) return undefined;
  return {
    brokers: [],
    topics: topics.map(({ name, topicId }) => ({
      ...failed(errorCode.INVALID_REQUEST, name ?? ''),
      topicId,
    })),
  };
}

function failed(code: number, name: string | null): ShownTopic {
  return { errorCode: code, name, partitions: [] };
}

async function topicsOf(request: Request, context: RequestContext, deps: MetadataDependencies): Promise<ShownTopic[]> {
  const { topics, includeTopicAuthorizedOperations: told } = request;
  const operations = (name: string): number => (told ? authorizedOperations(context, 'topic', name) : NOT_ASKED);
  const show = (topic: Topic): ShownTopic => ({
    errorCode: errorCode.NONE,
    name: topic.name,
    topicId: topic.topicId,
    partitions: showPartitions(topic, deps.log, deps.cluster.nodeId),
    topicAuthorizedOperations: operations(topic.name),
  });
  // Only v0 means everything by an empty list.
  if (topics === null || (context.apiVersion === 0 && topics.length === 0)) {
    return deps.catalog
      .all()
      .filter(({ name }) => context.may('describe', 'topic', name))
      .map(show);
  }
  const ids = new Set(topics.map(({ topicId }) => topicId).filter((topicId) => topicId !== NO_TOPIC_ID));
  // As soon as one entry has an id, names do not count.
  if (ids.size > 0) return [...ids].map((id) => byId(id, context, deps.catalog, show));
  const names = [...new Set(topics.map(({ name }) => name ?? ''))];
  const create = request.allowAutoTopicCreation && deps.autoCreate && mayCreateAll(names, deps);
  return Promise.all(
    names.map(async (name) => {
      const shown = await byName(name, create, context, deps, show);
      // Of a name that may be described it is told what one may do, whether it is there or not.
      if (shown.errorCode === errorCode.TOPIC_AUTHORIZATION_FAILED) return shown;
      return { ...shown, topicAuthorizedOperations: operations(name) };
    }),
  );
}

/** A request that would create more partitions than CreateTopics may creates none, as in Apache Kafka. */
function mayCreateAll(names: readonly string[], { catalog, defaultPartitions }: MetadataDependencies): boolean {
  const missing = names.filter((name) => catalog.byName(name) === undefined);
  return missing.length * defaultPartitions <= MAX_NEW_PARTITIONS;
}

/** An id is no secret: it is told that the topic may not be described, but not its name. */
function byId(
  topicId: string,
  { may }: RequestContext,
  catalog: TopicCatalog,
  show: (topic: Topic) => ShownTopic,
): ShownTopic {
  const topic = catalog.byId(topicId);
  if (topic === undefined) return { ...failed(errorCode.UNKNOWN_TOPIC_ID, null), topicId };
  if (!may('describe', 'topic', topic.name)) return { ...failed(errorCode.TOPIC_AUTHORIZATION_FAILED, null), topicId };
  return show(topic);
}

async function byName(
  name: string,
  create: boolean,
  context: RequestContext,
  { catalog, quotas, defaultPartitions }: MetadataDependencies,
  show: (topic: Topic) => ShownTopic,
): Promise<ShownTopic> {
  const { may } = context;
  if (!may('describe', 'topic', name)) return failed(errorCode.TOPIC_AUTHORIZATION_FAILED, name);
  try {
    const topic = catalog.byName(name);
    if (topic !== undefined) return show(topic);
    const mayCreate = may('create', 'cluster', CLUSTER_NAME) || may('create', 'topic', name);
    if (create && !mayCreate) return failed(errorCode.TOPIC_AUTHORIZATION_FAILED, name);
    checkTopicName(name);
    if (!create || isInternalName(name)) return failed(errorCode.UNKNOWN_TOPIC_OR_PARTITION, name);
    // Above its quota of mutations a client does not get the topic now, and asks again.
    if (!quotas.mutations(context, true).take(defaultPartitions))
      return failed(errorCode.UNKNOWN_TOPIC_OR_PARTITION, name);
    return show(await catalog.create({ name, partitions: defaultPartitions, configs: [] }));
  } catch (error) {
    if (!(error instanceof CatalogError)) throw error;
    // Another connection was faster.
    const topic = catalog.byName(name);
    return topic === undefined ? failed(errorCode[error.code], name) : show(topic);
  }
}
