import type { Query } from '../fulltext/query.ts';
import { SearchError } from './error.ts';
import { idsQuery, isTimeField } from './fields.ts';
import { timeQuery } from './range.ts';

export interface SpecialFieldOptions {
  readonly now: number;
  readonly timeZone?: string | undefined;
  /** A date that cannot be read matches nothing, instead of being refused. */
  readonly lenient: boolean;
}

/** The query for `text` where the one field asked is a time or `_id`, which have values instead of words; else undefined. */
export function specialFieldQuery(
  fields: readonly string[],
  text: string,
  options: SpecialFieldOptions,
): Query | undefined {
  const [field] = fields;
  if (field === undefined || fields.length > 1) return undefined;
  if (field === '_id') return idsQuery([text], 1);
  if (!isTimeField(field)) return undefined;
  return leniently(options.lenient, () =>
    timeQuery(field, text, { now: options.now, boost: 1, timeZone: options.timeZone }),
  );
}

/** The query that `make` makes; when `lenient`, a value that has the wrong form matches nothing. */
export function leniently(lenient: boolean, make: () => Query): Query {
  try {
    return make();
  } catch (error) {
    if (lenient && error instanceof SearchError) return { kind: 'none' };
    throw error;
  }
}
