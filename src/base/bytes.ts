/** A copy that shares no memory. `slice` is not that: of a Buffer, which passes for a Uint8Array, it gives a view. */
export function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
