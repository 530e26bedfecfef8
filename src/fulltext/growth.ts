/**
 * Gives the memory of an array back at once: the collector, which does not see how large it is, would leave it for long. The array is empty
 * afterwards.
 */
export function release(array: { readonly buffer: ArrayBuffer }): void {
  array.buffer.transfer(0);
}

/** Elements above which an array grows by half, not to twice its length. */
const LARGE = 512 * 1024;

function nextLength(length: number, needed: number): number {
  return Math.max(needed, length < LARGE ? length * 2 : Math.ceil(length * 1.5));
}

/** `array` with room for `length` elements: itself, or a longer copy that takes its place. */
export function lengthened(array: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  if (length <= array.length) return array;
  const grown = new Uint32Array(nextLength(array.length, length));
  grown.set(array);
  release(array);
  return grown;
}

/** The same for bytes; a whole number of 32-bit words. */
export function lengthenedBytes(array: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  if (length <= array.length) return array;
  const grown = new Uint8Array((nextLength(array.length, length) + 3) & ~3);
  grown.set(array);
  release(array);
  return grown;
}

/** The same for doubles. */
export function lengthenedDoubles(array: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  if (length <= array.length) return array;
  const grown = new Float64Array(nextLength(array.length, length));
  grown.set(array);
  release(array);
  return grown;
}
