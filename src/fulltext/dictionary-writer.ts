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
   * started.
   */
  term(bytes: Uint8Array, from: number, to: number, fields: number, postings: number, positions: number): void {
    this.#first ??= { firstTerm: bytes.slice(from, to), postings, positions };
    const shared = this.#shared(bytes, from, to);
    this.#block.varint(shared);
    this.#block.varint(to - from - shared);
    this.#block.raw(bytes.subarray(from + shared, to));
    this.#block.varint(fields);
    this.#block.raw(this.entry.view());
    this.entry.length = 0;
    this.#previous.set(bytes.subarray(from, to));
    this.#previousLength = to - from;
    if (this.#block.length >= textFormat.blockBytes) this.#flush();
  }

  #shared(bytes: Uint8Array, from: number, to: number): number {
    const most = Math.min(this.#previousLength, to - from);
    let shared = 0;
    while (shared < most && bytes[from + shared] === this.#previous[shared]) shared++;
    return shared;
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
