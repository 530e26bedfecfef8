// ListConfigResources v0-1: the resources that have configs, of the kinds asked for; without any, of all kinds. v0 asks for metrics
// subscriptions only. An unknown kind is UNSUPPORTED_VERSION, as in Apache Kafka. Needs DESCRIBE_CONFIGS on the cluster.
import { errorCode } from '../../../protocol/errors.ts';
import { listConfigResourcesApi } from '../../../protocol/messages/index.ts';
import { CLUSTER_NAME } from '../../security/authorizer.ts';
import { type Handler, handler } from '../handler.ts';
import { resourceType } from './config-codes.ts';
import type { ConfigResources } from './config-resources.ts';

export function listConfigResourcesHandler(resources: ConfigResources): Handler {
  return handler(listConfigResourcesApi, ({ resourceTypes }, { apiVersion, may }) => {
    if (!may('describe-configs', 'cluster', CLUSTER_NAME))
      return { errorCode: errorCode.CLUSTER_AUTHORIZATION_FAILED, configResources: [] };
    if (resourceTypes.some((type) => !resources.has(type))) {
      return { errorCode: errorCode.UNSUPPORTED_VERSION, configResources: [] };
    }
    const all = resourceTypes.length === 0 ? [...resources.keys()] : [...new Set(resourceTypes)];
    const wanted = apiVersion === 0 ? [resourceType.CLIENT_METRICS] : all;
    return {
      errorCode: errorCode.NONE,
      configResources: wanted.flatMap((type) =>
        (resources.get(type)?.names() ?? []).map((resourceName) => ({ resourceName, resourceType: type })),
      ),
    };
  });
}
