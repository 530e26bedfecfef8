import type { Query, QueryValue } from '../fulltext/query.ts';
import type { ParseContext } from './context.ts';
import { parsingError } from './error.ts';
import { checkedBoost } from './fields.ts';
import {
  booleanOf,
  cut,
  isObject,
  type JsonObject,
  numberOf,
  objectOf,
  onlyMembers,
  scalarOf,
  stringOf,
} from './json.ts';

/** What a parser of one kind of query is given beside the query's body. */
export interface DslScope {
  readonly context: ParseContext;
  /** Levels of queries around this one. */
  readonly depth: number;
  /** Parses a query inside this one. */
  nested(value: unknown): Query;
}

/** Parses the body of one kind of query, `{"kind": body}`. */
export type DslParser = (body: unknown, scope: DslScope) => Query;

/** A query of the form `{field: value}` or `{field: {parameters}}`. */
export interface FieldQuery {
  readonly field: string;
  readonly params: JsonObject;
}

/** Reads a query of one field. `short` is the parameter that a bare value stands for, undefined where none may stand. */
export function fieldQuery(
  kind: string,
  body: unknown,
  short: string | undefined,
  allowed: ReadonlySet<string>,
): FieldQuery {
  const object = objectOf(body, kind);
  const [field, second] = Object.keys(object);
  if (field === undefined) throw parsingError(`[${kind}] query malformed, no field found`);
  if (second !== undefined) {
    throw parsingError(`[${kind}] query doesn't support multiple fields, found [${cut(field)}] and [${cut(second)}]`);
  }
  const value = object[field];
  if (Array.isArray(value)) throw parsingError(`[${kind}] unknown token [START_ARRAY] after [${cut(field)}]`);
  if (!isObject(value) && short === undefined) {
    throw parsingError(`[${kind}] query malformed, no start_object after query name`);
  }
  const params = isObject(value) ? value : { [short ?? 'value']: value };
  onlyMembers(params, kind, allowed);
  return { field, params };
}

/** Names that every query takes; `_name` has no effect. */
export const ANY_QUERY = ['boost', '_name'] as const;

export function boostOf(params: JsonObject, kind: string): number {
  return params['boost'] === undefined ? 1 : checkedBoost(numberOf(params['boost'], 'boost'), kind);
}

/** The value that must be there, compared exactly. */
export function requiredScalar(params: JsonObject, name: string, kind: string): QueryValue {
  const value = params[name];
  if (value === undefined || value === null) throw parsingError(`[${kind}] query requires [${name}]`);
  return scalarOf(value, `${kind}.${name}`);
}

/** Text that must be there; numbers and booleans are taken as they are written. */
export function requiredText(params: JsonObject, name: string, kind: string, maxLength: number): string {
  const text = String(requiredScalar(params, name, kind));
  if (text.length > maxLength) throw parsingError(`[${kind}] [${name}] is longer than ${maxLength} characters`);
  return text;
}

export function optionalText(params: JsonObject, name: string): string | undefined {
  return params[name] === undefined ? undefined : stringOf(params[name], name);
}

export function optionalFlag(params: JsonObject, name: string): boolean | undefined {
  return params[name] === undefined ? undefined : booleanOf(params[name], name);
}

export function operatorOf(value: unknown, name: string): 'or' | 'and' {
  const text = value === undefined ? 'or' : stringOf(value, name).toLowerCase();
  if (text === 'or' || text === 'and') return text;
  throw parsingError(`[${name}] must be 'and' or 'or', but is '${cut(text)}'`);
}

/** Edits as Elasticsearch writes them: 0, 1, 2 or AUTO. */
export function fuzzinessOf(value: unknown): 0 | 1 | 2 | 'auto' {
  const text = value === undefined ? 'auto' : stringOf(value, 'fuzziness').toLowerCase();
  if (text === 'auto' || text === 'auto:3,6') return 'auto';
  if (text === '0' || text === '1' || text === '2') return Number(text) as 0 | 1 | 2;
  throw parsingError(`[fuzziness] must be 0, 1, 2 or AUTO, but is '${cut(text)}'`);
}

/** Refuses a parameter that would change the result and is not served, unless it says what is done anyway. */
export function onlyServed(
  params: JsonObject,
  kind: string,
  served: Readonly<Record<string, readonly unknown[]>>,
): void {
  for (const [name, values] of Object.entries(served)) {
    const value = params[name];
    if (value !== undefined && !values.includes(value)) {
      const shown = values.map((one) => `[${String(one)}]`).join(' or ');
      throw parsingError(`[${kind}] [${name}] is served only as ${shown}`);
    }
  }
}
