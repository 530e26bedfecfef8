// AlterConfigs v0-2 for topics, brokers, groups and metrics subscriptions: the configs given replace all that were set, as in Apache Kafka.
// Loggers it does not know. Needs ALTER_CONFIGS on the topic or group, or on the cluster for the rest.
// Deviation: Apache Kafka gives no answer when a resource is named twice; here it is INVALID_REQUEST.
import { alterConfigsApi } from '../../../protocol/messages/index.ts';
import { CatalogError } from '../../log/catalog-errors.ts';
import type { ConfigChange } from '../../log/topic-configs-changes.ts';
import { type Handler, handler } from '../handler.ts';
import { alterConfigs } from './config-alterations.ts';
import type { ConfigResource, ConfigResources } from './config-resources.ts';

interface Wanted {
  readonly resourceName: string;
  readonly configs: readonly { readonly name: string; readonly value: string | null }[];
}

export function alterConfigsHandler(resources: ConfigResources): Handler {
  return handler(alterConfigsApi, async ({ resources: wanted, validateOnly }, context) => {
    const alterations = wanted.map((one) => ({
      resourceType: one.resourceType,
      resourceName: one.resourceName,
      changes: (resource: ConfigResource) => replaceAll(one, resource),
    }));
    return { responses: await alterConfigs(alterations, validateOnly, resources, context) };
  });
}

function replaceAll({ resourceName, configs }: Wanted, resource: ConfigResource): ConfigChange[] {
  if (!resource.replaceable) throw new CatalogError('INVALID_REQUEST', 'The configs of this kind cannot be replaced.');
  const given = new Set(configs.map(({ name }) => name));
  const gone = [...resource.current(resourceName)].filter((name) => !given.has(name));
  return [
    ...gone.map((name): ConfigChange => ({ operation: 'delete', name })),
    ...configs.map(({ name, value }): ConfigChange => ({ operation: 'set', name, value })),
  ];
}
