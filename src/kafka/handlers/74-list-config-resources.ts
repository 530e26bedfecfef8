// ListConfigResources v0-1: topics and this broker. v0 asks for metrics subscriptions only, of which there are none; so are there no
// groups with configs and no loggers. An unknown type of resource is UNSUPPORTED_VERSION, as in Apache Kafka. Needs DESCRIBE_CONFIGS on the cluster.
import { errorCode } from '../../../protocol/errors.ts';
import { listConfigResourcesApi } from '../../../protocol/messages/index.ts';
import type { TopicCatalog } from '../../log/catalog.ts';
import { CLUSTER_NAME } from '../../security/authorizer.ts';
import { type Handler, handler } from '../handler.ts';
import { resourceType } from './config-codes.ts';

const KNOWN: ReadonlySet<number> = new Set(Object.values(resourceType));

export function listConfigResourcesHandler(catalog: TopicCatalog): Handler {
  return handler(listConfigResourcesApi, ({ resourceTypes }, { apiVersion, may }) => {
    if (!may('describe-configs', 'cluster', CLUSTER_NAME))
      return { errorCode: errorCode.CLUSTER_AUTHORIZATION_FAILED, configResources: [] };
    if (resourceTypes.some((type) => !KNOWN.has(type))) {
      return { errorCode: errorCode.UNSUPPORTED_VERSION, configResources: [] };
    }
    const all = apiVersion > 0 && resourceTypes.length === 0;
    const wants = (type: number): boolean => all || resourceTypes.includes(type);
    const named = (names: readonly string[], type: number) =>
      wants(type) ? names.map((resourceName) => ({ resourceName, resourceType: type })) : [];
    return {
      errorCode: errorCode.NONE,
      configResources: [
        ...named([String(catalog.brokers.nodeId)], resourceType.BROKER),
        ...named(
          catalog.all().map(({ name }) => name),
          resourceType.TOPIC,
        ),
      ],
    };
  });
}
