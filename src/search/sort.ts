import type { SortKey, TextHit } from '../fulltext/query.ts';
import { illegalArgument, parsingError } from './error.ts';
import { cut, isObject, jsonType, listOf, onlyMembers, stringOf } from './json.ts';
import { searchLimits } from './limits.ts';

/** A sort key and how its value is shown. */
export interface RequestedSort {
  readonly key: SortKey;
  /** ISO 8601 text instead of milliseconds (`format: strict_date_optional_time`). */
  readonly asDate: boolean;
}

const BY: ReadonlyMap<string, SortKey['by']> = new Map([
  ['_score', 'score'],
  ['@timestamp', 'timestamp'],
  ['_kafka.timestamp', 'timestamp'],
  ['_kafka.offset', 'offset'],
  ['_doc', 'offset'],
  ['_shard_doc', 'offset'],
]);
const OPTIONS: ReadonlySet<string> = new Set(['order', 'mode', 'missing', 'unmapped_type', 'numeric_type', 'format']);

/** Parses `sort` of a body: a field name, `{field: "asc"}`, `{field: {order}}`, or a list of these. */
export function parseSort(value: unknown): readonly RequestedSort[] {
  const specs = listOf(value);
  if (specs.length > searchLimits.sortKeys) throw illegalArgument(`[sort] takes at most ${searchLimits.sortKeys} keys`);
  return specs.flatMap((spec) => {
    if (typeof spec === 'string') return [sortOf(spec, undefined)];
    if (!isObject(spec)) throw parsingError(`[sort] takes strings and objects, but found ${jsonType(spec)}`);
    return Object.entries(spec).map(([field, options]) => sortOf(field, options));
  });
}

/** Parses `sort` of a URL: `field:asc,other:desc`. */
export function parseSortParameter(text: string): readonly RequestedSort[] {
  const specs = text.split(',').map((part) => {
    const [, field = part, order] = /^(.*?)(?::(asc|desc))?$/i.exec(part.trim()) ?? [];
    return order === undefined ? field : { [field]: order };
  });
  return parseSort(specs);
}

function sortOf(field: string, options: unknown): RequestedSort {
  const by = BY.get(field);
  if (by === undefined) {
    const served = [...BY.keys()].filter((name) => name !== '_shard_doc').join(', ');
    throw illegalArgument(`sorting by [${cut(field)}] is not served; served are ${served}`);
  }
  const spec = isObject(options) ? options : { order: options };
  onlyMembers(spec, 'sort', OPTIONS);
  const order = spec['order'] === undefined ? undefined : stringOf(spec['order'], 'sort.order').toLowerCase();
  if (order !== undefined && order !== 'asc' && order !== 'desc') {
    throw parsingError(`[sort] order must be 'asc' or 'desc', but is '${cut(order)}'`);
  }
  const descending = order === undefined ? by === 'score' : order === 'desc';
  return { key: { by, descending }, asDate: by === 'timestamp' && dateFormat(spec['format']) };
}

function dateFormat(value: unknown): boolean {
  if (value === undefined || value === 'epoch_millis') return false;
  const name = stringOf(value, 'sort.format');
  if (/^(strict_)?date_optional_time(_nanos)?$/.test(name)) return true;
  throw illegalArgument(
    `[sort] format [${cut(name)}] is not served; served are epoch_millis and strict_date_optional_time`,
  );
}

/** The value that `hit` was sorted by. */
export function sortValue(hit: TextHit, sort: RequestedSort): string | number {
  if (sort.key.by === 'score') return hit.score;
  if (sort.key.by === 'offset') return hit.offset;
  const inRange = Math.abs(hit.timestamp) <= 8.64e15;
  return sort.asDate && inRange ? new Date(hit.timestamp).toISOString() : hit.timestamp;
}
