import type { ByteReader, ByteWriter } from './bytes.ts';

/** How a set of documents is stored. */
const ALL = 0;
const DELTAS = 1;
const BITS = 2;

/** Writes a set of documents (ascending, below `total`) in the smallest of three forms. */
export function writeDocumentSet(out: ByteWriter, documents: Uint32Array, total: number): void {
  out.varint(documents.length);
  if (documents.length === total) {
    out.byte(ALL);
    return;
  }
  if (documents.length * 8 > total) {
    out.byte(BITS);
    const bits = new Uint8Array((total + 7) >> 3);
    for (const document of documents) bits[document >> 3]! |= 1 << (document & 7);
    out.raw(bits);
    return;
  }
  out.byte(DELTAS);
  let previous = -1;
  for (const document of documents) {
    out.varint(document - previous - 1);
    previous = document;
  }
}

/** Reads a set of documents. */
export function readDocumentSet(input: ByteReader, total: number): Uint32Array {
  const count = input.upTo(total, 'number of documents');
  const form = input.byte();
  if (form === ALL) {
    if (count !== total) input.fail('has a wrong number of documents in a set');
    return everyDocument(total);
  }
  if (form === BITS) return readBits(input.raw((total + 7) >> 3), count, total, input);
  if (form !== DELTAS) input.fail(`has a document set of unknown form ${form}`);
  if (count > input.remaining) input.fail('ends too early');
  const documents = new Uint32Array(count);
  let previous = -1;
  for (let i = 0; i < count; i++) {
    previous += input.varint() + 1;
    if (previous >= total) input.fail('has a document beyond the last one');
    documents[i] = previous;
  }
  return documents;
}

function readBits(bits: Uint8Array, count: number, total: number, input: ByteReader): Uint32Array {
  const documents = new Uint32Array(count);
  let found = 0;
  for (let document = 0; document < total; document++) {
    if ((bits[document >> 3]! & (1 << (document & 7))) === 0) continue;
    if (found === count) input.fail('has a wrong number of documents in a set');
    documents[found++] = document;
  }
  if (found !== count) input.fail('has a wrong number of documents in a set');
  return documents;
}

/** 0, 1, … total − 1. */
export function everyDocument(total: number): Uint32Array {
  const documents = new Uint32Array(total);
  for (let i = 0; i < total; i++) documents[i] = i;
  return documents;
}

/** First index of ascending `values` whose value is at least `wanted`. */
export function lowerBound(
  values: { readonly length: number; readonly [index: number]: number },
  wanted: number,
): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The documents of a bit set. */
export function documentsOf(bits: Uint32Array): Uint32Array {
  let count = 0;
  for (const word of bits) count += ones(word);
  const documents = new Uint32Array(count);
  let at = 0;
  for (let word = 0; word < bits.length; word++) {
    for (let rest = bits[word]!; rest !== 0; rest &= rest - 1) {
      documents[at++] = word * 32 + 31 - Math.clz32(rest & -rest);
    }
  }
  return documents;
}

/** Bits set in a 32-bit word. */
function ones(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The union of two ascending sets. */
export function mergeDocuments(a: Uint32Array, b: Uint32Array): Uint32Array {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const merged = new Uint32Array(a.length + b.length);
  let length = 0;
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const x = i < a.length ? a[i]! : 0xffffffff;
    const y = j < b.length ? b[j]! : 0xffffffff;
    merged[length++] = Math.min(x, y);
    if (x <= y) i++;
    if (y <= x) j++;
  }
  return merged.subarray(0, length);
}
