import type { InternalTopic } from '../../coordination/streams/types.ts';
import { CatalogError } from '../../log/catalog-errors.ts';
import type { TopicCatalog } from '../../log/catalog.ts';
import { CLUSTER_NAME } from '../../security/authorizer.ts';
import type { RequestContext } from '../handler.ts';
import { checkReplicationFactor } from './replicas.ts';

/**
 * Creates the internal topics of a Kafka Streams application that are missing, those that the principal may create. Resolves with a
 * sentence about the others, else with an empty text: the application is told, and its next heartbeat tries again.
 */
export async function createInternalTopics(
  catalog: TopicCatalog,
  topics: readonly InternalTopic[],
  { may }: RequestContext,
): Promise<string> {
  const mayAll = may('create', 'cluster', CLUSTER_NAME);
  const denied = topics.filter(({ name }) => !mayAll && !may('create', 'topic', name));
  if (denied.length > 0) return `Unauthorized to CREATE on topics ${denied.map(({ name }) => name).join(', ')}.`;
  const failures = await Promise.all(topics.map((topic) => createOne(catalog, topic)));
  const said = failures.filter((failure) => failure !== '');
  return said.length === 0 ? '' : `Creation failed: ${said.join(', ')}.`;
}

async function createOne(catalog: TopicCatalog, topic: InternalTopic): Promise<string> {
  try {
    checkReplicationFactor(topic.replicationFactor);
    await catalog.create(topic);
    return '';
  } catch (error) {
    // Two members that find the same topic missing both want to create it.
    if (error instanceof CatalogError && error.code === 'TOPIC_ALREADY_EXISTS') return '';
    if (error instanceof CatalogError) return `${topic.name} (${error.message})`;
    throw error;
  }
}
