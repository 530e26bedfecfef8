import type { Query, QueryValue } from '../fulltext/query.ts';
import { isDateMath, parseDate } from './date-math.ts';
import { boosted, isTimeField } from './fields.ts';

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
 * A range over `field`. Times are read as dates, and so are bounds elsewhere that are all dates (ISO 8601, date math, or with a
 * `format`): in ms they meet numbers in ms as well as text that is a date. Other text stays text: the executor takes what
 * looks like a number for both. Exact values are compared as they are.
 */
export function rangeQuery(field: string, bounds: RangeBounds, options: RangeOptions): Query {
  const asDates =
    isTimeField(field) || options.format !== undefined || (!field.endsWith('.keyword') && allDates(bounds));
  const ends = asDates ? mapEnds(bounds, (value, end) => millis(value, end, options)) : bounds;
  return { kind: 'range', field, ...ends, ...boosted(options.boost) };
}

function allDates(bounds: RangeBounds): boolean {
  const given = ENDS.map((end) => bounds[end]).filter((value) => value !== undefined);
  return given.every(
    (value) => typeof value === 'string' && (isDateMath(value) || /^\d{4}-\d{2}(?:-\d{2}(?:T.*)?)?$/.test(value)),
  );
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

/** The records whose time is what `text` names: a day, an hour, a millisecond. */
export function timeQuery(field: string, text: string, options: RangeOptions): Query {
  return rangeQuery(field, { gte: text, lte: text }, options);
}
