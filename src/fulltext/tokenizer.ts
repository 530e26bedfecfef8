import { byteInfo, classOf, decodeUtf8, encodeUtf8, lowerOf, utf8Width, wordClass } from './unicode.ts';

/** Takes tokens as the tokenizer finds them. */
export interface TokenSink {
  /** A token lies in the output at [from, to). Returns where the next token is to be written: `from` to give the room back. */
  token(from: number, to: number): number;
}

/** Longest token in UTF-16 units; a longer word is split there, as Lucene's StandardAnalyzer does. */
const maxTokenLength = 255;

/** Room in the output that the tokens of `length` bytes of text can take when every one is kept, each from a multiple of 4 on. */
export function tokenRoom(length: number): number {
  return length * 4 + 16;
}

const firstWordEntry = wordClass.letter << 8;
const connectorEntry = wordClass.connector << 8;
const endWordEntry = (wordClass.connector + 1) << 8;
const beyondEntry = wordClass.beyondAscii << 8;

/**
 * Splits UTF-8 text into the words of the `standard` analyzer: Unicode words in simple lower case, CJK as bigrams, no stop words,
 * no stems. Tokens are written to `out` from `at`; nothing else is allocated.
 */
export function tokenize(
  bytes: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
  at: number,
  sink: TokenSink,
): void {
  const info = byteInfo; // A local: a load from the module's scope at each byte costs as much as the rest of the loop.
  let start = at;
  let i = from;
  while (i < to) {
    let entry = info[bytes[i]!]!;
    if (entry < firstWordEntry) {
      i++;
      continue;
    }
    const begin = i;
    let write = start;
    let lowest = entry; // Connectors have the highest class, and alone are no word.
    while (entry >= firstWordEntry && entry < endWordEntry) {
      out[write++] = entry; // Its low byte is the lower case.
      if (entry < lowest) lowest = entry;
      entry = ++i < to ? info[bytes[i]!]! : 0;
    }
    const joint =
      entry >= firstWordEntry && (entry >= beyondEntry || (i + 1 < to && info[bytes[i + 1]!]! >= firstWordEntry));
    if (joint || write - start > maxTokenLength) {
      state.start = start;
      i = tokenizeCharacters(bytes, begin, to, out, sink);
      start = state.start;
      continue;
    }
    if (lowest < connectorEntry) start = sink.token(start, write);
    i++;
  }
}

/** The word that the character loop is in; module-level so that no object is made for it. */
const state = { start: 0, write: 0, word: false, previous: 0 };

/**
 * The loop for words that are not just ASCII letters and digits between spaces: character by character from `from`, where no word is open,
 * until a character that is in no word. Returns the position after it; `state.start` is where the next token goes.
 */
function tokenizeCharacters(bytes: Uint8Array, from: number, to: number, out: Uint8Array, sink: TokenSink): number {
  let i = from;
  openWord();
  while (i < to) {
    const codePoint = decodeUtf8(bytes, i, to);
    const kind = classOf(codePoint);
    if (kind === wordClass.cjk) {
      finishWord(sink);
      i = tokenizeCjk(bytes, i, to, out, sink);
      continue;
    }
    i = Math.min(to, i + utf8Width(bytes[i]!));
    if (kind === wordClass.letter || kind === wordClass.digit || kind === wordClass.connector) {
      append(lowerOf(codePoint), out, sink);
      if (kind !== wordClass.connector) state.word = true;
      state.previous = kind;
    } else if (state.write > state.start && kind === wordClass.mark) {
      append(codePoint, out, sink);
    } else if (state.write > state.start && kind !== wordClass.other && joins(kind, state.previous, bytes, i, to)) {
      append(codePoint, out, sink);
      state.previous = kind;
    } else {
      finishWord(sink);
      return i;
    }
  }
  finishWord(sink);
  return i;
}

function openWord(): void {
  state.write = state.start;
  state.word = false;
  state.previous = 0;
}

/** True when a character of class `kind` between `previous` and the character at `next` joins both into one word. */
function joins(kind: number, previous: number, bytes: Uint8Array, next: number, to: number): boolean {
  if (previous !== wordClass.letter && previous !== wordClass.digit) return false;
  if (previous === wordClass.letter ? kind === wordClass.midNumber : kind === wordClass.midLetter) return false;
  let at = next;
  while (at < to) {
    const byte = bytes[at]!;
    const following = byte < 0x80 ? byteInfo[byte]! >> 8 : classOf(decodeUtf8(bytes, at, to));
    if (following !== wordClass.mark) return following === previous;
    at += utf8Width(byte);
  }
  return false;
}

function append(codePoint: number, out: Uint8Array, sink: TokenSink): void {
  const end = encodeUtf8(codePoint, out, state.write);
  if (end - state.start > maxTokenLength && units(out, state.start, end) > maxTokenLength) {
    finishWord(sink);
    state.word = classOf(codePoint) < wordClass.connector;
    state.write = encodeUtf8(codePoint, out, state.start);
    return;
  }
  state.write = end;
}

/** UTF-16 units of the UTF-8 in out[from, to). */
function units(out: Uint8Array, from: number, to: number): number {
  let count = 0;
  for (let i = from; i < to; i++) {
    const byte = out[i]!;
    if ((byte & 0xc0) !== 0x80) count += byte >= 0xf0 ? 2 : 1;
  }
  return count;
}

function finishWord(sink: TokenSink): void {
  if (state.word) state.start = sink.token(state.start, state.write);
  openWord();
}

/** A run of CJK characters: its bigrams, or the one character that stands alone. Marks inside are dropped. */
function tokenizeCjk(bytes: Uint8Array, from: number, to: number, out: Uint8Array, sink: TokenSink): number {
  let previous = -1;
  let pairs = 0;
  let i = from;
  while (i < to && bytes[i]! >= 0x80) {
    const codePoint = decodeUtf8(bytes, i, to);
    const kind = classOf(codePoint);
    if (kind !== wordClass.cjk && kind !== wordClass.mark) break;
    i += utf8Width(bytes[i]!);
    if (kind === wordClass.mark) continue;
    if (previous >= 0) {
      emitCjk(previous, codePoint, out, sink);
      pairs++;
    }
    previous = codePoint;
  }
  if (pairs === 0) emitCjk(previous, -1, out, sink);
  return Math.min(i, to);
}

function emitCjk(first: number, second: number, out: Uint8Array, sink: TokenSink): void {
  let end = encodeUtf8(first, out, state.start);
  if (second >= 0) end = encodeUtf8(second, out, end);
  state.start = sink.token(state.start, end);
  state.write = state.start;
}
