import { InvalidMetadata } from './invalid-metadata.ts';

/**
 * What the parts of table metadata look like in JSON, wherever it comes from: that every field has its type. Whether it makes sense is judged where
 * it is used. Fields that are not named here are left alone.
 */

/** Throws InvalidMetadata for a value that is not what it has to be; `what` names it. */
export type Check = (value: unknown, what: string) => void;

const MAX_NESTING = 50;
const PRIMITIVE =
  /^(boolean|int|long|float|double|date|time|timestamp|timestamptz|string|uuid|binary|fixed\[\d{1,9}\]|decimal\(\d{1,2}, ?\d{1,2}\))$/;
const TRANSFORM = /^(identity|void|year|month|day|hour|(bucket|truncate)\[\d{1,9}\])$/;

const when =
  (holds: (value: unknown) => boolean, kind: string): Check =>
  (value, what) => {
    if (!holds(value)) throw new InvalidMetadata(`${what} must be ${kind}`);
  };

export const text = when((value) => typeof value === 'string', 'a string');
export const integer = when((value) => Number.isSafeInteger(value), 'an integer');
/** 64 bits: those beyond 2^53 are read as bigint. */
export const id = when((value) => Number.isSafeInteger(value) || typeof value === 'bigint', 'an integer');
const flag = when((value) => typeof value === 'boolean', 'true or false');

export const oneOf = (...values: readonly unknown[]): Check =>
  when((value) => values.includes(value), values.join(' or '));
export const matching = (pattern: RegExp, kind: string): Check =>
  when((value) => typeof value === 'string' && pattern.test(value), kind);

export const optional =
  (check: Check): Check =>
  (value, what) => {
    if (value !== undefined && value !== null) check(value, what);
  };

export const list =
  (check: Check): Check =>
  (value, what) => {
    if (!Array.isArray(value)) throw new InvalidMetadata(`${what} must be an array`);
    for (const [at, entry] of value.entries()) check(entry, `${what}[${at}]`);
  };

function fieldsOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidMetadata(`${what} must be an object`);
  return value as Readonly<Record<string, unknown>>;
}

/** An object whose fields all are of one kind, whatever their names. */
export const named =
  (check: Check): Check =>
  (value, what) => {
    for (const [name, held] of Object.entries(fieldsOf(value, what))) check(held, `${what}.${name}`);
  };
export const texts: Check = named(text);

export const object =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value, what) => {
    const fields = fieldsOf(value, what);
    for (const [name, check] of Object.entries(checks)) check(fields[name], what === '' ? name : `${what}.${name}`);
  };

function checkType(value: unknown, what: string, depth: number): void {
  if (depth > MAX_NESTING) throw new InvalidMetadata(`${what} is nested too deeply`);
  if (typeof value === 'string') {
    matching(PRIMITIVE, 'a type of format version 2')(value, what);
    return;
  }
  const inner: Check = (type, name) => checkType(type, name, depth + 1);
  const { type } = fieldsOf(value, what);
  if (type === 'struct') object({ fields: list(columnOf(inner)) })(value, what);
  else if (type === 'list') object({ 'element-id': integer, element: inner, 'element-required': flag })(value, what);
  else if (type === 'map')
    object({ 'key-id': integer, key: inner, 'value-id': integer, value: inner, 'value-required': flag })(value, what);
  else throw new InvalidMetadata(`${what}.type must be struct, list or map`);
}

const columnOf = (type: Check): Check => object({ id: integer, name: text, required: flag, type, doc: optional(text) });

/** A column of a table. */
export const column: Check = columnOf((type, what) => checkType(type, what, 1));

/** A schema with or without an id. */
export const schema: Check = object({
  'schema-id': optional(integer),
  'identifier-field-ids': optional(list(integer)),
  fields: list(column),
});

/** A transform that this program knows. */
export const transform = matching(TRANSFORM, 'a transform');

export const partitionField = (by: Check, fieldId: Check): Check =>
  object({ 'source-id': integer, 'field-id': fieldId, name: text, transform: by });

export const snapshot = object({
  'snapshot-id': id,
  'parent-snapshot-id': optional(id),
  'sequence-number': integer,
  'timestamp-ms': integer,
  'manifest-list': text,
  summary: optional(texts),
  'schema-id': optional(integer),
});

export const statistics = object({ 'snapshot-id': id, 'statistics-path': text });
