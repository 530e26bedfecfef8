import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import type { InternalTopic } from '../../coordination/streams/types.ts';
import { CatalogError } from '../../log/catalog-errors.ts';
import type { TopicCatalog } from '../../log/catalog.ts';
import { CLUSTER_NAME } from '../../security/authorizer.ts';
import type { RequestContext } from '../handler.ts';
import type { ClientQuotas, Mutations } from '../quotas/client-quotas.ts';
import { checkReplicationFactor } from './replicas.ts';

/**
 * Creates the internal topics of a Kafka Streams application that are missing, when the principal may create them and as far as its quota
 * of mutations goes. Resolves with a sentence about the others, else with an empty text: the application is told, and its next heartbeat
 * tries again.
 */
export async function createInternalTopics(
  { catalog, quotas }: { readonly catalog: TopicCatalog; readonly quotas: ClientQuotas },
  topics: readonly InternalTopic[],
  context: RequestContext,
): Promise<string> {
  const { may } = context;
  const mayAll = may('create', 'cluster', CLUSTER_NAME);
  const denied = topics.filter(({ name }) => !mayAll && !may('create', 'topic', name));
  if (denied.length > 0) return `Unauthorized to CREATE on topics ${denied.map(({ name }) => name).join(', ')}.`;
  // Kafka passes the wish on as a CreateTopics of today in the name of the client: its quota refuses (KIP-599).
  const mutations = quotas.mutations(context, true);
  const failures = await Promise.all(topics.map((topic) => createOne(catalog, mutations, topic)));
  const said = failures.filter((failure) => failure !== '');
  return said.length === 0 ? '' : `Creation failed: ${said.join(', ')}.`;
}

async function createOne(catalog: TopicCatalog, mutations: Mutations, topic: InternalTopic): Promise<string> {
  try {
    checkReplicationFactor(topic.replicationFactor);
    catalog.checkNew(topic);
    if (!mutations.take(topic.partitions))
      return `${topic.name} (${errorMessage(errorCode.THROTTLING_QUOTA_EXCEEDED)})`;
    await catalog.create(topic);
    return '';
  } catch (error) {
    // Two members that find the same topic missing both want to create it.
    if (error instanceof CatalogError && error.code === 'TOPIC_ALREADY_EXISTS') return '';
    if (error instanceof CatalogError) return `${topic.name} (${error.message})`;
    throw error;
  }
}
