// IncrementalAlterConfigs v0-1 for topics and brokers: set, delete, append, subtract, as Apache Kafka does it. Of a broker only configs
// that topics inherit can change. Deviation: an unknown operation is INVALID_REQUEST for its resource alone.
// Needs ALTER_CONFIGS on the topic or group, or on the cluster for the rest.
import { incrementalAlterConfigsApi } from '../../../protocol/messages/index.ts';
import type { TopicCatalog } from '../../log/catalog.ts';
import { CatalogError } from '../../log/catalog-errors.ts';
import type { ConfigChange } from '../../log/topic-configs-changes.ts';
import { type Handler, handler } from '../handler.ts';
import { alterConfigs } from './config-alterations.ts';

const OPERATIONS = ['set', 'delete', 'append', 'subtract'] as const;

interface Wanted {
  readonly name: string;
  readonly configOperation: number;
  readonly value: string | null;
}

export function incrementalAlterConfigsHandler(catalog: TopicCatalog): Handler {
  return handler(incrementalAlterConfigsApi, async ({ resources, validateOnly }, context) => {
    const alterations = resources.map(({ configs, ...resource }) => ({
      ...resource,
      changes: () => configs.map(change),
    }));
    return { responses: await alterConfigs(alterations, validateOnly, catalog, context) };
  });
}

function change({ name, configOperation, value }: Wanted): ConfigChange {
  const operation = OPERATIONS[configOperation];
  if (operation === undefined) throw new CatalogError('INVALID_REQUEST', `Unknown operation ${configOperation}`);
  return operation === 'delete' ? { operation, name } : { operation, name, value };
}
