import { documentLimits } from './document.ts';
import { type FieldTable, refusedNode, rootNode } from './field-table.ts';
import { encodeUtf8 } from './unicode.ts';

/** Takes the leaves of a JSON object, by path node. */
export interface JsonSink {
  /** Text in bytes [from, to), escapes resolved. */
  string(node: number, bytes: Uint8Array, from: number, to: number): void;
  /** A number; its digits lie in bytes [from, to). */
  number(node: number, value: number, bytes: Uint8Array, from: number, to: number): void;
  boolean(node: number, value: boolean): void;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Bytes that end the fast loop over a string: quote, backslash, control characters. */
const stops = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === QUOTE || byte === BACKSLASH || byte < 0x20 ? 1 : 0,
);
const powersOfTen = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
const escapes = new Map([
  [0x22, 0x22],
  [0x5c, 0x5c],
  [0x2f, 0x2f],
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
]);

/**
 * Reads a JSON object straight from UTF-8 bytes and hands its leaves to a sink. Accepts exactly what JSON.parse accepts of valid
 * UTF-8 whose root is an object, within `documentLimits`. No recursion, no strings, no objects per value.
 */
export class JsonScanner {
  readonly #fields: FieldTable;
  readonly #sink: JsonSink;
  #bytes: Uint8Array = new Uint8Array(0);
  #to = 0;
  #at = 0;
  /** Text of the last string: in `#text` [`#from`, `#end`). */
  #text: Uint8Array = new Uint8Array(0);
  #from = 0;
  #end = 0;
  #scratch = new Uint8Array(256);
  /** Nodes of the open levels; a list's level repeats its own node with a mark. */
  readonly #levels = new Int32Array(documentLimits.depth);
  readonly #lists = new Uint8Array(documentLimits.depth);
  #depth = 0;
  /** Which document last used a node, to count different names. */
  #seen = new Uint32Array(64);
  #document = 0;
  #members = 0;

  constructor(fields: FieldTable, sink: JsonSink) {
    this.#fields = fields;
    this.#sink = sink;
  }

  /**
   * Scans bytes [from, to). False when they are not one JSON object within the limits: then the sink has seen some leaves,
   * which the caller takes back.
   */
  scan(bytes: Uint8Array, from: number, to: number): boolean {
    this.#bytes = bytes;
    this.#at = from;
    this.#to = to;
    this.#document++;
    this.#members = 0;
    this.#depth = 0;
    this.#skipSpace();
    if (this.#byte() !== OPEN_OBJECT) return false;
    if (!this.#scanValues()) return false;
    this.#skipSpace();
    return this.#at === to;
  }

  /** Only looks whether the first byte that is not space opens an object. */
  static opensObject(bytes: Uint8Array): boolean {
    let at = 0;
    while (at < bytes.length && (bytes[at] === 0x20 || (bytes[at]! <= 0x0d && isSpace(bytes[at]!)))) at++;
    return bytes[at] === OPEN_OBJECT;
  }

  /** The byte at hand; past the end a byte that fits nowhere. */
  #byte(): number {
    return this.#at < this.#to ? this.#bytes[this.#at]! : 0;
  }

  #skipSpace(): void {
    const bytes = this.#bytes;
    let at = this.#at;
    while (at < this.#to && isSpace(bytes[at]!)) at++;
    this.#at = at;
  }

  /** From the opening brace of the root to its closing one. */
  #scanValues(): boolean {
    let node = rootNode;
    for (;;) {
      const state = this.#value(node);
      if (state === FAILED) return false;
      if (state === OPENED) {
        // The first member or element, unless the level closes at once.
        const list = this.#lists[this.#depth - 1] === 1;
        this.#skipSpace();
        if (this.#byte() !== (list ? CLOSE_LIST : CLOSE_OBJECT)) {
          node = list ? this.#levels[this.#depth - 1]! : this.#member();
          if (node === refusedNode) return false;
          continue;
        }
      }
      node = this.#afterValue();
      if (node === ENDED) return true;
      if (node === refusedNode) return false;
    }
  }

  /** After a value: closes levels, and finds the node of the next value. */
  #afterValue(): number {
    for (;;) {
      this.#skipSpace();
      const list = this.#lists[this.#depth - 1] === 1;
      const byte = this.#byte();
      this.#at++;
      if (byte === COMMA) {
        if (list) return this.#levels[this.#depth - 1]!;
        this.#skipSpace();
        return this.#member();
      }
      if (byte !== (list ? CLOSE_LIST : CLOSE_OBJECT)) return refusedNode;
      if (--this.#depth === 0) return ENDED;
    }
  }

  /** A member name and its colon; returns its node. */
  #member(): number {
    if (this.#byte() !== QUOTE || !this.#string()) return refusedNode;
    const node = this.#fields.child(this.#levels[this.#depth - 1]!, this.#text, this.#from, this.#end);
    if (node === refusedNode) return refusedNode;
    if (node >= this.#seen.length) {
      const grown = new Uint32Array(node * 2);
      grown.set(this.#seen);
      this.#seen = grown;
    }
    if (this.#seen[node] !== this.#document) {
      this.#seen[node] = this.#document;
      if (++this.#members > documentLimits.members) return refusedNode;
    }
    this.#skipSpace();
    if (this.#byte() !== COLON) return refusedNode;
    this.#at++;
    return node;
  }

  /** One leaf, or the opening of a level. */
  #value(node: number): number {
    this.#skipSpace();
    const byte = this.#byte();
    if (byte === QUOTE) {
      if (!this.#string()) return FAILED;
      this.#sink.string(node, this.#text, this.#from, this.#end);
      return DONE;
    }
    if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      if (this.#depth === documentLimits.depth) return FAILED;
      this.#levels[this.#depth] = node;
      this.#lists[this.#depth] = byte === OPEN_LIST ? 1 : 0;
      this.#depth++;
      this.#at++;
      return OPENED;
    }
    if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return this.#number(node);
    if (byte === 0x74 && this.#literal('true')) this.#sink.boolean(node, true);
    else if (byte === 0x66 && this.#literal('false')) this.#sink.boolean(node, false);
    else if (byte !== 0x6e || !this.#literal('null')) return FAILED;
    return DONE;
  }

  #literal(word: string): boolean {
    if (this.#at + word.length > this.#to) return false;
    for (let i = 0; i < word.length; i++) if (this.#bytes[this.#at + i] !== word.charCodeAt(i)) return false;
    this.#at += word.length;
    return true;
  }

  /** A string from its opening quote; its text is a slice of the input, or lies in the scratch buffer when it has escapes. */
  #string(): boolean {
    const bytes = this.#bytes;
    const to = this.#to;
    const from = this.#at + 1;
    let at = from;
    while (at < to && stops[bytes[at]!] === 0) at++;
    if (at >= to) return false;
    if (bytes[at] === QUOTE) {
      this.#text = bytes;
      this.#from = from;
      this.#end = at;
      this.#at = at + 1;
      return true;
    }
    return bytes[at] === BACKSLASH && this.#escapedString(from, at);
  }

  #escapedString(from: number, firstEscape: number): boolean {
    const bytes = this.#bytes;
    let at = firstEscape;
    let out = at - from;
    this.#room(out + 8);
    for (let i = 0; i < out; i++) this.#scratch[i] = bytes[from + i]!;
    while (at < this.#to) {
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        this.#text = this.#scratch;
        this.#from = 0;
        this.#end = out;
        this.#at = at + 1;
        return true;
      }
      if (byte < 0x20) return false;
      if (out + 8 > this.#scratch.length) this.#room(out + 8);
      if (byte !== BACKSLASH) {
        this.#scratch[out++] = byte;
        at++;
        continue;
      }
      this.#at = at + 1;
      const codePoint = this.#escape();
      if (codePoint < 0) return false;
      out = encodeUtf8(codePoint, this.#scratch, out);
      at = this.#at;
    }
    return false;
  }

  #room(length: number): void {
    if (length <= this.#scratch.length) return;
    const grown = new Uint8Array(length * 2);
    grown.set(this.#scratch);
    this.#scratch = grown;
  }

  /** The code point of an escape after its backslash, -1 when it is none; a lone surrogate is U+FFFD. */
  #escape(): number {
    const byte = this.#byte();
    this.#at++;
    if (byte !== 0x75) return escapes.get(byte) ?? -1;
    const unit = this.#hex4(this.#at);
    if (unit < 0) return -1;
    this.#at += 4;
    if (unit < 0xd800 || unit > 0xdfff) return unit;
    if (unit > 0xdbff || this.#byte() !== BACKSLASH || this.#bytes[this.#at + 1] !== 0x75) return 0xfffd;
    const low = this.#hex4(this.#at + 2);
    if (low < 0xdc00 || low > 0xdfff) return 0xfffd;
    this.#at += 6;
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
  }

  #hex4(at: number): number {
    if (at + 4 > this.#to) return -1;
    let value = 0;
    for (let i = at; i < at + 4; i++) {
      const byte = this.#bytes[i]!;
      const digit = byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57;
      if (digit < 0 || digit > 15 || (byte > 0x39 && digit < 10)) return -1;
      value = value * 16 + digit;
    }
    return value;
  }

  #number(node: number): number {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    const negative = bytes[at] === 0x2d;
    if (negative) at++;
    const digits = at;
    let mantissa = 0;
    while (at < this.#to && isDigit(bytes[at]!)) mantissa = mantissa * 10 + (bytes[at++]! - 0x30);
    let count = at - digits;
    if (count === 0 || (count > 1 && bytes[digits] === 0x30)) return FAILED;
    let scale = 0;
    if (at < this.#to && bytes[at] === 0x2e) {
      const point = ++at;
      while (at < this.#to && isDigit(bytes[at]!)) mantissa = mantissa * 10 + (bytes[at++]! - 0x30);
      scale = at - point;
      if (scale === 0) return FAILED;
      count += scale;
    }
    let exact = count <= 15 && scale <= 22;
    if (at < this.#to && (bytes[at]! | 0x20) === 0x65) {
      at = this.#exponent(at + 1);
      if (at < 0) return FAILED;
      exact = false;
    }
    this.#at = at;
    // Mantissa and power of ten are both exact doubles, so their quotient is the nearest double.
    const value = exact ? (negative ? -mantissa : mantissa) / powersOfTen[scale]! : slowNumber(bytes, start, at);
    this.#sink.number(node, value, bytes, start, at);
    return DONE;
  }

  #exponent(from: number): number {
    let at = from;
    if (at < this.#to && (this.#bytes[at] === 0x2b || this.#bytes[at] === 0x2d)) at++;
    const digits = at;
    while (at < this.#to && isDigit(this.#bytes[at]!)) at++;
    return at === digits ? -1 : at;
  }
}

/** What `#value` found. */
const FAILED = 0;
const DONE = 1;
const OPENED = 2;

/** Of `#afterValue`: the root was closed. */
const ENDED = -2;

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function slowNumber(bytes: Uint8Array, from: number, to: number): number {
  return Number(Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1'));
}
