// IncrementalAlterConfigs v0-1 for topics, brokers, loggers, groups and metrics subscriptions: set, delete, append, subtract, as Apache Kafka
// does it. A broker takes names that no config has, as there. Deviations: an unknown operation is INVALID_REQUEST, where Apache Kafka fails;
// settings of listeners and of their security cannot change while the broker runs.
// Needs ALTER_CONFIGS on the topic or group, or on the cluster for the rest.
import { incrementalAlterConfigsApi } from '../../../protocol/messages/index.ts';
import { CatalogError } from '../../log/catalog-errors.ts';
import type { ConfigChange } from '../../log/topic-configs-changes.ts';
import { type Handler, handler } from '../handler.ts';
import { alterConfigs } from './config-alterations.ts';
import type { ConfigResources } from './config-resources.ts';

const OPERATIONS = ['set', 'delete', 'append', 'subtract'] as const;

interface Wanted {
  readonly name: string;
  readonly configOperation: number;
  readonly value: string | null;
}

export function incrementalAlterConfigsHandler(resources: ConfigResources): Handler {
  return handler(incrementalAlterConfigsApi, async ({ resources: wanted, validateOnly }, context) => {
    const alterations = wanted.map(({ configs, ...resource }) => ({
      ...resource,
      changes: () => configs.map(change),
    }));
    return { responses: await alterConfigs(alterations, validateOnly, resources, context) };
  });
}

function change({ name, configOperation, value }: Wanted): ConfigChange {
  const operation = OPERATIONS[configOperation];
  if (operation === undefined) throw new CatalogError('INVALID_REQUEST', `Unknown operation ${configOperation}`);
  return operation === 'delete' ? { operation, name } : { operation, name, value };
}
