import { lengthened, release } from './growth.ts';
import { type TermTable, termHeader } from './term-table.ts';

/** Lets other work run in the middle of a long one. */
export type Pause = () => Promise<void>;

/** Below this a range is sorted by insertion, and above the other it is first distributed by some bits. */
const SMALL = 12;
const LARGE = 2048;

/** Bits of the key by which a large range is distributed. */
const DIGIT = 11;

/** Elements handled between two pauses. */
const BREATH = 50_000;

/**
 * Sorts terms, given by their ids, by bytes and then owner; returns their places in the arena in the same order. Four bytes at a time are
 * the key of a term: terms share long prefixes, and comparing whole terms would read each prefix again and again. Large ranges are
 * distributed by the bits in which their keys differ first, small ones are split in three by key (multikey quicksort of
 * Bentley and Sedgewick); terms with equal keys go on four bytes deeper.
 */
export async function sortTerms(terms: TermTable, ids: Uint32Array, pause: Pause): Promise<Uint32Array<ArrayBuffer>> {
  const sorter = new TermSorter(terms, ids);
  await sorter.sort(pause);
  return sorter.starts;
}

class TermSorter {
  readonly #terms: TermTable;
  readonly #ids: Uint32Array;
  /** Place in the arena of each term of `#ids`. */
  readonly starts: Uint32Array<ArrayBuffer>;
  readonly #keys: Uint32Array<ArrayBuffer>;
  /** Room to distribute a range. */
  #spare = new Uint32Array(0);
  /** Ranges to sort: from, to, depth; their keys are loaded. */
  readonly #open: number[] = [];
  #random = 0x2545f491;

  constructor(terms: TermTable, ids: Uint32Array) {
    this.#terms = terms;
    this.#ids = ids;
    this.starts = new Uint32Array(ids.length);
    for (let i = 0; i < ids.length; i++) this.starts[i] = terms.startOf(ids[i]!);
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
      if (to - from > LARGE) this.#distribute(from, to, depth);
      else this.#split(from, to, depth);
      work += to - from;
      if (work < BREATH) continue;
      work = 0;
      await pause();
    }
    release(this.#keys);
    release(this.#spare);
  }

  /** Sorts a range at once when it is small, or else leaves it to do, its keys loaded from `depth`. */
  #push(from: number, to: number, depth: number): void {
    if (to - from <= SMALL) {
      this.#insertionSort(from, to, depth);
      return;
    }
    let alive = false;
    for (let i = from; i < to; i++) {
      const term = this.starts[i]!;
      const start = term + termHeader + depth;
      const end = this.#terms.endOf(term);
      this.#keys[i] = keyAt(this.#terms.arena, start, end);
      if (end > start) alive = true;
    }
    // All are at their end, so they are one term of many fields.
    if (alive) this.#open.push(from, to, depth);
    else this.#sortEnded(from, to, depth);
  }

  /** Scatters a range by the first bits in which its keys differ. */
  #distribute(from: number, to: number, depth: number): void {
    const keys = this.#keys;
    let low = 0xffffffff;
    let high = 0;
    for (let i = from; i < to; i++) {
      const key = keys[i]!;
      if (key < low) low = key;
      if (key > high) high = key;
    }
    if (low === high) {
      this.#push(from, to, depth + 4);
      return;
    }
    const shift = Math.max(0, 32 - Math.clz32(low ^ high) - DIGIT);
    const first = low >>> shift;
    const ends = new Uint32Array((high >>> shift) - first + 2);
    for (let i = from; i < to; i++) ends[(keys[i]! >>> shift) - first + 1]!++;
    for (let digit = 1; digit < ends.length; digit++) ends[digit]! += ends[digit - 1]!;
    this.#scatter(from, to, shift, first, ends);
    // Now each digit's range ends where the next one started.
    let start = from;
    for (let digit = 0; digit + 1 < ends.length; digit++) {
      const end = from + ends[digit]!;
      if (end - start <= SMALL) this.#insertionSort(start, end, depth);
      else if (shift === 0) this.#push(start, end, depth + 4);
      else this.#open.push(start, end, depth);
      start = end;
    }
  }

  #scatter(from: number, to: number, shift: number, first: number, cursors: Uint32Array): void {
    const length = to - from;
    this.#spare = lengthened(this.#spare, 3 * length);
    const { starts } = this;
    const ids = this.#ids;
    const keys = this.#keys;
    const spare = this.#spare;
    for (let i = from; i < to; i++) {
      const at = 3 * cursors[(keys[i]! >>> shift) - first]!++;
      spare[at] = keys[i]!;
      spare[at + 1] = ids[i]!;
      spare[at + 2] = starts[i]!;
    }
    for (let i = 0; i < length; i++) {
      keys[from + i] = spare[3 * i]!;
      ids[from + i] = spare[3 * i + 1]!;
      starts[from + i] = spare[3 * i + 2]!;
    }
  }

  #sortEnded(from: number, to: number, depth: number): void {
    const pairs = Array.from({ length: to - from }, (_, i) => [this.starts[from + i]!, this.#ids[from + i]!] as const);
    pairs.sort(([a], [b]) => this.#compare(a, b, depth));
    for (const [i, [start, id]] of pairs.entries()) {
      this.starts[from + i] = start;
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
      for (let j = i; j > from && this.#compare(this.starts[j - 1]!, this.starts[j]!, depth) > 0; j--)
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
    const start = this.starts[i]!;
    this.starts[i] = this.starts[j]!;
    this.starts[j] = start;
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
