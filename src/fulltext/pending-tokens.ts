import { lengthened, lengthenedBytes } from './growth.ts';
import { hashPrime, type TokenSink, tokenize, tokenRoom } from './tokenizer.ts';

/** Scratch above this is given back after the document. */
const KEPT_BYTES = 1024 * 1024;

/** Tokens and keywords of one document on their way into a term table: their bytes one behind the other, and an entry each. */
export class PendingTokens implements TokenSink {
  bytes = new Uint8Array(4096);
  /** Hash, end of the bytes, owner and place in the document's part of the stream, by token. */
  hashes = new Int32Array(256);
  ends = new Uint32Array(256);
  owners = new Uint32Array(256);
  places = new Uint32Array(256);
  count = 0;
  /** Next place in the document's part of the stream. */
  place = 0;
  #owner = 0;

  clear(): void {
    this.count = 0;
    this.place = 0;
    if (this.bytes.length <= KEPT_BYTES) return;
    this.bytes = new Uint8Array(4096);
    this.hashes = new Int32Array(256);
    this.ends = new Uint32Array(256);
    this.owners = new Uint32Array(256);
    this.places = new Uint32Array(256);
  }

  startOf(token: number): number {
    return token === 0 ? 0 : this.ends[token - 1]!;
  }

  endOf(token: number): number {
    return this.ends[token]!;
  }

  /** Adds bytes [from, to) as one token of `owner`. */
  keyword(bytes: Uint8Array, from: number, to: number, owner: number, seed: number): void {
    this.#reserve(to - from);
    this.#owner = owner;
    const out = this.bytes;
    const start = this.startOf(this.count);
    let at = start;
    let hash = seed;
    for (let i = from; i < to; i++) {
      const byte = bytes[i]!;
      out[at++] = byte;
      hash = Math.imul(hash ^ byte, hashPrime);
    }
    this.token(start, at, hash);
  }

  /** Adds the words of UTF-8 text as tokens of `owner`. */
  text(bytes: Uint8Array, from: number, to: number, owner: number, seed: number): void {
    this.#reserve(to - from);
    this.#owner = owner;
    tokenize(bytes, from, to, this.bytes, this.startOf(this.count), seed, this);
  }

  token(_from: number, to: number, hash: number): number {
    const i = this.count++;
    this.hashes[i] = hash;
    this.ends[i] = to;
    this.owners[i] = this.#owner;
    this.places[i] = this.place++;
    return to;
  }

  /** Makes room for all tokens of `length` bytes of text. */
  #reserve(length: number): void {
    this.bytes = lengthenedBytes(this.bytes, this.startOf(this.count) + tokenRoom(length));
    const tokens = this.count + length + 1;
    if (tokens <= this.ends.length) return;
    this.ends = lengthened(this.ends, tokens);
    this.owners = lengthened(this.owners, tokens);
    this.places = lengthened(this.places, tokens);
    const hashes = new Int32Array(this.ends.length);
    hashes.set(this.hashes);
    this.hashes = hashes;
  }
}
