// AlterClientQuotas v0-1: sets and takes away quotas, each entity for itself. Needs ALTER_CONFIGS on the cluster. Durable, and clients are
// measured by them, when answered. Deviation: an address is a number, not the name of a host.
import { isIP } from 'node:net';
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { alterClientQuotasApi } from '../../../protocol/messages/index.ts';
import type { RequestOf } from '../../../protocol/schema/index.ts';
import { CLUSTER_NAME } from '../../security/authorizer.ts';
import { type Handler, handler } from '../handler.ts';
import { repeated } from './catalog-outcome.ts';
import { entityKey, isEntityType, isQuotaName, QUOTAS, type QuotaEntity } from '../quotas/entity.ts';
import type { QuotaChange, QuotaStore } from '../quotas/store.ts';

type Entry = RequestOf<typeof alterClientQuotasApi>['entries'][number];
type Operation = Entry['ops'][number];

export function alterClientQuotasHandler(store: QuotaStore): Handler {
  return handler(alterClientQuotasApi, async ({ entries, validateOnly }, { may }) => {
    const answer = (entry: Entry, code: number, message: string | null) => ({
      errorCode: code,
      errorMessage: message,
      entity: entry.entity,
    });
    if (!may('alter-configs', 'cluster', CLUSTER_NAME)) {
      const code = errorCode.CLUSTER_AUTHORIZATION_FAILED;
      return { entries: entries.map((entry) => answer(entry, code, errorMessage(code))) };
    }
    // An entity that is named twice is answered once, as in Apache Kafka.
    const twice = repeated(entries.map(textOf));
    const once = [...new Map(entries.map((entry) => [textOf(entry), entry])).values()];
    const checked = once.map((entry) =>
      twice.has(textOf(entry)) ? 'An entity may appear only once.' : changesOf(entry),
    );
    if (!validateOnly) await store.change(checked.flatMap((changes) => (typeof changes === 'string' ? [] : changes)));
    return {
      entries: once.map((entry, index) => {
        const changes = checked[index]!;
        return typeof changes === 'string'
          ? answer(entry, errorCode.INVALID_REQUEST, changes)
          : answer(entry, errorCode.NONE, null);
      }),
    };
  });
}

/** The same for entries of the same entity. */
function textOf({ entity: parts }: Entry): string {
  const entity = entityOf(parts);
  return typeof entity === 'string' ? JSON.stringify(parts) : entityKey(entity);
}

/** What an entry changes, or a sentence that says why it cannot. */
function changesOf({ entity: parts, ops }: Entry): readonly QuotaChange[] | string {
  const entity = entityOf(parts);
  if (typeof entity === 'string') return entity;
  const keys = new Set(ops.map((op) => op.key));
  if (keys.size < ops.length) return 'A quota of an entity may appear only once.';
  const changes: QuotaChange[] = [];
  for (const op of ops) {
    const change = changeOf(entity, op);
    if (typeof change === 'string') return change;
    changes.push(change);
  }
  return changes;
}

function entityOf(parts: Entry['entity']): QuotaEntity | string {
  const entity: Record<string, string | null> = {};
  for (const { entityType: type, entityName: name } of parts) {
    if (!isEntityType(type)) return `Unhandled client quota entity type: ${type}`;
    if (name === '') return `The name of a client quota entity may not be empty: ${type}`;
    entity[type] = name;
  }
  const types = Object.keys(entity);
  if (types.length === 0) return 'Invalid empty client quota entity';
  if ('ip' in entity && types.length > 1) return 'An address is not combined with a user or a client id.';
  const { ip } = entity;
  if (typeof ip === 'string' && isIP(ip) === 0) return `${ip} is not a valid IP address.`;
  return entity;
}

function changeOf(entity: QuotaEntity, { key, value, remove }: Operation): QuotaChange | string {
  const rule = isQuotaName(key) ? QUOTAS[key] : undefined;
  const applies = rule !== undefined && Object.keys(entity).every((type) => rule.types.some((one) => one === type));
  if (!isQuotaName(key) || rule === undefined || !applies) return `Invalid configuration key ${key}`;
  if (remove) return { entity, quota: key, value: undefined };
  if (!(value > 0)) return `Quota ${key} must be greater than 0`;
  if (rule.wholeUpTo !== undefined && value > rule.wholeUpTo) return `Proposed value for ${key} is too large.`;
  if (rule.wholeUpTo !== undefined && Math.abs(value % 1) > 1e-6) return `${key} cannot be a fractional value.`;
  return { entity, quota: key, value };
}
