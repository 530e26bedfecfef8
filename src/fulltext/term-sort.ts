import { type TermTable, termHeader } from './term-table.ts';

/** Lets other work run in the middle of a long one. */
export type Pause = () => Promise<void>;

/** Below this a range is sorted by insertion. */
const SMALL = 12;

/** Elements handled between two pauses. */
const BREATH = 50_000;

/**
 * Sorts terms, given by their ids, by bytes and then owner. Multikey quicksort (Bentley and Sedgewick) on four bytes at a time: terms share
 * long prefixes, and comparing whole terms would read each prefix again and again.
 */
export async function sortTerms(terms: TermTable, ids: Uint32Array, pause: Pause): Promise<void> {
  await new TermSorter(terms, ids).sort(pause);
}

class TermSorter {
  readonly #terms: TermTable;
  readonly #ids: Uint32Array;
  /** Place in the arena of each term of `#ids`. */
  readonly #starts: Uint32Array;
  readonly #keys: Uint32Array;
  /** Ranges to sort: from, to, depth. */
  readonly #open: number[] = [];
  #random = 0x2545f491;

  constructor(terms: TermTable, ids: Uint32Array) {
    this.#terms = terms;
    this.#ids = ids;
    this.#starts = ids.map((id) => terms.startOf(id));
    this.#keys = new Uint32Array(ids.length);
  }

  async sort(pause: Pause): Promise<void> {
    const open = this.#open;
    this.#push(0, this.#ids.length, 0);
    let work = 0;
    while (open.length > 0) {
      const depth = open.pop()!;
      const to = open.pop()!;
      const from = open.pop()!;
      this.#split(from, to, depth);
      work += to - from;
      if (work < BREATH) continue;
      work = 0;
      await pause();
    }
  }

  /** Sorts a range at once when it is small, or else leaves it to do, its keys loaded from `depth`. */
  #push(from: number, to: number, depth: number): void {
    if (to - from < 2) return;
    if (to - from <= SMALL) {
      this.#insertionSort(from, to, depth);
      return;
    }
    let alive = false;
    for (let i = from; i < to; i++) {
      const term = this.#starts[i]!;
      const start = term + termHeader + depth;
      const end = this.#terms.endOf(term);
      this.#keys[i] = keyAt(this.#terms.arena, start, end);
      if (end > start) alive = true;
    }
    // All are at their end, so they are one term of many fields.
    if (alive) this.#open.push(from, to, depth);
    else this.#sortEnded(from, to, depth);
  }

  #sortEnded(from: number, to: number, depth: number): void {
    const pairs = Array.from({ length: to - from }, (_, i) => [this.#starts[from + i]!, this.#ids[from + i]!] as const);
    pairs.sort(([a], [b]) => this.#compare(a, b, depth));
    for (const [i, [start, id]] of pairs.entries()) {
      this.#starts[from + i] = start;
      this.#ids[from + i] = id;
    }
  }

  /** Three-way partition by key; the middle goes on four bytes deeper. */
  #split(from: number, to: number, depth: number): void {
    const keys = this.#keys;
    const pivot = this.#pivot(from, to);
    let low = from;
    let high = to;
    let i = from;
    while (i < high) {
      const key = keys[i]!;
      if (key < pivot) this.#swap(low++, i++);
      else if (key > pivot) this.#swap(i, --high);
      else i++;
    }
    if (low - from > SMALL) this.#open.push(from, low, depth);
    else this.#insertionSort(from, low, depth);
    if (to - high > SMALL) this.#open.push(high, to, depth);
    else this.#insertionSort(high, to, depth);
    this.#push(low, high, depth + 4);
  }

  #pivot(from: number, to: number): number {
    const a = this.#keys[this.#pick(from, to)]!;
    const b = this.#keys[this.#pick(from, to)]!;
    const c = this.#keys[this.#pick(from, to)]!;
    return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
  }

  /** Any index of the range: nobody who chooses the terms can foresee a bad pivot at each step. */
  #pick(from: number, to: number): number {
    this.#random ^= this.#random << 13;
    this.#random ^= this.#random >>> 17;
    this.#random ^= this.#random << 5;
    return from + ((this.#random >>> 0) % (to - from));
  }

  #insertionSort(from: number, to: number, depth: number): void {
    for (let i = from + 1; i < to; i++) {
      for (let j = i; j > from && this.#compare(this.#starts[j - 1]!, this.#starts[j]!, depth) > 0; j--)
        this.#swap(j - 1, j);
    }
  }

  /** Compares two terms that agree in their first `depth` bytes. */
  #compare(a: number, b: number, depth: number): number {
    const terms = this.#terms;
    const arena = terms.arena;
    const endA = terms.endOf(a);
    const endB = terms.endOf(b);
    let i = a + termHeader + depth;
    let j = b + termHeader + depth;
    for (; i < endA && j < endB; i++, j++) if (arena[i] !== arena[j]) return arena[i]! - arena[j]!;
    return endA - i - (endB - j) || terms.ownerOf(a) - terms.ownerOf(b);
  }

  #swap(i: number, j: number): void {
    const id = this.#ids[i]!;
    this.#ids[i] = this.#ids[j]!;
    this.#ids[j] = id;
    const start = this.#starts[i]!;
    this.#starts[i] = this.#starts[j]!;
    this.#starts[j] = start;
    const key = this.#keys[i]!;
    this.#keys[i] = this.#keys[j]!;
    this.#keys[j] = key;
  }
}

/** Four bytes from `start` as a big-endian number; past `end` they count as zero. */
function keyAt(arena: Uint8Array, start: number, end: number): number {
  if (start + 4 <= end) {
    return ((arena[start]! << 24) | (arena[start + 1]! << 16) | (arena[start + 2]! << 8) | arena[start + 3]!) >>> 0;
  }
  let key = 0;
  for (let i = start; i < start + 4; i++) key = (key << 8) | (i < end ? arena[i]! : 0);
  return key >>> 0;
}
