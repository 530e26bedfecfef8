/** How much longer an array is made when it is full. */
const FACTOR = 4;

/**
 * `array` with room for `length` elements. It is made much longer than needed: memory that was never written costs address space
 * only, while each move costs a copy and fresh pages. What is in use is therefore counted by elements, not by length.
 */
export function lengthened(array: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  if (length <= array.length) return array;
  const grown = new Uint32Array(Math.max(length, array.length * FACTOR));
  grown.set(array);
  return grown;
}

/** The same for bytes; a whole number of 32-bit words. */
export function lengthenedBytes(array: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  if (length <= array.length) return array;
  const grown = new Uint8Array((Math.max(length, array.length * FACTOR) + 3) & ~3);
  grown.set(array);
  return grown;
}

/** The same for doubles. */
export function lengthenedDoubles(array: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  if (length <= array.length) return array;
  const grown = new Float64Array(Math.max(length, array.length * FACTOR));
  grown.set(array);
  return grown;
}
