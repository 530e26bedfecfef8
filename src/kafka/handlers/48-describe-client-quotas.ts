// DescribeClientQuotas v0-1: quotas of the entities that fit a filter. Needs DESCRIBE_CONFIGS on the cluster.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { describeClientQuotasApi } from '../../../protocol/messages/index.ts';
import type { RequestOf } from '../../../protocol/schema/index.ts';
import { CLUSTER_NAME } from '../../security/authorizer.ts';
import { type Handler, handler } from '../handler.ts';
import { type EntityType, isEntityType, type QuotaEntity } from '../quotas/entity.ts';
import type { QuotaLimits } from '../quotas/limits.ts';

type Component = RequestOf<typeof describeClientQuotasApi>['components'][number];

const EXACT = 0;
const DEFAULT = 1;
const SPECIFIED = 2;

/** What is wanted of a part of an entity: a name, null for the default, or undefined where any of both will do. */
type Filter = ReadonlyMap<EntityType, string | null | undefined>;

/** Why a filter is refused. */
class BadFilter extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export function describeClientQuotasHandler(limits: QuotaLimits): Handler {
  return handler(describeClientQuotasApi, ({ components, strict }, { may }) => {
    const denied = errorCode.CLUSTER_AUTHORIZATION_FAILED;
    if (!may('describe-configs', 'cluster', CLUSTER_NAME)) return refused(denied, errorMessage(denied));
    try {
      const filter = filterOf(components);
      const found = [...limits.all()].filter(({ entity }) => fits(entity, filter, strict));
      return { errorCode: errorCode.NONE, errorMessage: null, entries: found.map(show) };
    } catch (error) {
      if (error instanceof BadFilter) return refused(error.code, error.message);
      throw error;
    }
  });
}

function refused(code: number, message: string) {
  return { errorCode: code, errorMessage: message, entries: null };
}

function show({ entity, values }: { entity: QuotaEntity; values: ReadonlyMap<string, number> }) {
  return {
    entity: Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName })),
    values: [...values].map(([key, value]) => ({ key, value })),
  };
}

function filterOf(components: readonly Component[]): Filter {
  const filter = new Map<EntityType, string | null | undefined>();
  for (const component of components) {
    const { entityType: type, matchType, match } = component;
    if (type === '') throw new BadFilter(errorCode.INVALID_REQUEST, 'Invalid empty entity type.');
    if (!isEntityType(type)) throw new BadFilter(errorCode.UNSUPPORTED_VERSION, `Unsupported entity type ${type}`);
    if (filter.has(type))
      throw new BadFilter(errorCode.INVALID_REQUEST, `Entity type ${type} cannot appear more than once in the filter.`);
    if ((matchType === EXACT) !== (match !== null) || ![EXACT, DEFAULT, SPECIFIED].includes(matchType))
      throw new BadFilter(errorCode.INVALID_REQUEST, `The match of ${type} does not fit its match type ${matchType}.`);
    filter.set(type, matchType === SPECIFIED ? undefined : match);
  }
  if (filter.has('ip') && filter.size > 1)
    throw new BadFilter(errorCode.INVALID_REQUEST, 'An address is not combined with a user or a client id.');
  return filter;
}

function fits(entity: QuotaEntity, filter: Filter, strict: boolean): boolean {
  if (strict && Object.keys(entity).length !== filter.size) return false;
  return [...filter].every(([type, wanted]) => type in entity && (wanted === undefined || entity[type] === wanted));
}
