import { bm25, type Statistics } from './bm25.ts';
import { everyDocument } from './documents.ts';
import {
  type Combination,
  constantMatches,
  intersect,
  type Matches,
  noMatches,
  subtract,
  Union,
  union,
} from './matches.ts';
import { matchPhrase } from './phrase.ts';
import { addDocuments, type Plan, termsAtOnce } from './plan-types.ts';
import type { Breathe, SegmentView, TermRef } from './view.ts';

/** What evaluating needs to know. */
export interface EvaluateContext {
  readonly view: SegmentView;
  /** Of all segments asked; undefined when nobody asks for scores. */
  readonly statistics: Statistics | undefined;
  readonly breathe: Breathe;
}

/** The documents of a plan, with scores where statistics are given. */
export async function evaluate(plan: Plan, context: EvaluateContext): Promise<Matches> {
  const { view, statistics } = context;
  const scoring = statistics !== undefined;
  await context.breathe();
  switch (plan.kind) {
    case 'none':
      return noMatches;
    case 'all':
      return constantMatches(everyDocument(view.documents), plan.score, scoring);
    case 'terms':
      return constantMatches(await documentsOfTerms(plan.terms, context), plan.score, scoring);
    case 'scored':
      return scoreTerm(plan, context);
    case 'phrase':
      return matchPhrase(plan.phrase, context);
    case 'column':
      return constantMatches(await plan.load(), plan.score, scoring);
    case 'best':
      return unite(plan.parts, 'max', context);
    case 'bool':
      return evaluateBool(plan, context);
  }
}

/** Documents of any of the terms. */
async function documentsOfTerms(terms: readonly TermRef[], { view }: EvaluateContext): Promise<Uint32Array> {
  if (terms.length === 1) return (await view.postings(terms[0]!, false)).documents;
  const any = new Union(view.documents, 'sum', false);
  await addDocuments(any, terms, view);
  return any.matches().documents;
}

async function scoreTerm(plan: Extract<Plan, { kind: 'scored' }>, context: EvaluateContext): Promise<Matches> {
  const { view, statistics } = context;
  const { term, field, key, boost } = plan;
  const { documents, frequencies } = await view.postings(term, statistics !== undefined);
  if (statistics === undefined) return { documents, scores: undefined };
  const text = term.kind === 'text';
  const norms = text ? await view.norms(field.id, documents) : new Uint8Array(documents.length);
  const factors = statistics.normFactors(field, text);
  const weight = boost * statistics.idf(field.name, key);
  const scores = new Float32Array(documents.length);
  for (let i = 0; i < scores.length; i++) scores[i] = bm25(weight, text ? frequencies![i]! : 1, factors[norms[i]!]!);
  return { documents, scores };
}

/** The union of plans: a part at a time when there are many, so that memory is bounded by one. */
async function unite(
  plans: readonly Plan[],
  combination: Combination,
  context: EvaluateContext,
  minimum = 1,
): Promise<Matches> {
  const scoring = context.statistics !== undefined;
  if (plans.length > termsAtOnce || minimum > 1) {
    const sum = new Union(context.view.documents, combination, scoring, minimum);
    for (const plan of plans) sum.add(await evaluate(plan, context));
    return sum.matches();
  }
  const parts = await Promise.all(plans.map((plan) => evaluate(plan, context)));
  return union(parts, context.view.documents, combination, scoring);
}

async function evaluateBool(plan: Extract<Plan, { kind: 'bool' }>, context: EvaluateContext): Promise<Matches> {
  const scoring = context.statistics !== undefined;
  const unscored = { ...context, statistics: undefined };
  const [must, filter] = await Promise.all([
    Promise.all(plan.must.map((part) => evaluate(part, context))),
    Promise.all(plan.filter.map((part) => evaluate(part, unscored))),
  ]);
  let matches = joinAll([...must, ...filter]);
  if (plan.should.length === 0 || plan.minimum === 0) {
    matches ??= constantMatches(everyDocument(context.view.documents), 0, scoring);
    if (scoring && plan.should.length > 0 && matches.documents.length > 0) {
      matches = addScores(matches, await unite(plan.should, 'sum', context));
    }
  } else if (matches?.documents.length !== 0) {
    const should = await unite(plan.should, 'sum', context, plan.minimum);
    matches = matches === undefined ? should : intersect(matches, should);
  }
  for (const part of plan.mustNot) {
    if (matches.documents.length === 0) break;
    matches = subtract(matches, await evaluate(part, unscored));
  }
  return matches;
}

/** Documents in all parts; undefined when there are none. */
function joinAll(parts: readonly Matches[]): Matches | undefined {
  return parts.length === 0 ? undefined : parts.reduce((a, b) => intersect(a, b));
}

/** `matches` with the scores of `others` added where they match too. */
function addScores(matches: Matches, others: Matches): Matches {
  const { documents } = matches;
  const scores = matches.scores?.slice() ?? new Float32Array(documents.length);
  let j = 0;
  for (let i = 0; i < documents.length; i++) {
    while (j < others.documents.length && others.documents[j]! < documents[i]!) j++;
    if (others.documents[j] === documents[i]) scores[i]! += others.scores?.[j] ?? 0;
  }
  return { documents, scores };
}
