import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { CatalogError } from '../../log/catalog-errors.ts';
import type { ConfigChange } from '../../log/topic-configs-changes.ts';
import type { RequestContext } from '../handler.ts';
import { partError } from './catalog-outcome.ts';
import type { ConfigResource, ConfigResources } from './config-resources.ts';
import { configRefusal } from './config-rights.ts';

/** A resource whose configs are to change; `changes` says how, or throws CatalogError. */
export interface Alteration {
  readonly resourceType: number;
  readonly resourceName: string;
  changes(resource: ConfigResource): readonly ConfigChange[];
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
  resources: ConfigResources,
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
        const resource = resourceOf(alteration, resources);
        await resource.alter(resourceName, alteration.changes(resource), validateOnly);
        return { errorCode: errorCode.NONE, errorMessage: null, resourceType: type, resourceName };
      } catch (error) {
        return { ...partError(error), resourceType: type, resourceName };
      }
    }),
  );
}

function resourceOf({ resourceType: type }: Alteration, resources: ConfigResources): ConfigResource {
  const resource = resources.get(type);
  if (resource === undefined) throw new CatalogError('INVALID_REQUEST', `Unknown resource type ${type}`);
  return resource;
}
