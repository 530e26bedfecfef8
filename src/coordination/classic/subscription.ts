/**
 * The topics of a consumer's subscription (`ConsumerProtocolSubscription`: int16 version, then an array of strings; every
 * later version begins like version 0). Undefined when the bytes are something else.
 */
export function subscribedTopicsOf(metadata: Uint8Array): string[] | undefined {
  const view = new DataView(metadata.buffer, metadata.byteOffset, metadata.byteLength);
  if (metadata.byteLength < 6 || view.getInt16(0) < 0) return undefined;
  const count = view.getInt32(2);
  // Every topic takes at least its length, so that a giant count is refused before anything is built from it.
  if (count < 0 || count * 2 > metadata.byteLength) return undefined;
  const topics: string[] = [];
  let at = 6;
  for (let i = 0; i < count; i++) {
    if (at + 2 > metadata.byteLength) return undefined;
    const length = view.getInt16(at);
    at += 2;
    if (length < 0 || at + length > metadata.byteLength) return undefined;
    topics.push(Buffer.from(metadata.buffer, metadata.byteOffset + at, length).toString('utf8'));
    at += length;
  }
  return topics;
}
