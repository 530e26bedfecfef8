import { bm25, type Statistics } from './bm25.ts';
import { intersect, type Matches, noMatches, union } from './matches.ts';
import type { PhrasePlan } from './plan-types.ts';
import type { Breathe, SegmentView, TermRef } from './view.ts';

interface PhraseContext {
  readonly view: SegmentView;
  readonly statistics: Statistics | undefined;
  readonly breathe: Breathe;
}

/** Documents whose positions are read and compared at once. */
const CHUNK = 16_384;

/** Documents where the places of the phrase stand in a row, or with up to `slop` moves. */
export async function matchPhrase(phrase: PhrasePlan, context: PhraseContext): Promise<Matches> {
  const candidates = await candidatesOf(phrase, context);
  if (candidates.length === 0) return noMatches;
  const { view, statistics } = context;
  const found = new Uint32Array(candidates.length);
  const frequencies = new Float32Array(candidates.length);
  let count = 0;
  for (let from = 0; from < candidates.length; from += CHUNK) {
    const documents = candidates.subarray(from, from + CHUNK);
    const places = await positionsOf(phrase, documents, context);
    for (let i = 0; i < documents.length; i++) {
      const frequency = phraseFrequency(
        places.map((positions) => positions[i]!),
        phrase.slop,
      );
      if (frequency === 0) continue;
      found[count] = documents[i]!;
      frequencies[count++] = frequency;
    }
    await context.breathe();
  }
  const documents = found.subarray(0, count);
  if (statistics === undefined) return { documents, scores: undefined };
  return { documents, scores: await scorePhrase(phrase, documents, frequencies, statistics, view) };
}

/** Documents that have all places. */
async function candidatesOf({ places }: PhrasePlan, { view }: PhraseContext): Promise<Uint32Array> {
  const lists = await Promise.all(
    [...distinct(places).values()].map(async (terms) => {
      const postings = await Promise.all(terms.map((term) => view.postings(term, false)));
      const parts = postings.map(({ documents }): Matches => ({ documents, scores: undefined }));
      return union(parts, view.documents, 'sum', false);
    }),
  );
  // The shortest first: the result is never longer.
  lists.sort((a, b) => a.documents.length - b.documents.length);
  return lists.reduce((a, b) => intersect(a, b)).documents;
}

/** The places of a phrase that are different; a word that it has several times is one, known by its term. */
function distinct(places: PhrasePlan['places']): Map<TermRef | undefined, readonly TermRef[]> {
  return new Map(places.map((terms) => [terms[0], terms]));
}

/** Positions of each place in each document, ascending. */
async function positionsOf(
  { places }: PhrasePlan,
  documents: Uint32Array,
  context: PhraseContext,
): Promise<readonly Uint32Array[][]> {
  const found = new Map<TermRef | undefined, Uint32Array[]>();
  await Promise.all(
    [...distinct(places)].map(async ([first, terms]) => {
      found.set(first, await placePositions(terms, documents, context));
    }),
  );
  return places.map((terms) => found.get(terms[0])!);
}

/** Positions of any of `terms` in each document, ascending. */
async function placePositions(
  terms: readonly TermRef[],
  documents: Uint32Array,
  { view, breathe }: PhraseContext,
): Promise<Uint32Array[]> {
  if (terms.length === 1) return view.positions(terms[0]!, documents);
  const merged = Array.from(documents, () => [] as number[]);
  const indexes = new Map(Array.from(documents, (document, i) => [document, i]));
  for (const term of terms) {
    await breathe();
    const holders = (await view.postings(term, false)).documents.filter((document) => indexes.has(document));
    const positions = await view.positions(term, holders);
    for (const [i, document] of holders.entries()) {
      for (const position of positions[i]!) merged[indexes.get(document)!]!.push(position);
    }
  }
  return merged.map((positions) => Uint32Array.from(positions).sort());
}

/** How often the places stand together in one document: 0 when they do not; with slop, less for each move. */
function phraseFrequency(places: readonly Uint32Array[], slop: number): number {
  return slop === 0 ? exactFrequency(places) : sloppyFrequency(places, slop);
}

function exactFrequency(places: readonly Uint32Array[]): number {
  const cursors = new Uint32Array(places.length);
  let count = 0;
  for (const start of places[0]!) {
    let together = true;
    for (let i = 1; i < places.length && together; i++) {
      const positions = places[i]!;
      let at = cursors[i]!;
      while (at < positions.length && positions[at]! < start + i) at++;
      cursors[i] = at;
      together = at < positions.length && positions[at] === start + i;
    }
    if (together) count++;
  }
  return count;
}

/**
 * Positions less their place in the phrase agree when the phrase stands in a row; how far the lowest and the highest are apart is what must
 * be moved. The lowest goes on, until one place has no more.
 */
function sloppyFrequency(places: readonly Uint32Array[], slop: number): number {
  const cursors = new Uint32Array(places.length);
  let frequency = 0;
  for (;;) {
    let low = Infinity;
    let high = -Infinity;
    let lowest = 0;
    for (const [i, positions] of places.entries()) {
      const shifted = positions[cursors[i]!]! - i;
      if (shifted < low) {
        low = shifted;
        lowest = i;
      }
      high = Math.max(high, shifted);
    }
    if (high - low <= slop && apart(places, cursors)) frequency += 1 / (1 + high - low);
    if (++cursors[lowest]! === places[lowest]!.length) return frequency;
  }
}

/** A word asked for twice must be there twice. */
function apart(places: readonly Uint32Array[], cursors: Uint32Array): boolean {
  const taken = new Set(places.map((positions, i) => positions[cursors[i]!]!));
  return taken.size === places.length;
}

async function scorePhrase(
  { field, keys, boost }: PhrasePlan,
  documents: Uint32Array,
  frequencies: Float32Array,
  statistics: Statistics,
  view: SegmentView,
): Promise<Float32Array> {
  const idf = keys.reduce((sum, key) => sum + statistics.idf(field.name, key), 0);
  const factors = statistics.normFactors(field, true);
  const norms = await view.norms(field.id, documents);
  return Float32Array.from(documents, (_, i) => bm25(boost * idf, frequencies[i]!, factors[norms[i]!]!));
}
