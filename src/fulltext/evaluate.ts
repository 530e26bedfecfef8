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

/** Documents of the parts of a query that are in memory at once, in one segment. */
const ROOM = 2 * 1024 * 1024;

/** What evaluating needs to know. */
export interface EvaluateContext {
  readonly view: SegmentView;
  /** Of all segments asked; undefined when nobody asks for scores. */
  readonly statistics: Statistics | undefined;
  readonly breathe: Breathe;
  /** Documents that may be in memory at once; the parts of a part share it. */
  readonly room?: number;
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

/** A part of a query; without statistics it is not scored. */
interface Part {
  readonly plan: Plan;
  readonly statistics: Statistics | undefined;
}

/** Documents that are in memory at once while a plan is evaluated, as far as that is known before, if its own parts have their turn one by one. */
function mostOf(plan: Plan, all: number): number {
  const most = (part: Plan): number => mostOf(part, all);
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  const ofUnion = (parts: readonly Plan[]): number =>
    parts.length > termsAtOnce ? all : Math.min(all, sum(parts.map(most)));
  switch (plan.kind) {
    case 'none':
      return 0;
    case 'scored':
      return plan.term.documents;
    case 'terms':
      return Math.min(all, sum(plan.terms.map(({ documents }) => documents)));
    case 'best':
      return ofUnion(plan.parts);
    case 'bool': {
      const { must, should, mustNot, filter, minimum } = plan;
      // What only excludes is taken from all documents.
      const dense = minimum > 1 || must.length + filter.length + should.length === 0;
      return Math.max(dense ? all : ofUnion(should), ...[...must, ...filter, ...mustNot].map(most));
    }
    default:
      return all;
  }
}

/** The contexts of parts that are evaluated at once, each with its share of the memory; undefined where there is too little for that. */
function shares(plans: readonly Plan[], context: EvaluateContext): readonly EvaluateContext[] | undefined {
  const { room = ROOM, view } = context;
  const most = plans.map((plan) => mostOf(plan, view.documents));
  const all = most.reduce((sum, one) => sum + one, 0);
  if (all > room) return undefined;
  return most.map((one) => ({ ...context, room: all === 0 ? room : (room * one) / all }));
}

/** The union of plans: a part at a time when there are many or they are large, so that memory is bounded by one. */
async function unite(
  plans: readonly Plan[],
  combination: Combination,
  context: EvaluateContext,
  minimum = 1,
): Promise<Matches> {
  const scoring = context.statistics !== undefined;
  const shared = shares(plans, context);
  if (shared === undefined || plans.length > termsAtOnce || minimum > 1) {
    const sum = new Union(context.view.documents, combination, scoring, minimum);
    for (const plan of plans) sum.add(await evaluate(plan, context));
    return sum.matches();
  }
  const parts = await Promise.all(plans.map((plan, i) => evaluate(plan, shared[i]!)));
  return union(parts, context.view.documents, combination, scoring);
}

async function evaluateBool(plan: Extract<Plan, { kind: 'bool' }>, context: EvaluateContext): Promise<Matches> {
  const scoring = context.statistics !== undefined;
  const unscored = { ...context, statistics: undefined };
  const must = plan.must.map((part): Part => ({ plan: part, statistics: context.statistics }));
  const filter = plan.filter.map((part): Part => ({ plan: part, statistics: undefined }));
  let matches = await joinAll([...must, ...filter], context);
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
async function joinAll(parts: readonly Part[], context: EvaluateContext): Promise<Matches | undefined> {
  const shared = shares(
    parts.map(({ plan }) => plan),
    context,
  );
  if (shared !== undefined) {
    const all = await Promise.all(
      parts.map(({ plan, statistics }, i) => evaluate(plan, { ...shared[i]!, statistics })),
    );
    return all.length === 0 ? undefined : all.reduce((a, b) => intersect(a, b));
  }
  let joined: Matches | undefined;
  for (const { plan, statistics } of parts) {
    const next = await evaluate(plan, { ...context, statistics });
    joined = joined === undefined ? next : intersect(joined, next);
    if (joined.documents.length === 0) break;
  }
  return joined;
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
