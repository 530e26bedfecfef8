import { normLengths } from './norm.ts';
import type { SegmentView, ViewField } from './view.ts';

const K1 = 1.2;
const B = 0.75;

/** What scoring must know of all segments asked: otherwise the same record would score differently after each seal. */
export class Statistics {
  readonly #fields = new Map<string, { documents: number; tokens: number }>();
  readonly #terms = new Map<string, number>();

  /** Counts a segment's fields. */
  addFields(view: SegmentView): void {
    for (const { name, documents, tokens } of view.fields) {
      const known = this.#fields.get(name);
      if (known === undefined) this.#fields.set(name, { documents, tokens });
      else {
        known.documents += documents;
        known.tokens += tokens;
      }
    }
  }

  /** Counts documents of a term; `key` names field, kind and bytes. */
  addTerm(key: string, documents: number): void {
    this.#terms.set(key, (this.#terms.get(key) ?? 0) + documents);
  }

  /** Inverse document frequency as in Lucene's BM25Similarity. */
  idf(field: string, key: string): number {
    const documents = this.#terms.get(key) ?? 0;
    const all = Math.max(documents, this.#fields.get(field)?.documents ?? 0);
    return Math.log(1 + (all - documents + 0.5) / (documents + 0.5));
  }

  /** By norm byte: what is added to the frequency in the denominator. Without norms (keywords) all lengths are average. */
  normFactors(field: ViewField, norms: boolean): Float64Array {
    const known = this.#fields.get(field.name);
    const average = known === undefined || known.documents === 0 ? 1 : Math.max(known.tokens / known.documents, 1e-9);
    return normLengths.map((length) => K1 * (norms ? 1 - B + (B * length) / average : 1));
  }
}

/** Score of a term or phrase that occurs `frequency` times in a document. */
export function bm25(weight: number, frequency: number, normFactor: number): number {
  return (weight * frequency) / (frequency + normFactor);
}
