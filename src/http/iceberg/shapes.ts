import type { TableRequirement } from '../../lake/iceberg/requirements.ts';
import type { TableUpdate } from '../../lake/iceberg/updates.ts';
import {
  type Check,
  id,
  integer,
  list,
  matching,
  object,
  oneOf,
  optional,
  partitionField,
  schema,
  snapshot,
  statistics,
  text,
  texts,
  transform,
} from '../../lake/iceberg/shapes.ts';
import type { PartitionSpec, Schema, SortOrder } from '../../lake/schema.ts';
import { badIceberg } from './answers.ts';
import { type Fields, fieldsOf, listOf } from './bodies.ts';

const spec = object({
  'spec-id': optional(integer),
  fields: list(partitionField(transform, optional(integer))),
});
const order = object({
  'order-id': optional(integer),
  fields: list(
    object({
      transform,
      'source-id': integer,
      direction: oneOf('asc', 'desc'),
      'null-order': oneOf('nulls-first', 'nulls-last'),
    }),
  ),
});

const UPDATES: { readonly [A in TableUpdate['action']]: Check } = {
  'assign-uuid': object({ uuid: matching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'a UUID') }),
  'upgrade-format-version': object({ 'format-version': integer }),
  'add-schema': object({ schema }),
  'set-current-schema': object({ 'schema-id': integer }),
  'remove-schemas': object({ 'schema-ids': list(integer) }),
  'add-spec': object({ spec }),
  'set-default-spec': object({ 'spec-id': integer }),
  'remove-partition-specs': object({ 'spec-ids': list(integer) }),
  'add-sort-order': object({ 'sort-order': order }),
  'set-default-sort-order': object({ 'sort-order-id': integer }),
  'add-snapshot': object({ snapshot }),
  'set-snapshot-ref': object({
    'ref-name': text,
    'snapshot-id': id,
    type: oneOf('branch', 'tag'),
    'min-snapshots-to-keep': optional(integer),
    'max-snapshot-age-ms': optional(integer),
    'max-ref-age-ms': optional(integer),
  }),
  'remove-snapshot-ref': object({ 'ref-name': text }),
  'remove-snapshots': object({ 'snapshot-ids': list(id) }),
  'set-location': object({ location: text }),
  'set-properties': object({ updates: texts }),
  'remove-properties': object({ removals: list(text) }),
  'set-statistics': object({ statistics }),
  'remove-statistics': object({ 'snapshot-id': id }),
  'set-partition-statistics': object({ 'partition-statistics': statistics }),
  'remove-partition-statistics': object({ 'snapshot-id': id }),
};

const REQUIREMENTS: { readonly [T in TableRequirement['type']]: Check } = {
  'assert-create': object({}),
  'assert-table-uuid': object({ uuid: text }),
  'assert-ref-snapshot-id': object({ ref: text, 'snapshot-id': optional(id) }),
  'assert-last-assigned-field-id': object({ 'last-assigned-field-id': integer }),
  'assert-current-schema-id': object({ 'current-schema-id': integer }),
  'assert-last-assigned-partition-id': object({ 'last-assigned-partition-id': integer }),
  'assert-default-spec-id': object({ 'default-spec-id': integer }),
  'assert-default-sort-order-id': object({ 'default-sort-order-id': integer }),
};

/** Each update looks at all that the table has of its kind, and each definition is compared with all others. */
const MAX_UPDATES = 2000;
const MAX_DEFINITIONS = 20;
const DEFINITIONS: ReadonlySet<TableUpdate['action']> = new Set(['add-schema', 'add-spec', 'add-sort-order']);

/** Every entry of a list by the check that its field `kind` names. */
function checked(entries: readonly unknown[], kind: string, checks: Readonly<Record<string, Check>>): void {
  for (const entry of entries) {
    const name = fieldsOf(entry, `an entry with ${kind}`)[kind];
    if (typeof name !== 'string' || !Object.hasOwn(checks, name))
      throw badIceberg(`${kind} '${String(name).slice(0, 100)}' is not supported`);
    checks[name]?.(entry, name);
  }
}

/** A commit to one table. */
export interface CommitBody {
  readonly requirements: readonly TableRequirement[];
  readonly updates: readonly TableUpdate[];
}

/** Every field has its type; whether they make sense is judged where they are applied. Throws IcebergError and InvalidMetadata. */
export function commitOf(fields: Fields): CommitBody {
  const requirements = listOf(fields, 'requirements');
  const updates = listOf(fields, 'updates');
  if (Math.max(requirements.length, updates.length) > MAX_UPDATES)
    throw badIceberg(`a commit has at most ${MAX_UPDATES} requirements and updates`);
  checked(requirements, 'type', REQUIREMENTS);
  checked(updates, 'action', UPDATES);
  const body = {
    requirements: requirements as readonly TableRequirement[],
    updates: updates as readonly TableUpdate[],
  };
  if (body.updates.filter(({ action }) => DEFINITIONS.has(action)).length > MAX_DEFINITIONS)
    throw badIceberg(`a commit adds at most ${MAX_DEFINITIONS} schemas, partition specs and sort orders`);
  return body;
}

/** What a new table is to be made of. Throws IcebergError and InvalidMetadata. */
export function definitionOf(fields: Fields): { schema: Schema; spec: PartitionSpec; order: SortOrder } {
  schema(fields['schema'], 'schema');
  optional(spec)(fields['partition-spec'], 'partition-spec');
  optional(order)(fields['write-order'], 'write-order');
  return {
    schema: fields['schema'] as Schema,
    spec: (fields['partition-spec'] ?? { 'spec-id': 0, fields: [] }) as PartitionSpec,
    order: (fields['write-order'] ?? { 'order-id': 0, fields: [] }) as SortOrder,
  };
}
