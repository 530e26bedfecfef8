import { lengthened, lengthenedBytes } from './growth.ts';
import { hashStep } from './term-table.ts';
import { type TokenSink, tokenize, tokenRoom } from './tokenizer.ts';

/** Scratch above this is given back after the document. */
const KEPT_BYTES = 1024 * 1024;

/**
 * Tokens and keywords of one document on their way into a term table: an entry each, and their bytes one behind the other, each from a
 * multiple of 4 on and filled up with zeroes, so that they are hashed, compared and copied by words.
 */
export class PendingTokens implements TokenSink {
  bytes = new Uint8Array(4096);
  words = new Uint32Array(this.bytes.buffer);
  /** By token: hash, start and length of the bytes, owner, and place in the document's part of the stream. */
  hashes = new Int32Array(256);
  starts = new Uint32Array(256);
  lengths = new Uint32Array(256);
  owners = new Uint32Array(256);
  places = new Uint32Array(256);
  count = 0;
  /** Where the next token's bytes go. */
  end = 0;
  /** Next place in the document's part of the stream. */
  place = 0;
  #owner = 0;
  #seed = 0;

  clear(): void {
    this.count = 0;
    this.place = 0;
    this.end = 0;
    if (this.bytes.length <= KEPT_BYTES) return;
    this.bytes = new Uint8Array(4096);
    this.words = new Uint32Array(this.bytes.buffer);
    this.hashes = new Int32Array(256);
    this.starts = new Uint32Array(256);
    this.lengths = new Uint32Array(256);
    this.owners = new Uint32Array(256);
    this.places = new Uint32Array(256);
  }

  /** Adds bytes [from, to) as one token of `owner`. */
  keyword(bytes: Uint8Array, from: number, to: number, owner: number, seed: number): void {
    this.#reserve(to - from);
    this.#owner = owner;
    this.#seed = seed;
    const out = this.bytes;
    const start = this.end;
    let at = start;
    for (let i = from; i < to; i++) out[at++] = bytes[i]!;
    this.token(start, at);
  }

  /** Adds the words of UTF-8 text as tokens of `owner`. */
  text(bytes: Uint8Array, from: number, to: number, owner: number, seed: number): void {
    this.#reserve(to - from);
    this.#owner = owner;
    this.#seed = seed;
    tokenize(bytes, from, to, this.bytes, this.end, this);
  }

  token(from: number, to: number): number {
    const { bytes, words } = this;
    bytes[to] = 0;
    bytes[to + 1] = 0;
    bytes[to + 2] = 0;
    const end = (to + 3) & ~3;
    let hash = this.#seed;
    for (let at = from >> 2; at < end >> 2; at++) hash = hashStep(hash, words[at]!);
    const i = this.count++;
    this.hashes[i] = hash;
    this.starts[i] = from;
    this.lengths[i] = to - from;
    this.owners[i] = this.#owner;
    this.places[i] = this.place++;
    this.end = end;
    return end;
  }

  /** Makes room for all tokens of `length` bytes of text. */
  #reserve(length: number): void {
    const bytes = this.end + tokenRoom(length);
    if (bytes > this.bytes.length) {
      this.bytes = lengthenedBytes(this.bytes, bytes);
      this.words = new Uint32Array(this.bytes.buffer);
    }
    const tokens = this.count + length + 1;
    if (tokens <= this.starts.length) return;
    this.starts = lengthened(this.starts, tokens);
    this.lengths = lengthened(this.lengths, tokens);
    this.owners = lengthened(this.owners, tokens);
    this.places = lengthened(this.places, tokens);
    const hashes = new Int32Array(this.starts.length);
    hashes.set(this.hashes);
    this.hashes = hashes;
  }
}
