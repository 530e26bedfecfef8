import { decodeUtf8, utf8Width } from './unicode.ts';

/** Edits allowed for `auto`: none up to 2 characters, one up to 5, then two, as in Lucene. */
export function automaticDistance(length: number): number {
  if (length <= 2) return 0;
  return length <= 5 ? 1 : 2;
}

/**
 * Compares terms with one wanted: insertions, deletions, changes and swaps of neighbours count one each (optimal string
 * alignment). Strings are compared by code points.
 */
export class FuzzyMatcher {
  readonly #wanted: readonly number[];
  readonly #distance: number;
  readonly #rows: readonly Int32Array[];
  /** Code points of the term at hand; no longer than a match can be. */
  readonly #text: Uint32Array;

  constructor(wanted: string, distance: number) {
    this.#wanted = codePoints(wanted);
    this.#distance = distance;
    this.#text = new Uint32Array(this.#wanted.length + distance);
    this.#rows = [0, 1, 2].map(() => new Int32Array(this.#wanted.length + 1));
  }

  /** How alike the UTF-8 in bytes [from, to) is: 1 when equal, 0 when it is further away than allowed. */
  similarity(bytes: Uint8Array, from: number, to: number): number {
    const wanted = this.#wanted.length;
    // A character has 1 to 4 bytes.
    if (to - from < wanted - this.#distance || to - from > 4 * (wanted + this.#distance)) return 0;
    const text = this.#text;
    let length = 0;
    for (let at = from; at < to; at += utf8Width(bytes[at]!)) {
      if (length === text.length) return 0;
      text[length++] = decodeUtf8(bytes, at, to);
    }
    if (length < wanted - this.#distance) return 0;
    const distance = this.#distanceTo(text, length);
    if (distance > this.#distance) return 0;
    return Math.max(0.01, 1 - distance / Math.max(1, Math.min(length, wanted)));
  }

  #distanceTo(text: Uint32Array, length: number): number {
    const wanted = this.#wanted;
    const width = wanted.length;
    let [before, previous, row] = this.#rows as [Int32Array, Int32Array, Int32Array];
    for (let j = 0; j <= width; j++) row[j] = j;
    for (let i = 1; i <= length; i++) {
      [before, previous, row] = [previous, row, before];
      row[0] = i;
      let least = i;
      for (let j = 1; j <= width; j++) {
        const same = text[i - 1] === wanted[j - 1] ? 0 : 1;
        let cost = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + same);
        const swapped = i > 1 && j > 1 && text[i - 1] === wanted[j - 2] && text[i - 2] === wanted[j - 1];
        if (swapped) cost = Math.min(cost, before[j - 2]! + 1);
        row[j] = cost;
        if (cost < least) least = cost;
      }
      // A swap reaches one row further back.
      if (least > this.#distance + 1) return least;
    }
    return row[width]!;
  }
}

function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0)!);
}
