const MAGIC = 0xfd2fb528;

/**
 * The size that the zstd frame at the start of `bytes` declares for its content (RFC 8878, section 3.1.1.1), or undefined when it declares none.
 * What does not begin with a frame is left to the decompressor to refuse.
 */
export function zstdContentSize(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 6 || view.getUint32(0, true) !== MAGIC) return undefined;
  const descriptor = bytes[4]!;
  const singleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const at = 5 + (singleSegment ? 0 : 1) + dictionaryBytes;
  const code = descriptor >> 6;
  if (code === 0 && !singleSegment) return undefined;
  const width = 1 << code;
  if (bytes.length < at + width) return undefined;
  if (code === 0) return bytes[at];
  if (code === 1) return view.getUint16(at, true) + 256;
  return code === 2 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
}
