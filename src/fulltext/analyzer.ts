import { type TokenSink, tokenize, tokenRoom } from './tokenizer.ts';
import { decodeUtf8, encodeUtf8, lowerOf, utf8Width } from './unicode.ts';

/** What turned a field's text into terms; kept per field in a text segment. */
export interface Analyzer {
  readonly name: string;
  readonly version: number;
}

/** Unicode words in simple lower case, CJK as bigrams, no stop words, no stems. A change of its terms raises the version. */
export const standardAnalyzer: Analyzer = { name: 'standard', version: 1 };

/** The whole value as one term: fields that hold base64 have no words. */
export const keywordAnalyzer: Analyzer = { name: 'keyword', version: 1 };

/** True for a field that has exact values only. */
export function isExactField(name: string): boolean {
  return name === 'message_base64' || (name.startsWith('_kafka.') && name.endsWith('_base64'));
}

const encoder = new TextEncoder();

/** The terms of the `standard` analyzer in `text`, in order. */
export function analyze(text: string): Uint8Array[] {
  const bytes = encoder.encode(text.isWellFormed() ? text : text.toWellFormed());
  const out = new Uint8Array(tokenRoom(bytes.length));
  const terms: Uint8Array[] = [];
  const sink: TokenSink = {
    token(from, to) {
      terms.push(out.slice(from, to));
      return from;
    },
  };
  tokenize(bytes, 0, bytes.length, out, 0, sink);
  return terms;
}

/** Simple lower case of a whole string, as the analyzer does it to each character. */
export function lowerCase(text: string): string {
  const bytes = encoder.encode(text.toWellFormed());
  const out = new Uint8Array(bytes.length * 2 + 4);
  let end = 0;
  for (let i = 0; i < bytes.length; i += utf8Width(bytes[i]!)) {
    end = encodeUtf8(lowerOf(decodeUtf8(bytes, i, bytes.length)), out, end);
  }
  return Buffer.from(out.buffer, 0, end).toString('utf8');
}

/** A string key for term bytes (one character a byte). */
export function termKey(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** Order of terms: by bytes, which is the order of code points; the shorter first. */
export function compareTerms(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}
