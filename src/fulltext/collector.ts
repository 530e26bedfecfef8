import type { SortKey, TextHit } from './query.ts';

/** A hit with its place in the requested order. */
interface Ranked {
  readonly hit: TextHit;
  /** One number per sort key; the lower, the earlier. */
  readonly keys: readonly number[];
}

/** Keeps the best `limit` hits of any number in a heap whose top is the worst of them. */
export class HitCollector {
  readonly #sort: readonly SortKey[];
  readonly #limit: number;
  readonly #heap: Ranked[] = [];

  constructor(sort: readonly SortKey[], limit: number) {
    this.#sort = sort;
    this.#limit = limit;
  }

  /**
   * First key of the worst hit kept, in the sense of `keyOf`: a document above it need not be offered. Infinity while there is
   * room.
   */
  get worstKey(): number {
    return this.#heap.length < this.#limit ? Infinity : (this.#heap[0]?.keys[0] ?? -Infinity);
  }

  /** The number by which a value of the first sort key is ordered. */
  keyOf(value: number): number {
    return this.#sort[0]?.descending === false ? value : -value;
  }

  offer(hit: TextHit): void {
    if (this.#limit === 0) return;
    const keys = this.#sort.map(({ by, descending }) => (descending ? -hit[by] : hit[by]));
    const ranked = { hit, keys };
    if (this.#heap.length < this.#limit) {
      this.#heap.push(ranked);
      this.#up(this.#heap.length - 1);
    } else if (compareRanked(ranked, this.#heap[0]!) < 0) {
      this.#heap[0] = ranked;
      this.#down();
    }
  }

  #up(from: number): void {
    const heap = this.#heap;
    for (let i = from; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (compareRanked(heap[i]!, heap[parent]!) <= 0) return;
      [heap[i], heap[parent]] = [heap[parent]!, heap[i]!];
      i = parent;
    }
  }

  #down(): void {
    const heap = this.#heap;
    for (let i = 0; ; ) {
      let worst = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < heap.length && compareRanked(heap[child]!, heap[worst]!) > 0) worst = child;
      }
      if (worst === i) return;
      [heap[i], heap[worst]] = [heap[worst]!, heap[i]!];
      i = worst;
    }
  }

  /** The hits, best first. */
  hits(): TextHit[] {
    return this.#heap.sort(compareRanked).map(({ hit }) => hit);
  }
}

function compareRanked(a: Ranked, b: Ranked): number {
  for (const [i, key] of a.keys.entries()) if (key !== b.keys[i]) return key - b.keys[i]!;
  const topics = a.hit.topicId < b.hit.topicId ? -1 : Number(a.hit.topicId > b.hit.topicId);
  return topics || a.hit.partition - b.hit.partition || a.hit.offset - b.hit.offset;
}
