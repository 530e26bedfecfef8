import type { TableRequirement } from '../../lake/iceberg/requirements.ts';
import type { TableUpdate } from '../../lake/iceberg/updates.ts';
import type { PartitionSpec, Schema, SortOrder } from '../../lake/schema.ts';
import { badIceberg } from './answers.ts';
import { type Fields, fieldsOf, listOf } from './bodies.ts';

/** Throws IcebergError for a value that is not what it has to be. */
type Check = (value: unknown, what: string) => void;

const MAX_NESTING = 50;
const PRIMITIVE =
  /^(boolean|int|long|float|double|date|time|timestamp|timestamptz|string|uuid|binary|fixed\[\d{1,9}\]|decimal\(\d{1,2}, ?\d{1,2}\))$/;
const TRANSFORM = /^(identity|void|year|month|day|hour|(bucket|truncate)\[\d{1,9}\])$/;

const when =
  (holds: (value: unknown) => boolean, kind: string): Check =>
  (value, what) => {
    if (!holds(value)) throw badIceberg(`${what} must be ${kind}`);
  };
const text = when((value) => typeof value === 'string', 'a string');
const integer = when((value) => Number.isSafeInteger(value), 'an integer');
const flag = when((value) => typeof value === 'boolean', 'true or false');
/** 64 bits: those beyond 2^53 are read as bigint. */
const id = when((value) => Number.isSafeInteger(value) || typeof value === 'bigint', 'an integer');
const oneOf = (...values: readonly unknown[]): Check => when((value) => values.includes(value), values.join(' or '));
const matching = (pattern: RegExp, kind: string): Check =>
  when((value) => typeof value === 'string' && pattern.test(value), kind);

const optional =
  (check: Check): Check =>
  (value, what) => {
    if (value !== undefined && value !== null) check(value, what);
  };
const list =
  (check: Check): Check =>
  (value, what) => {
    if (!Array.isArray(value)) throw badIceberg(`${what} must be an array`);
    for (const [at, entry] of value.entries()) check(entry, `${what}[${at}]`);
  };
const texts: Check = (value, what) => {
  for (const [name, held] of Object.entries(fieldsOf(value, what))) text(held, `${what}.${name}`);
};
/** Fields that are not named here are left alone. */
const object =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value, what) => {
    const fields = fieldsOf(value, what);
    for (const [name, check] of Object.entries(checks)) check(fields[name], `${what}.${name}`);
  };

function checkType(value: unknown, what: string, depth: number): void {
  if (depth > MAX_NESTING) throw badIceberg(`${what} is nested too deeply`);
  if (typeof value === 'string') {
    matching(PRIMITIVE, 'a type of format version 2')(value, what);
    return;
  }
  const inner: Check = (type, name) => checkType(type, name, depth + 1);
  const { type } = fieldsOf(value, what);
  if (type === 'struct') object({ fields: list(column(inner)) })(value, what);
  else if (type === 'list') object({ 'element-id': integer, element: inner, 'element-required': flag })(value, what);
  else if (type === 'map')
    object({ 'key-id': integer, key: inner, 'value-id': integer, value: inner, 'value-required': flag })(value, what);
  else throw badIceberg(`${what}.type must be struct, list or map`);
}

const column = (type: Check): Check => object({ id: integer, name: text, required: flag, type, doc: optional(text) });

const schema: Check = (value, what) => {
  checkType({ ...fieldsOf(value, what), type: 'struct' }, what, 0);
  object({ 'schema-id': optional(integer), 'identifier-field-ids': optional(list(integer)) })(value, what);
};
const transform = matching(TRANSFORM, 'a transform');
const spec = object({
  'spec-id': optional(integer),
  fields: list(object({ 'source-id': integer, 'field-id': optional(integer), name: text, transform })),
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
const snapshot = object({
  'snapshot-id': id,
  'parent-snapshot-id': optional(id),
  'sequence-number': integer,
  'timestamp-ms': integer,
  'manifest-list': text,
  summary: optional(texts),
  'schema-id': optional(integer),
});
const statistics = object({ 'snapshot-id': id, 'statistics-path': text });

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

/** Every field has its type; whether they make sense is judged where they are applied. Throws IcebergError. */
export function commitOf(fields: Fields): CommitBody {
  const requirements = listOf(fields, 'requirements');
  const updates = listOf(fields, 'updates');
  checked(requirements, 'type', REQUIREMENTS);
  checked(updates, 'action', UPDATES);
  return { requirements: requirements as readonly TableRequirement[], updates: updates as readonly TableUpdate[] };
}

/** What a new table is to be made of. Throws IcebergError. */
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
