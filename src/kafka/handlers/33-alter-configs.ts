// AlterConfigs v0-2 for topics and brokers: the configs given replace all that were set, as in Apache Kafka. Of a broker only configs
// that topics inherit can change. Deviation: the same resource twice is INVALID_REQUEST.
// Needs ALTER_CONFIGS on the topic or group, or on the cluster for the rest.
import { alterConfigsApi } from '../../../protocol/messages/index.ts';
import type { TopicCatalog } from '../../log/catalog.ts';
import type { ConfigChange } from '../../log/topic-configs-changes.ts';
import { type Handler, handler } from '../handler.ts';
import { alterConfigs } from './config-alterations.ts';

export function alterConfigsHandler(catalog: TopicCatalog): Handler {
  return handler(alterConfigsApi, async ({ resources, validateOnly }, context) => {
    const alterations = resources.map(({ configs, ...resource }) => ({
      ...resource,
      changes: (current: Iterable<string>) => replaceAll(configs, current),
    }));
    return { responses: await alterConfigs(alterations, validateOnly, catalog, context) };
  });
}

function replaceAll(
  configs: readonly { readonly name: string; readonly value: string | null }[],
  current: Iterable<string>,
): ConfigChange[] {
  const given = new Set(configs.map(({ name }) => name));
  const gone = [...current].filter((name) => !given.has(name));
  return [
    ...gone.map((name): ConfigChange => ({ operation: 'delete', name })),
    ...configs.map(({ name, value }): ConfigChange => ({ operation: 'set', name, value })),
  ];
}
