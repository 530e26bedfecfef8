import { analyze, lowerCase, termKey } from './analyzer.ts';
import { type FieldSelection, selectFields } from './field-selection.ts';
import { automaticDistance } from './fuzzy.ts';
import { bestOf, keyOf, nothing, type Plan, type PlanContext, scanPlan, scoredTerms } from './plan-types.ts';
import { exactTerms, numberPlans, recordPlans, wholeNumber } from './plan-values.ts';
import type { Query } from './query.ts';
import { compileRegexp } from './regexp.ts';
import { QueryRejected } from './rejected.ts';
import { fuzzyScan, patternScan, prefixScan } from './term-scans.ts';
import { allTerms, type TermRef, type TermScan, type ViewField } from './view.ts';
import { compileWildcard } from './wildcard.ts';

/** Words of one query (indices.query.bool.max_clause_count). */
const MAX_WORDS = 1024;

type Of<Kind extends Query['kind']> = Extract<Query, { kind: Kind }>;

function wordsOf(text: string): Uint8Array[] {
  const words = analyze(text);
  if (words.length > MAX_WORDS) throw new QueryRejected(`the text has ${words.length} words, more than ${MAX_WORDS}`);
  return words;
}

/**
 * Each word in any of the fields. A word that is a number also matches numbers; a text that is one number as a whole (`-5`) does so as
 * it stands. Exact fields are asked for the whole text.
 */
export async function planMatch(query: Of<'match'>, context: PlanContext, boost: number): Promise<Plan> {
  const selected = selectFields(context.view, query.fields);
  const whole = wholeNumber(query.text);
  const words = wordsOf(query.text);
  const places = await Promise.all(words.map((word) => planWord(word, selected, context, boost, whole === undefined)));
  const asWords = combine(places, query.operator, query.minimumShouldMatch);
  const others = [
    await exactTerms(query.text, selected.keyword, context, boost),
    ...(whole === undefined ? [] : numberPlans(whole, selected, context, boost)),
    ...recordPlans(query.text, selected, context, boost),
  ];
  return bestOf([asWords, ...others]);
}

async function planWord(
  word: Uint8Array,
  selected: FieldSelection,
  context: PlanContext,
  boost: number,
  numeric: boolean,
): Promise<Plan> {
  const terms = await context.view.find('text', word, selected.text);
  const parts = scoredTerms(terms, word, context, boost);
  const number = numeric ? wholeNumber(Buffer.from(word).toString('utf8')) : undefined;
  if (number !== undefined) parts.push(...numberPlans(number, selected, context, boost));
  return bestOf(parts);
}

function combine(places: readonly Plan[], operator: 'or' | 'and', minimum: number | undefined): Plan {
  if (places.length === 0) return nothing;
  if (places.length === 1) return (minimum ?? 1) > 1 ? nothing : places[0]!;
  const none = { must: [], should: [], mustNot: [], filter: [] };
  if (operator === 'and') {
    if (places.some(({ kind }) => kind === 'none')) return nothing;
    return { kind: 'bool', ...none, must: places, minimum: 0 };
  }
  const wanted = Math.max(1, minimum ?? 1);
  return wanted > places.length ? nothing : { kind: 'bool', ...none, should: places, minimum: wanted };
}

/** Words in a row, in each field on its own; a phrase of one word is that word. */
export async function planPhrase(query: Of<'phrase'>, context: PlanContext, boost: number): Promise<Plan> {
  const { view } = context;
  const selected = selectFields(view, query.fields);
  const words = wordsOf(query.text);
  const exact = await exactPhrase(query, selected, context, boost);
  if (words.length === 0) return exact;
  if (words.length === 1 && query.prefix !== true) {
    const { fields, text } = query;
    return planMatch({ kind: 'match', fields, text, operator: 'and' }, context, boost);
  }
  const last = words.length - 1;
  const prefix = prefixScan(Buffer.from(words[last]!).toString('utf8'));
  if (last === 0) return bestOf([scanPlan('text', prefix, selected.text, context, boost), exact]);
  const found = lookedUpOnce((word) => view.find('text', word, selected.text));
  const places = await Promise.all(
    words.map((word, i) =>
      i === last && query.prefix === true
        ? allTerms(view.scan('text', prefix, selected.text, context.breathe))
        : found(word),
    ),
  );
  const phrases = view.fields.map((field) => planFieldPhrase(query, field, words, places, context, boost));
  return bestOf([...phrases, exact]);
}

/** `find`, which is asked once for each word: a phrase may have one a thousand times. */
function lookedUpOnce<T>(find: (word: Uint8Array) => Promise<T>): (word: Uint8Array) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (word) => {
    const key = termKey(word);
    const found = known.get(key) ?? find(word);
    known.set(key, found);
    return found;
  };
}

async function exactPhrase(
  query: Of<'phrase'>,
  selected: FieldSelection,
  context: PlanContext,
  boost: number,
): Promise<Plan> {
  if (query.prefix !== true) {
    const records = recordPlans(query.text, selected, context, boost);
    return bestOf([await exactTerms(query.text, selected.keyword, context, boost), ...records]);
  }
  return scanPlan('keyword', prefixScan(query.text), selected.keyword, context, boost);
}

function planFieldPhrase(
  query: Of<'phrase'>,
  field: ViewField,
  words: readonly Uint8Array[],
  found: readonly (readonly TermRef[])[],
  { statistics }: PlanContext,
  boost: number,
): Plan {
  const places = found.map((terms) => terms.filter((term) => term.field === field.id));
  const last = places.length - 1;
  const keys = words.map((word, i) =>
    i === last && query.prefix === true ? `p${keyOf(field.name, 'text', word)}` : keyOf(field.name, 'text', word),
  );
  if (statistics !== undefined) {
    for (const [i, terms] of places.entries()) for (const term of terms) statistics.addTerm(keys[i]!, term.documents);
  }
  if (places.some((terms) => terms.length === 0)) return nothing;
  return { kind: 'phrase', phrase: { field, places, keys, slop: query.slop, boost } };
}

/** Prefix, wildcard, regexp: all matches score alike. Patterns for tokens are in lower case, as tokens are. */
export function planPattern(
  query: Of<'prefix'> | Of<'wildcard'> | Of<'regexp'>,
  context: PlanContext,
  boost: number,
): Plan {
  const selected = selectFields(context.view, query.fields);
  const exact = scanOf(query.kind, query.value);
  const lower = scanOf(query.kind, query.kind === 'regexp' ? lowerPattern(query.value) : lowerCase(query.value));
  return bestOf([
    scanPlan('text', lower, selected.text, context, boost),
    scanPlan('keyword', exact, selected.keyword, context, boost),
  ]);
}

function scanOf(kind: 'prefix' | 'wildcard' | 'regexp', value: string): TermScan {
  if (kind === 'prefix') return prefixScan(value);
  return patternScan(kind === 'wildcard' ? compileWildcard(value) : compileRegexp(value));
}

/** Lower case but for what stands after a backslash: `\D` is not `\d`. */
function lowerPattern(pattern: string): string {
  return pattern.replace(/(\\.)|[^\\]+/gsu, (part, escape: string | undefined) => escape ?? lowerCase(part));
}

/** Terms that are nearly the one wanted; each scored by BM25, less the further away it is. */
export async function planFuzzy(query: Of<'fuzzy'>, context: PlanContext, boost: number): Promise<Plan> {
  const { view, breathe } = context;
  const selected = selectFields(view, query.fields);
  const scan = (value: string): TermScan => {
    const distance = query.distance === 'auto' ? automaticDistance(Array.from(value).length) : query.distance;
    return fuzzyScan(value, distance);
  };
  const [text, keyword] = await Promise.all([
    allTerms(view.scan('text', scan(lowerCase(query.value)), selected.text, breathe)),
    selected.keyword.includes(1) ? allTerms(view.scan('keyword', scan(query.value), selected.keyword, breathe)) : [],
  ]);
  const fields = new Map(view.fields.map((field) => [field.id, field]));
  // Terms that are equally far away share their statistics: which one was written hardly matters then.
  return bestOf(
    [...text, ...keyword].map((term): Plan => {
      const field = fields.get(term.field)!;
      const key = `f${term.kind}${term.weight}\0${query.value}\0${field.name}`;
      context.statistics?.addTerm(key, term.documents);
      return { kind: 'scored', term, field, key, boost: boost * term.weight };
    }),
  );
}
