/** Word-break classes of the `standard` analyzer, after Unicode Annex 29 (word boundaries), reduced to what tells words apart. */
export const wordClass = {
  other: 0,
  letter: 1,
  digit: 2,
  /** Connects like `_`: joins letters and digits, but is no word by itself. */
  connector: 3,
  /** Joins two letters (U+00B7 …). */
  midLetter: 4,
  /** Joins two digits (`,` `;`). */
  midNumber: 5,
  /** Joins two letters or two digits (`.` `'`). */
  midBoth: 6,
  /** Combining marks and format characters: part of the word before. */
  mark: 7,
  /** Han, Hiragana, Katakana, Hangul: indexed as bigrams. */
  cjk: 8,
  /** Only in the table of bytes: the first byte of a character beyond ASCII. */
  beyondAscii: 9,
} as const;

const PAGE = 256;
const classPages: (Uint8Array | undefined)[] = new Array(0x110000 / PAGE);
const lowerPages: (Uint32Array | undefined)[] = new Array(0x110000 / PAGE);

const CJK = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\u30fc\uff70]/u;
const LETTER = /[\p{L}\p{Nl}]/u;
const MARK = /[\p{M}\p{Cf}]/u;
const MID_LETTER = '\u00b7\u0387\u055f\u05f4\u2027\ufe13\ufe55\uff1a';
const MID_NUMBER = ',;\u037e\u0589\u060c\u060d\u066c\u07f8\u2044\ufe10\ufe14\ufe50\ufe54\uff0c\uff1b';
const MID_BOTH = ".'\u2018\u2019\u2024\ufe52\uff07\uff0e";

function classify(character: string): number {
  if (LETTER.test(character)) return CJK.test(character) ? wordClass.cjk : wordClass.letter;
  if (/\p{Nd}/u.test(character)) return wordClass.digit;
  if (/\p{Pc}/u.test(character)) return wordClass.connector;
  if (MID_LETTER.includes(character)) return wordClass.midLetter;
  if (MID_NUMBER.includes(character)) return wordClass.midNumber;
  if (MID_BOTH.includes(character)) return wordClass.midBoth;
  if (character !== '\u200b' && MARK.test(character)) return wordClass.mark;
  return wordClass.other;
}

/** The class of a code point. Tables of 256 code points are made when first needed. */
export function classOf(codePoint: number): number {
  const index = codePoint >>> 8;
  let page = classPages[index];
  if (page === undefined) {
    page = new Uint8Array(PAGE);
    for (let i = 0; i < PAGE; i++) page[i] = classify(String.fromCodePoint((index << 8) | i));
    classPages[index] = page;
  }
  return page[codePoint & 0xff]!;
}

/** Simple lower case: one code point for one. */
export function lowerOf(codePoint: number): number {
  const index = codePoint >>> 8;
  let page = lowerPages[index];
  if (page === undefined) {
    page = new Uint32Array(PAGE);
    for (let i = 0; i < PAGE; i++) {
      page[i] = String.fromCodePoint((index << 8) | i)
        .toLowerCase()
        .codePointAt(0)!;
    }
    lowerPages[index] = page;
  }
  return page[codePoint & 0xff]!;
}

/** By byte: its class in the high 8 bits, and its ASCII lower case in the low 8. */
export const byteInfo: Uint16Array = Uint16Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x80) return (wordClass.beyondAscii << 8) | byte;
  return (classOf(byte) << 8) | lowerOf(byte);
});

/** Bytes of the UTF-8 character that starts with `first`. */
export function utf8Width(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

/** The code point at `at` of valid UTF-8; bytes past `to` count as zero, so that a cut character does no harm. */
export function decodeUtf8(bytes: Uint8Array, at: number, to: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return first;
  const second = at + 1 < to ? bytes[at + 1]! & 0x3f : 0;
  if (first < 0xe0) return ((first & 0x1f) << 6) | second;
  const third = at + 2 < to ? bytes[at + 2]! & 0x3f : 0;
  if (first < 0xf0) return ((first & 0x0f) << 12) | (second << 6) | third;
  const fourth = at + 3 < to ? bytes[at + 3]! & 0x3f : 0;
  const codePoint = ((first & 0x07) << 18) | (second << 12) | (third << 6) | fourth;
  return codePoint > 0x10ffff ? 0xfffd : codePoint;
}

/** Writes a code point as UTF-8 and returns the position after it. `out` must have 4 bytes of room. */
export function encodeUtf8(codePoint: number, out: Uint8Array, at: number): number {
  if (codePoint < 0x80) {
    out[at] = codePoint;
    return at + 1;
  }
  if (codePoint < 0x800) {
    out[at] = 0xc0 | (codePoint >> 6);
    out[at + 1] = 0x80 | (codePoint & 0x3f);
    return at + 2;
  }
  if (codePoint < 0x10000) {
    out[at] = 0xe0 | (codePoint >> 12);
    out[at + 1] = 0x80 | ((codePoint >> 6) & 0x3f);
    out[at + 2] = 0x80 | (codePoint & 0x3f);
    return at + 3;
  }
  out[at] = 0xf0 | (codePoint >> 18);
  out[at + 1] = 0x80 | ((codePoint >> 12) & 0x3f);
  out[at + 2] = 0x80 | ((codePoint >> 6) & 0x3f);
  out[at + 3] = 0x80 | (codePoint & 0x3f);
  return at + 4;
}
