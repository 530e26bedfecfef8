import { termKey } from './analyzer.ts';
import type { Statistics } from './bm25.ts';
import type { TermKind } from './term-table.ts';
import { Union } from './matches.ts';
import type { Breathe, SegmentView, TermRef, TermScan, ViewField } from './view.ts';

/** What a query comes to in one segment: terms are looked up, nothing is read of their documents yet. */
export type Plan =
  | { readonly kind: 'none' }
  | { readonly kind: 'all'; readonly score: number }
  /** Documents of terms that score alike. */
  | { readonly kind: 'terms'; readonly terms: readonly TermRef[]; readonly score: number }
  /** A term that is scored by BM25; `key` is its name in the statistics. */
  | {
      readonly kind: 'scored';
      readonly term: TermRef;
      readonly field: ViewField;
      readonly key: string;
      readonly boost: number;
    }
  | { readonly kind: 'phrase'; readonly phrase: PhrasePlan }
  /** Documents found by a column, that score alike. */
  | { readonly kind: 'column'; readonly score: number; readonly load: () => Promise<Uint32Array> }
  /** In any; the best score. */
  | { readonly kind: 'best'; readonly parts: readonly Plan[] }
  | {
      readonly kind: 'bool';
      readonly must: readonly Plan[];
      readonly should: readonly Plan[];
      readonly mustNot: readonly Plan[];
      readonly filter: readonly Plan[];
      readonly minimum: number;
    };

/** Words in a row, in one field. */
export interface PhrasePlan {
  readonly field: ViewField;
  /** For each place of the phrase the terms that may stand there: one, or all with a prefix. */
  readonly places: readonly (readonly TermRef[])[];
  /** Names of the places in the statistics. */
  readonly keys: readonly string[];
  readonly slop: number;
  readonly boost: number;
}

/** What planning needs to know. */
export interface PlanContext {
  readonly view: SegmentView;
  /** Undefined when nobody asks for scores. */
  readonly statistics: Statistics | undefined;
  readonly breathe: Breathe;
}

export const nothing: Plan = { kind: 'none' };

/** The plan that matches any of `parts` with its best score. */
export function bestOf(parts: readonly Plan[]): Plan {
  const possible = parts.filter(({ kind }) => kind !== 'none');
  return possible.length <= 1 ? (possible[0] ?? nothing) : { kind: 'best', parts: possible };
}

/** The name of a term in the statistics. */
export function keyOf(field: string, kind: TermKind, bytes: Uint8Array): string {
  return `${kind === 'text' ? 't' : 'k'}${termKey(bytes)}\0${field}`;
}

/** Plans of terms that are scored by BM25 each. */
export function scoredTerms(
  terms: readonly TermRef[],
  bytes: Uint8Array,
  { view, statistics }: PlanContext,
  boost: number,
): Plan[] {
  const fields = new Map(view.fields.map((field) => [field.id, field]));
  return terms.map((term) => {
    const field = fields.get(term.field)!;
    const key = keyOf(field.name, term.kind, bytes);
    statistics?.addTerm(key, term.documents);
    return { kind: 'scored', term, field, key, boost: boost * term.weight };
  });
}

/** Terms whose postings are read at once. */
export const termsAtOnce = 64;

/** Documents of all terms that a scan accepts, which score alike. The terms are never all in memory: they may be most of the dictionary. */
export function scanPlan(
  kind: TermKind,
  scan: TermScan,
  fields: Uint8Array,
  context: PlanContext,
  score: number,
): Plan {
  const { view, breathe } = context;
  if (!fields.includes(1)) return nothing;
  const load = async (): Promise<Uint32Array> => {
    const any = new Union(view.documents, 'sum', false);
    const timed = watched(scan, breathe);
    for await (const terms of view.scan(kind, timed, fields, breathe)) await addDocuments(any, terms, view);
    return any.matches().documents;
  };
  return { kind: 'column', score, load };
}

/** Terms between two looks at the clock. */
const LOOK = 64;

/** `scan`, ended when the time is over in the middle of a block of terms too: a regular expression may take long for each. */
function watched(scan: TermScan, breathe: Breathe): TermScan {
  let seen = 0;
  const accept: TermScan['accept'] = (bytes, from, to) => {
    // Other work has its turn behind the block.
    if (++seen % LOOK === 0) void breathe();
    return scan.accept(bytes, from, to);
  };
  return { ...scan, accept };
}

/** Adds the documents of terms to a union, a few terms at once. */
export async function addDocuments(any: Union, terms: readonly TermRef[], view: SegmentView): Promise<void> {
  for (let from = 0; from < terms.length; from += termsAtOnce) {
    const some = terms.slice(from, from + termsAtOnce);
    const postings = await Promise.all(some.map((term) => view.postings(term, false)));
    for (const { documents } of postings) any.add({ documents, scores: undefined });
  }
}
