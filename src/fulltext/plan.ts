import { baseName, fieldsLike, recordField } from './field-selection.ts';
import { bestOf, nothing, type Plan, type PlanContext } from './plan-types.ts';
import { planFuzzy, planMatch, planPattern, planPhrase } from './plan-text.ts';
import { planRange, planTerm } from './plan-values.ts';
import type { Query } from './query.ts';
import { QueryRejected } from './rejected.ts';

/** Deeper queries are refused; front ends have limits of their own. */
const MAX_DEPTH = 100;

/** Plans `query` over one segment, and counts its terms in the statistics. Throws QueryRejected. */
export async function planQuery(query: Query, context: PlanContext, boost = 1, depth = 0): Promise<Plan> {
  if (depth > MAX_DEPTH) throw new QueryRejected('the query is nested too deeply');
  const factor = boost * (('boost' in query ? query.boost : undefined) ?? 1);
  switch (query.kind) {
    case 'all':
      return { kind: 'all', score: factor };
    case 'none':
      return nothing;
    case 'match':
      return planMatch(query, context, factor);
    case 'phrase':
      return planPhrase(query, context, factor);
    case 'term':
      return planTerm(query, context, factor);
    case 'prefix':
    case 'wildcard':
    case 'regexp':
      return planPattern(query, context, factor);
    case 'fuzzy':
      return planFuzzy(query, context, factor);
    case 'range':
      return planRange(query, context, factor);
    case 'exists':
      return planExists(query.field, context, factor);
    case 'bool':
      return planBool(query, context, factor, depth);
    case 'best':
      return bestOf(await Promise.all(query.queries.map((part) => planQuery(part, context, factor, depth + 1))));
  }
}

async function planBool(
  query: Extract<Query, { kind: 'bool' }>,
  context: PlanContext,
  boost: number,
  depth: number,
): Promise<Plan> {
  const plan = (queries: readonly Query[], scoring: boolean): Promise<Plan[]> => {
    const within = scoring ? context : { ...context, statistics: undefined };
    return Promise.all(queries.map((part) => planQuery(part, within, boost, depth + 1)));
  };
  const [must, should, mustNot, filter] = await Promise.all([
    plan(query.must, true),
    plan(query.should, true),
    plan(query.mustNot, false),
    plan(query.filter, false),
  ]);
  const required = query.must.length + query.filter.length > 0;
  const minimum = query.minimumShouldMatch ?? (required || should.length === 0 ? 0 : 1);
  if ([...must, ...filter].some(({ kind }) => kind === 'none') || minimum > should.length) return nothing;
  return { kind: 'bool', must, should, mustNot, filter, minimum };
}

/** A field exists when it has a value, or a field below it has one. */
function planExists(name: string, { view }: PlanContext, score: number): Plan {
  const base = view.fields.some((field) => field.name === name) ? name : baseName(name);
  const whole = recordField(base) !== undefined || base === '_kafka' || base === '_id' || base === '_index';
  const { everywhere, fields } = base.includes('*')
    ? fieldsLike(view, base)
    : {
        everywhere: whole,
        fields: view.fields.filter((field) => field.name === base || field.name.startsWith(`${base}.`)),
      };
  if (everywhere) return { kind: 'all', score };
  return bestOf(fields.map(({ id }): Plan => ({ kind: 'column', score, load: () => view.exists(id) })));
}
