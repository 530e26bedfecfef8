import { hash } from 'node:crypto';

/** Four words of the key's hash and its offset. */
const SLOT_BYTES = 24;
/** Share of the slots that may be taken: beyond, lookups get slow. */
const LOAD = 0.9;
const WORDS = 4;

/**
 * The last offset of each key, in bounded memory. Keys are known by 16 bytes of their SHA-256: of Kafka's MD5 anybody can make two keys that
 * collide, and one of them would lose its record.
 */
export class KeyOffsets {
  readonly #hashes: Uint32Array;
  readonly #offsets: Float64Array;
  readonly #slots: number;
  readonly #capacity: number;
  #size = 0;

  /** Room for `keys` keys, or for as many as fit `maxBytes`; for one at least. */
  constructor(keys: number, maxBytes: number) {
    this.#slots = Math.max(2, Math.min(Math.ceil((keys + 1) / LOAD), Math.floor(maxBytes / SLOT_BYTES)));
    this.#capacity = Math.max(1, Math.floor(this.#slots * LOAD));
    this.#hashes = new Uint32Array(this.#slots * WORDS);
    this.#offsets = new Float64Array(this.#slots).fill(-1);
  }

  /** Keys held. */
  get size(): number {
    return this.#size;
  }

  /** Notes a later offset of a key; false, with nothing noted, when the key is new and there is no room for it. */
  put(key: Uint8Array, offset: number): boolean {
    const digest = hash('sha256', key, 'buffer');
    const slot = this.#find(digest);
    if (this.#offsets[slot] === -1) {
      if (this.#size === this.#capacity) return false;
      this.#size++;
      for (let word = 0; word < WORDS; word++) this.#hashes[slot * WORDS + word] = digest.readUInt32LE(word * 4);
    }
    this.#offsets[slot] = offset;
    return true;
  }

  /** The last offset of a key; -1 when it has none. */
  get(key: Uint8Array): number {
    return this.#offsets[this.#find(hash('sha256', key, 'buffer'))]!;
  }

  /** The slot of a key, or the free one where it would be. */
  #find(digest: Buffer): number {
    let slot = digest.readUInt32LE(16) % this.#slots;
    while (this.#offsets[slot] !== -1 && !this.#holds(slot, digest)) slot = slot + 1 === this.#slots ? 0 : slot + 1;
    return slot;
  }

  #holds(slot: number, digest: Buffer): boolean {
    for (let word = 0; word < WORDS; word++)
      if (this.#hashes[slot * WORDS + word] !== digest.readUInt32LE(word * 4)) return false;
    return true;
  }
}
