import { parsingError } from './error.ts';

/** A JSON object of a request. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** What `value` is, in the words of an error message. */
export function jsonType(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `value` as an object; `where` is the query or parameter that must be one. */
export function objectOf(value: unknown, where: string): JsonObject {
  if (isObject(value)) return value;
  throw parsingError(`[${where}] must be an object, but is ${jsonType(value)}`);
}

export function stringOf(value: unknown, where: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw parsingError(`[${where}] must be a string, but is ${jsonType(value)}`);
}

/** A number, also as text, as Elasticsearch accepts it. */
export function numberOf(value: unknown, where: string): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw parsingError(`[${where}] must be a number, but is ${describe(value)}`);
}

/** A whole number in [min, max]. */
export function integerOf(value: unknown, where: string, min: number, max: number = Number.MAX_SAFE_INTEGER): number {
  const number = numberOf(value, where);
  if (Number.isSafeInteger(number) && number >= min && number <= max) return number;
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  throw parsingError(`[${where}] must be a whole number ${range}, but is ${describe(value)}`);
}

export function booleanOf(value: unknown, where: string): boolean {
  if (typeof value === 'boolean') return value;
  if (value === 'true') return true;
  if (value === 'false') return false;
  throw parsingError(`[${where}] must be true or false, but is ${describe(value)}`);
}

/** A scalar that a query compares with; null and nested values are refused. */
export function scalarOf(value: unknown, where: string): string | number | boolean {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw parsingError(`[${where}] must be a string, a number or a boolean, but is ${jsonType(value)}`);
}

/** `value` itself when it is a list, else a list of it. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

/** Refuses members of `body` that `allowed` does not name. */
export function onlyMembers(body: JsonObject, where: string, allowed: ReadonlySet<string>): void {
  for (const name of Object.keys(body)) {
    if (!allowed.has(name)) throw parsingError(`[${where}] query does not support [${cut(name)}]`);
  }
}

/** A name or value of a request, short enough for an error message. */
export function cut(text: string, length = 100): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}

function describe(value: unknown): string {
  return typeof value === 'string' ? `'${cut(value)}'` : typeof value === 'number' ? String(value) : jsonType(value);
}
