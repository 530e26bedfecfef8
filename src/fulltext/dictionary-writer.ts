import { constants, zstdCompressSync } from 'node:zlib';
import { ByteWriter } from './bytes.ts';
import { type DictionaryBlock, textFormat } from './format.ts';

const fast = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/**
 * Writes one dictionary: blocks of terms in order, each with the fields that have it. A term is stored without the bytes that it
 * shares with the one before it in its block. Blocks are zstd, or plain where that is no smaller.
 */
export class DictionaryWriter {
  /** What is said of the present term in its fields; the caller writes it. */
  readonly entry = new ByteWriter(256);
  readonly #out: ByteWriter;
  readonly #block = new ByteWriter(textFormat.blockBytes * 2);
  readonly #blocks: DictionaryBlock[] = [];
  readonly #previous = new Uint8Array(1024);
  #previousLength = 0;
  #first: Omit<DictionaryBlock, 'position' | 'length' | 'rawLength'> | undefined;

  /** Blocks go to `out`; their positions are relative to it. */
  constructor(out: ByteWriter) {
    this.#out = out;
  }

  /**
   * Ends a term: its bytes in `bytes` [from, to), how many fields `entry` speaks of, and where their postings and positions
   * started. Called for every term: it makes no objects.
   */
  term(bytes: Uint8Array, from: number, to: number, fields: number, postings: number, positions: number): void {
    if (this.#first === undefined) this.#first = { firstTerm: bytes.slice(from, to), postings, positions };
    const block = this.#block;
    const previous = this.#previous;
    const length = to - from;
    const most = Math.min(this.#previousLength, length);
    let shared = 0;
    while (shared < most && bytes[from + shared] === previous[shared]) shared++;
    block.varint(shared);
    block.varint(length - shared);
    block.reserve(length + this.entry.length + 8);
    const out = block.bytes;
    let at = block.length;
    for (let i = shared; i < length; i++) {
      const byte = bytes[from + i]!;
      out[at++] = byte;
      previous[i] = byte;
    }
    this.#previousLength = length;
    block.length = at;
    block.varint(fields);
    at = block.length;
    const entry = this.entry.bytes;
    for (let i = 0; i < this.entry.length; i++) out[at++] = entry[i]!;
    block.length = at;
    this.entry.length = 0;
    if (at >= textFormat.blockBytes) this.#flush();
  }

  #flush(): void {
    if (this.#first === undefined) return;
    const raw = this.#block.view();
    const deflated = zstdCompressSync(raw, fast);
    const stored = deflated.length < raw.length ? deflated : raw;
    const position = this.#out.length;
    this.#out.raw(stored);
    this.#blocks.push({ position, length: stored.length, rawLength: raw.length, ...this.#first });
    this.#block.length = 0;
    this.#previousLength = 0;
    this.#first = undefined;
  }

  /** Ends the dictionary; returns its blocks. */
  finish(): readonly DictionaryBlock[] {
    this.#flush();
    return this.#blocks;
  }
}
