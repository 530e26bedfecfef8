import { lengthened, lengthenedBytes, release } from './growth.ts';
import type { PendingTokens } from './pending-tokens.ts';

/** What a term belongs to: the tokens of a field, or its exact values. */
export type TermKind = 'text' | 'keyword';

/** Field id and kind in one integer of 24 bits. */
export function termOwner(field: number, kind: TermKind): number {
  return (field << 1) | (kind === 'keyword' ? 1 : 0);
}

/** Words per slot: hash, term id, place in the arena, newest occurrence. */
const SLOT = 4;

/** Tokens interned at a time. */
const CHUNK = 256;

/** Bytes before a term's own in the arena: owner and length, a word each. */
export const termHeader = 8;

/** One step of the hash of terms, over four bytes (little-endian, zeroes behind the end). */
export function hashStep(hash: number, word: number): number {
  const h = Math.imul(hash ^ word, 0x9e3779b1);
  return h ^ (h >>> 15);
}

/**
 * Interned terms (owner + bytes). The bytes lie in an arena; an open-addressing hash holds each term's id, its place there and
 * its newest occurrence in the token stream, so that a token touches one slot and one place of the arena, and costs no
 * object. Ids count up from 1; 0 is no term.
 */
export class TermTable {
  arena = new Uint8Array(1024);
  /** End of the bytes in use. */
  arenaEnd = 0;
  /** One more than the highest id. */
  end = 1;
  #words = new Uint32Array(this.arena.buffer);
  /** Place in the arena, by id. */
  #starts = new Uint32Array(128);
  #slots = new Uint32Array(SLOT * 128);
  #mask = 127;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed | 0;
  }

  /** Bytes of memory held. */
  get bytes(): number {
    return this.arena.byteLength + this.#slots.byteLength + this.#starts.byteLength;
  }

  /** Hash to start from for terms of `owner`. */
  seedOf(owner: number): number {
    return hashStep(this.#seed, owner);
  }

  /**
   * Interns the tokens of a document and notes their occurrences: the id, and the occurrence before it (0: none), are written to `stream` and
   * `previous` at `base` + the token's place.
   */
  internAll(tokens: PendingTokens, base: number, stream: Uint32Array, previous: Uint32Array): void {
    for (let from = 0; from < tokens.count; from += CHUNK) {
      const to = Math.min(tokens.count, from + CHUNK);
      while ((this.end + to - from) * 3 > this.#mask * 2) this.#grow();
      const end = to < tokens.count ? tokens.starts[to]! : tokens.end;
      this.#reserve(end - tokens.starts[from]! + termHeader * (to - from));
      this.#starts = lengthened(this.#starts, this.end + to - from);
      this.#internSome(tokens, from, to, base, stream, previous);
    }
  }

  #reserve(length: number): void {
    if (this.arenaEnd + length <= this.arena.length) return;
    this.arena = lengthenedBytes(this.arena, this.arenaEnd + length);
    this.#words = new Uint32Array(this.arena.buffer);
  }

  #internSome(
    tokens: PendingTokens,
    from: number,
    to: number,
    base: number,
    stream: Uint32Array,
    previous: Uint32Array,
  ): void {
    const { hashes, starts, lengths, owners, places } = tokens;
    const slots = this.#slots;
    const wrap = SLOT * this.#mask + SLOT - 1;
    for (let i = from; i < to; i++) {
      const hash = hashes[i]!;
      const place = base + places[i]!;
      let at = (SLOT * hash) & wrap;
      let id = slots[at + 1]!;
      while (
        id !== 0 &&
        (slots[at] !== hash >>> 0 || !this.#is(slots[at + 2]!, tokens.words, starts[i]! >> 2, lengths[i]!, owners[i]!))
      ) {
        at = (at + SLOT) & wrap;
        id = slots[at + 1]!;
      }
      if (id === 0) {
        id = this.end;
        slots[at] = hash;
        slots[at + 1] = id;
        slots[at + 2] = this.arenaEnd;
        slots[at + 3] = 0;
        this.#add(tokens.words, starts[i]! >> 2, lengths[i]!, owners[i]!);
      }
      stream[place] = id;
      previous[place] = slots[at + 3]!;
      slots[at + 3] = place;
    }
  }

  /** True when the term at `start` of the arena is this one; `from` counts words. */
  #is(start: number, words: Uint32Array, from: number, length: number, owner: number): boolean {
    const own = this.#words;
    let i = start >> 2;
    if (own[i] !== owner || own[i + 1] !== length) return false;
    i += 2;
    for (let j = from, end = from + ((length + 3) >> 2); j < end; i++, j++) if (own[i] !== words[j]) return false;
    return true;
  }

  #add(words: Uint32Array, from: number, length: number, owner: number): void {
    const own = this.#words;
    let i = this.arenaEnd >> 2;
    own[i++] = owner;
    own[i++] = length;
    for (let j = from, end = from + ((length + 3) >> 2); j < end; j++) own[i++] = words[j]!;
    this.#starts[this.end++] = this.arenaEnd;
    this.arenaEnd = i << 2;
  }

  #grow(): void {
    const old = this.#slots;
    const mask = this.#mask * 2 + 1;
    const wrap = SLOT * mask + SLOT - 1;
    const slots = new Uint32Array(SLOT * (mask + 1));
    for (let i = 0; i < old.length; i += SLOT) {
      if (old[i + 1] === 0) continue;
      let at = (SLOT * old[i]!) & wrap;
      while (slots[at + 1] !== 0) at = (at + SLOT) & wrap;
      slots[at] = old[i]!;
      slots[at + 1] = old[i + 1]!;
      slots[at + 2] = old[i + 2]!;
      slots[at + 3] = old[i + 3]!;
    }
    this.#slots = slots;
    this.#mask = mask;
    release(old);
  }

  /** Newest occurrence of a term in the stream; 0 when there is none. */
  lastOf(bytes: Uint8Array, from: number, to: number, owner: number): number {
    const slots = this.#slots;
    const wrap = SLOT * this.#mask + SLOT - 1;
    let hash = this.seedOf(owner);
    for (let i = from; i < to; i += 4) hash = hashStep(hash, wordAt(bytes, i, to));
    for (let at = (SLOT * hash) & wrap; slots[at + 1] !== 0; at = (at + SLOT) & wrap) {
      if (slots[at] === hash >>> 0 && this.#isBytes(slots[at + 2]!, bytes, from, to, owner)) return slots[at + 3]!;
    }
    return 0;
  }

  #isBytes(start: number, bytes: Uint8Array, from: number, to: number, owner: number): boolean {
    if (this.ownerOf(start) !== owner || this.endOf(start) - start - termHeader !== to - from) return false;
    for (let i = start + termHeader, j = from; j < to; i++, j++) if (this.arena[i] !== bytes[j]) return false;
    return true;
  }

  /** Place of term `id` in the arena; its bytes start `termHeader` later. */
  startOf(id: number): number {
    return this.#starts[id]!;
  }

  /** Owner of the term at `start` of the arena. */
  ownerOf(start: number): number {
    return this.#words[start >> 2]!;
  }

  /** End of the bytes of the term at `start`. */
  endOf(start: number): number {
    return start + termHeader + this.#words[(start >> 2) + 1]!;
  }

  /** Place of the term behind the one at `start`. */
  after(start: number): number {
    return (this.endOf(start) + 3) & ~3;
  }
}

/** Four bytes from `at`, as a word of this machine; those behind `to` are zero. */
function wordAt(bytes: Uint8Array, at: number, to: number): number {
  cell[0] = bytes[at]!;
  for (let i = 1; i < 4; i++) cell[i] = at + i < to ? bytes[at + i]! : 0;
  return cellWord[0]!;
}

const cell = new Uint8Array(4);
const cellWord = new Uint32Array(cell.buffer);
