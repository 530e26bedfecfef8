import type { ByteReader, ByteWriter } from './bytes.ts';
import { type NumberBlock, textFormat } from './format.ts';

/** Numbers of one field, ascending; `documents[i]` holds `values[i]`. */
export interface SortedNumbers {
  readonly values: Float64Array;
  readonly documents: Uint32Array;
}

/** Below this a plain sort is quicker. */
const RADIX_FROM = 2048;

/** Sorts values with their documents: by value, then document. */
export function sortNumbers(values: Float64Array, documents: Uint32Array): SortedNumbers {
  const order = values.length < RADIX_FROM ? compareSort(values) : radixSort(values);
  const sorted = { values: new Float64Array(order.length), documents: new Uint32Array(order.length) };
  for (let i = 0; i < order.length; i++) {
    sorted.values[i] = values[order[i]!]! + 0; // No negative zero.
    sorted.documents[i] = documents[order[i]!]!;
  }
  return sorted;
}

function compareSort(values: Float64Array): Uint32Array {
  const order = new Uint32Array(values.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  return order.sort((a, b) => values[a]! - values[b]! || a - b);
}

/** Least-significant-digit radix sort over the bits of the doubles, made to order as unsigned integers; stable. */
function radixSort(values: Float64Array): Uint32Array {
  const count = values.length;
  const words = new Uint32Array(values.map((value) => value + 0).buffer);
  const keys = [new Uint32Array(count), new Uint32Array(count)];
  for (let i = 0; i < count; i++) {
    const high = words[2 * i + 1]!;
    const flip = high >>> 31 === 1 ? 0xffffffff : 0;
    keys[0]![i] = words[2 * i]! ^ flip;
    keys[1]![i] = high ^ (flip === 0 ? 0x80000000 : flip);
  }
  let order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  let spare = new Uint32Array(count);
  for (let digit = 0; digit < 4; digit++) {
    if (scatter(keys[digit >> 1]!, (digit & 1) * 16, order, spare)) [order, spare] = [spare, order];
  }
  return order;
}

/** One pass; false when all have the same digit, and nothing was moved. */
function scatter(keys: Uint32Array, shift: number, from: Uint32Array, to: Uint32Array): boolean {
  const starts = new Uint32Array(65537);
  for (let i = 0; i < keys.length; i++) starts[((keys[i]! >>> shift) & 0xffff) + 1]!++;
  if (starts[((keys[0]! >>> shift) & 0xffff) + 1] === keys.length) return false;
  for (let i = 0; i < 65536; i++) starts[i + 1]! += starts[i]!;
  for (let i = 0; i < from.length; i++) {
    const digit = (keys[from[i]!]! >>> shift) & 0xffff;
    to[starts[digit]!++] = from[i]!;
  }
  return true;
}

/** The form of a block whose values are raw doubles; smaller forms are the power of ten by which the values are integers. */
const DOUBLES = 5;
const scales = [1, 10, 100, 1000, 10000];
const maxInteger = 2 ** 50;

/** Writes sorted numbers as blocks; returns what the directory says of them, positions relative to `out`. */
export function writeNumberBlocks(out: ByteWriter, { values, documents }: SortedNumbers): NumberBlock[] {
  const blocks: NumberBlock[] = [];
  for (let from = 0; from < values.length; from += textFormat.columnBlock) {
    const to = Math.min(values.length, from + textFormat.columnBlock);
    const position = out.length;
    writeValues(out, values.subarray(from, to));
    for (let i = from; i < to; i++) out.varint(documents[i]!);
    const bounds = { low: values[from]!, high: values[to - 1]! };
    blocks.push({ position, length: out.length - position, count: to - from, ...bounds });
  }
  return blocks;
}

function writeValues(out: ByteWriter, values: Float64Array): void {
  const form = scales.findIndex((scale) => values.every((value) => fits(value, scale)));
  if (form < 0) {
    out.byte(DOUBLES);
    for (const value of values) out.double(value);
    return;
  }
  out.byte(form);
  let previous = 0;
  for (const value of values) {
    const integer = Math.round(value * scales[form]!);
    out.signed(integer - previous);
    previous = integer;
  }
}

function fits(value: number, scale: number): boolean {
  const integer = Math.round(value * scale);
  return Math.abs(integer) < maxInteger && integer / scale === value;
}

/** Reads one block. */
export function readNumberBlock(input: ByteReader, count: number, total: number): SortedNumbers {
  const form = input.byte();
  if (count > input.remaining) input.fail('ends too early');
  const values = new Float64Array(count);
  if (form === DOUBLES) for (let i = 0; i < count; i++) values[i] = input.double();
  else {
    const scale = scales[form] ?? input.fail(`has a number block of unknown form ${form}`);
    let integer = 0;
    for (let i = 0; i < count; i++) {
      integer += input.signed();
      values[i] = integer / scale;
    }
  }
  const documents = new Uint32Array(count);
  for (let i = 0; i < count; i++) documents[i] = input.upTo(total - 1, 'document');
  return { values, documents };
}
