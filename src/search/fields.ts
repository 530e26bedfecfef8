import type { Query } from '../fulltext/query.ts';
import type { ParseContext } from './context.ts';
import { illegalArgument, parsingError } from './error.ts';
import { cut } from './json.ts';
import { searchLimits } from './limits.ts';

/** Fields that are asked with one and the same boost; `fields: []` are the default fields. */
export interface FieldGroup {
  readonly fields: readonly string[];
  readonly boost: number;
}

/** Fields that hold the record's time: dates and date math are understood there without a `format`. */
const TIME_FIELDS: ReadonlySet<string> = new Set(['@timestamp', '_kafka.timestamp']);

export function isTimeField(field: string): boolean {
  return TIME_FIELDS.has(field);
}

/** `partition:offset`, as `_id` has it; undefined for other text. */
export function parseId(id: string): { readonly partition: number; readonly offset: number } | undefined {
  const match = /^(\d{1,10}):(\d{1,16})$/.exec(id);
  if (match === null) return undefined;
  const partition = Number(match[1]);
  const offset = Number(match[2]);
  return Number.isSafeInteger(offset) && partition < 2 ** 31 ? { partition, offset } : undefined;
}

/** The records with these ids; ids of another form are of no record. */
export function idsQuery(ids: readonly string[], boost: number): Query {
  const byPartition = new Map<number, number[]>();
  for (const id of ids) {
    const parsed = parseId(id);
    if (parsed === undefined) continue;
    const offsets = byPartition.get(parsed.partition);
    if (offsets === undefined) byPartition.set(parsed.partition, [parsed.offset]);
    else offsets.push(parsed.offset);
  }
  const queries = [...byPartition].map(
    ([partition, offsets]): Query =>
      boolQuery({
        filter: [
          { kind: 'term', field: '_kafka.partition', values: [partition] },
          { kind: 'term', field: '_kafka.offset', values: offsets },
        ],
      }),
  );
  const [only] = queries;
  if (only === undefined) return { kind: 'none' };
  const any = queries.length === 1 ? only : boolQuery({ should: queries, minimumShouldMatch: 1 });
  return constantScore(any, boost);
}

/** `query` with the same score for every match. */
export function constantScore(query: Query, boost: number): Query {
  return boolQuery({ must: [{ kind: 'all', ...boosted(boost) }], filter: [query] });
}

type BoolQuery = Extract<Query, { kind: 'bool' }>;

/** A bool query with what is given. */
export function boolQuery(parts: Partial<Omit<BoolQuery, 'kind'>>): BoolQuery {
  return { kind: 'bool', must: [], should: [], mustNot: [], filter: [], ...parts };
}

/** The member `boost`, where it is not the default. */
export function boosted(boost: number): { readonly boost?: number } {
  return boost === 1 ? {} : { boost };
}

/** `query` with its boost multiplied. */
export function withBoost(query: Query, boost: number): Query {
  if (boost === 1 || query.kind === 'none') return query;
  return { ...query, boost: (query.boost ?? 1) * boost };
}

/** A boost as Elasticsearch takes it: a finite number of at least 0. */
export function checkedBoost(boost: number, where: string): number {
  if (boost >= 0 && boost <= 1e30) return boost;
  throw illegalArgument(`negative [boost] are not allowed in [${where}], got [${boost}]`);
}

/** Parses `name^boost` of a field list. */
function fieldSpec(spec: string): { readonly field: string; readonly boost: number } {
  const at = spec.lastIndexOf('^');
  if (at < 0) return { field: spec, boost: 1 };
  const boost = Number(spec.slice(at + 1));
  if (at === spec.length - 1 || !(boost >= 0))
    throw parsingError(`[${cut(spec)}] has no number of at least 0 after '^'`);
  return { field: spec.slice(0, at), boost };
}

/** Groups a field list by boost. Times and ids stand alone, for they are asked in their own way. No list, or `*`: the default fields. */
export function fieldGroups(specs: readonly string[]): readonly FieldGroup[] {
  if (specs.length > searchLimits.fields) {
    throw illegalArgument(`a query may name at most ${searchLimits.fields} fields, got ${specs.length}`);
  }
  const groups = new Map<string, { fields: string[]; boost: number }>();
  for (const spec of specs) {
    const { field, boost } = fieldSpec(spec.trim());
    if (field === '') throw parsingError('a field name is empty');
    const fields = field === '*' ? [] : [field];
    const alone = field === '*' || field === '_id' || isTimeField(field);
    const key = alone ? `${boost} ${field}` : String(boost);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { fields, boost });
    else group.fields.push(...fields);
  }
  return groups.size === 0 ? [{ fields: [], boost: 1 }] : [...groups.values()];
}

/**
 * One query over several groups of fields: a match in any of them. The best one's score counts, or with `sum` all of them together. Each counts as a
 * query in `context`, unless it has been counted.
 */
export function overGroups(
  groups: readonly FieldGroup[],
  boost: number,
  make: (fields: readonly string[]) => Query,
  context: ParseContext | undefined,
  score: 'best' | 'sum' = 'best',
): Query {
  // The query that they share is counted where it stands.
  for (let others = 1; others < groups.length; others++) context?.clause();
  const queries = groups.map((group) => withBoost(make(group.fields), group.boost * boost));
  const matching = queries.filter((query) => query.kind !== 'none');
  if (matching.length === 0) return { kind: 'none' };
  if (matching.length === 1) return matching[0]!;
  return score === 'best'
    ? { kind: 'best', queries: matching }
    : boolQuery({ should: matching, minimumShouldMatch: 1 });
}
