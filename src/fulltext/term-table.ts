import { lengthened, lengthenedBytes } from './growth.ts';
import type { PendingTokens } from './pending-tokens.ts';
import { hashOver } from './tokenizer.ts';

/** What a term belongs to: the tokens of a field, or its exact values. */
export type TermKind = 'text' | 'keyword';

/** Field id and kind in one integer of 24 bits. */
export function termOwner(field: number, kind: TermKind): number {
  return (field << 1) | (kind === 'keyword' ? 1 : 0);
}

/** Fields that an owner has room for. */
export const maxOwnedFields = 1 << 23;

/** Words per slot: hash, term id, place in the arena, newest occurrence. */
const SLOT = 4;

/** Tokens interned at a time. */
const CHUNK = 256;

/** Bytes before a term's own in the arena: owner (3), length (2), little-endian. */
export const termHeader = 5;

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
  /** Place in the arena, by id. */
  #starts = new Uint32Array(128);
  #slots = new Uint32Array(SLOT * 128);
  #mask = 127;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed | 0;
  }

  /** Bytes of memory in use. */
  get bytes(): number {
    return this.arenaEnd + this.#slots.byteLength + this.end * 4;
  }

  /** Hash to start from for terms of `owner`. */
  seedOf(owner: number): number {
    return Math.imul(this.#seed ^ owner, 0x9e3779b1) ^ owner;
  }

  /**
   * Interns the tokens of a document and notes their occurrences: the id, and the occurrence before it (0: none), are written to `stream` and
   * `previous` at `base` + the token's place.
   */
  internAll(tokens: PendingTokens, base: number, stream: Uint32Array, previous: Uint32Array): void {
    for (let from = 0; from < tokens.count; from += CHUNK) {
      const to = Math.min(tokens.count, from + CHUNK);
      while ((this.end + to - from) * 3 > this.#mask * 2) this.#grow();
      const bytes = tokens.endOf(to - 1) - tokens.startOf(from) + termHeader * (to - from);
      this.arena = lengthenedBytes(this.arena, this.arenaEnd + bytes);
      this.#starts = lengthened(this.#starts, this.end + to - from);
      this.#internSome(tokens, from, to, base, stream, previous);
    }
  }

  #internSome(
    tokens: PendingTokens,
    from: number,
    to: number,
    base: number,
    stream: Uint32Array,
    previous: Uint32Array,
  ): void {
    const { bytes, hashes, ends, owners, places } = tokens;
    const slots = this.#slots;
    const wrap = SLOT * this.#mask + SLOT - 1;
    let start = tokens.startOf(from);
    for (let i = from; i < to; i++) {
      const hash = mix(hashes[i]!);
      const end = ends[i]!;
      const place = base + places[i]!;
      let at = (SLOT * hash) & wrap & ~(SLOT - 1);
      let id = slots[at + 1]!;
      while (id !== 0 && (slots[at] !== hash >>> 0 || !this.#is(slots[at + 2]!, bytes, start, end, owners[i]!))) {
        at = (at + SLOT) & wrap;
        id = slots[at + 1]!;
      }
      if (id === 0) {
        id = this.end;
        slots[at] = hash;
        slots[at + 1] = id;
        slots[at + 2] = this.arenaEnd;
        slots[at + 3] = 0;
        this.#add(bytes, start, end, owners[i]!);
      }
      stream[place] = id;
      previous[place] = slots[at + 3]!;
      slots[at + 3] = place;
      start = end;
    }
  }

  /** Where the slot of a term lies, or -1. Valid until a term is added. */
  #find(bytes: Uint8Array, from: number, to: number, owner: number): number {
    const mixed = mix(hashOver(this.seedOf(owner), bytes, from, to));
    const slots = this.#slots;
    let at = SLOT * (mixed & this.#mask);
    for (let id = slots[at + 1]!; id !== 0; id = slots[at + 1]!) {
      if (slots[at] === mixed >>> 0 && this.#is(slots[at + 2]!, bytes, from, to, owner)) return at;
      at = (at + SLOT) & (SLOT * this.#mask + SLOT - 1);
    }
    return -1;
  }

  /** True when the term at `start` of the arena is this one. */
  #is(start: number, bytes: Uint8Array, from: number, to: number, owner: number): boolean {
    const arena = this.arena;
    const length = arena[start + 3]! | (arena[start + 4]! << 8);
    if (length !== to - from) return false;
    if ((arena[start]! | (arena[start + 1]! << 8) | (arena[start + 2]! << 16)) !== owner) return false;
    for (let i = start + termHeader, j = from; j < to; i++, j++) if (arena[i] !== bytes[j]) return false;
    return true;
  }

  #add(bytes: Uint8Array, from: number, to: number, owner: number): void {
    const arena = this.arena;
    const start = this.arenaEnd;
    let end = start + termHeader;
    for (let i = from; i < to; i++) arena[end++] = bytes[i]!;
    arena[start] = owner;
    arena[start + 1] = owner >> 8;
    arena[start + 2] = owner >> 16;
    arena[start + 3] = to - from;
    arena[start + 4] = (to - from) >> 8;
    this.arenaEnd = end;
    this.#starts[this.end++] = start;
  }

  #grow(): void {
    const old = this.#slots;
    const mask = this.#mask * 2 + 1;
    const slots = new Uint32Array(SLOT * (mask + 1));
    for (let i = 0; i < old.length; i += SLOT) {
      if (old[i + 1] === 0) continue;
      let at = SLOT * (old[i]! & mask);
      while (slots[at + 1] !== 0) at = (at + SLOT) & (SLOT * mask + SLOT - 1);
      slots[at] = old[i]!;
      slots[at + 1] = old[i + 1]!;
      slots[at + 2] = old[i + 2]!;
      slots[at + 3] = old[i + 3]!;
    }
    this.#slots = slots;
    this.#mask = mask;
  }

  /** Newest occurrence of a term in the stream; 0 when there is none. */
  lastOf(bytes: Uint8Array, from: number, to: number, owner: number): number {
    const at = this.#find(bytes, from, to, owner);
    return at < 0 ? 0 : this.#slots[at + 3]!;
  }

  /** Place of term `id` in the arena; its bytes start `termHeader` later. */
  startOf(id: number): number {
    return this.#starts[id]!;
  }

  /** Owner of the term at `start` of the arena. */
  ownerOf(start: number): number {
    return this.arena[start]! | (this.arena[start + 1]! << 8) | (this.arena[start + 2]! << 16);
  }

  /** End of the bytes of the term at `start`; the next term's place. */
  endOf(start: number): number {
    return start + termHeader + (this.arena[start + 3]! | (this.arena[start + 4]! << 8));
  }
}

/** Spreads the last bytes over the low bits, which choose the slot. */
function mix(hash: number): number {
  const h = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return h ^ (h >>> 13);
}
