import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import type { TopicCatalog } from '../../log/catalog.ts';
import { CatalogError } from '../../log/catalog-errors.ts';
import type { ConfigChange } from '../../log/topic-configs-changes.ts';
import type { RequestContext } from '../handler.ts';
import { partError } from './catalog-outcome.ts';
import { resourceType } from './config-codes.ts';
import { configRefusal } from './config-rights.ts';

/** A resource whose configs are to change; `changes` gets the names of those that are set now. */
export interface Alteration {
  readonly resourceType: number;
  readonly resourceName: string;
  changes(current: Iterable<string>): readonly ConfigChange[];
}

export interface AlterationResult {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly resourceType: number;
  readonly resourceName: string;
}

const keyOf = (resource: Alteration): string => `${resource.resourceType} ${resource.resourceName}`;

/** Changes the configs of each resource for itself, all of a resource or none. */
export async function alterConfigs(
  alterations: readonly Alteration[],
  validateOnly: boolean,
  catalog: TopicCatalog,
  context: RequestContext,
): Promise<AlterationResult[]> {
  const counts = Map.groupBy(alterations, keyOf);
  return Promise.all(
    alterations.map(async (alteration): Promise<AlterationResult> => {
      const { resourceType: type, resourceName } = alteration;
      try {
        if (counts.get(keyOf(alteration))!.length > 1) {
          throw new CatalogError('INVALID_REQUEST', 'Each resource must appear at most once.');
        }
        const code = configRefusal('alter-configs', type, resourceName, context);
        if (code !== errorCode.NONE)
          return { errorCode: code, errorMessage: errorMessage(code), resourceType: type, resourceName };
        await alterOne(alteration, validateOnly, catalog);
        return { errorCode: errorCode.NONE, errorMessage: null, resourceType: type, resourceName };
      } catch (error) {
        return { ...partError(error), resourceType: type, resourceName };
      }
    }),
  );
}

async function alterOne(alteration: Alteration, validateOnly: boolean, catalog: TopicCatalog): Promise<void> {
  const { resourceType: type, resourceName: name } = alteration;
  if (type === resourceType.BROKER) {
    const changes = alteration.changes(catalog.brokers.dynamicValues(name).keys());
    await catalog.alterBroker(name, changes, validateOnly);
    return;
  }
  if (type !== resourceType.TOPIC) throw new CatalogError('INVALID_REQUEST', `Unknown resource type ${type}`);
  if (name === '') throw new CatalogError('INVALID_REQUEST', 'Default topic resources are not allowed.');
  await catalog.alterTopic(name, alteration.changes(catalog.byName(name)?.overrides.keys() ?? []), validateOnly);
}
