import type { Query, QueryValue } from '../fulltext/query.ts';
import { isDateMath, parseDate } from './date-math.ts';
import { boolQuery, boosted, isTimeField } from './fields.ts';

/** The ends of a range as written; an end that is missing is open. */
export interface RangeBounds {
  readonly gt?: QueryValue;
  readonly gte?: QueryValue;
  readonly lt?: QueryValue;
  readonly lte?: QueryValue;
}

export interface RangeOptions {
  readonly now: number;
  readonly boost: number;
  readonly format?: string | undefined;
  readonly timeZone?: string | undefined;
}

type End = keyof RangeBounds;
const ENDS: readonly End[] = ['gt', 'gte', 'lt', 'lte'];

/**
 * A range over `field`. Times are read as dates. Elsewhere text that looks like a number is one (the mapping of a number field
 * would make it so), and dates (date math, or a `format`) match numbers in ms as well as ISO 8601 text in UTC.
 */
export function rangeQuery(field: string, bounds: RangeBounds, options: RangeOptions): Query {
  const boost = boosted(options.boost);
  if (isTimeField(field))
    return { kind: 'range', field, ...mapEnds(bounds, (value, end) => millis(value, end, options)), ...boost };
  const dates =
    options.format !== undefined || ENDS.some((end) => typeof bounds[end] === 'string' && isDateMath(bounds[end]));
  if (!dates) return { kind: 'range', field, ...plainEnds(bounds, field), ...boost };
  const numbers = mapEnds(bounds, (value, end) => millis(value, end, options));
  const texts = mapEnds(numbers, (value) => new Date(Number(value)).toISOString());
  const exact = field.endsWith('.keyword') ? field : `${field}.keyword`;
  return boolQuery({
    should: [
      { kind: 'range', field, ...numbers },
      { kind: 'range', field: exact, ...texts },
    ],
    minimumShouldMatch: 1,
    ...boost,
  });
}

function mapEnds(bounds: RangeBounds, map: (value: QueryValue, end: End) => QueryValue): RangeBounds {
  const mapped: Partial<Record<End, QueryValue>> = {};
  for (const end of ENDS) {
    const value = bounds[end];
    if (value !== undefined) mapped[end] = map(value, end);
  }
  return mapped;
}

function millis(value: QueryValue, end: End, options: RangeOptions): number {
  if (typeof value === 'number' && options.format === undefined) return value;
  const roundUp = end === 'gt' || end === 'lte';
  return parseDate(String(value), { now: options.now, roundUp, format: options.format, timeZone: options.timeZone });
}

/** Text is taken as numbers when all of it looks so, but where exact values are asked. */
function plainEnds(bounds: RangeBounds, field: string): RangeBounds {
  const numeric = ENDS.every((end) => typeof bounds[end] !== 'string' || looksNumeric(bounds[end]));
  if (!numeric || field.endsWith('.keyword')) return bounds;
  return mapEnds(bounds, (value) => (typeof value === 'string' ? Number(value) : value));
}

function looksNumeric(text: string): boolean {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) && Number.isFinite(Number(text));
}

/** The records whose time is what `text` names: a day, an hour, a millisecond. */
export function timeQuery(field: string, text: string, options: RangeOptions): Query {
  return rangeQuery(field, { gte: text, lte: text }, options);
}
