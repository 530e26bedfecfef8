const owned = new WeakSet<ArrayBufferLike>();

/**
 * Bytes whose memory nobody but their holder knows: a channel moves them to another thread instead of copying them, and `giveBack` frees them. V8 collects
 * everything each time that some 32 MiB of buffers came together, whatever became of them: where data flows through, that is most of what it costs.
 */
export function ownedBytes(length: number): Buffer<ArrayBuffer> {
  return own(Buffer.allocUnsafeSlow(length));
}

/** The same of bytes that are there already, and fill their memory or have it for themselves. */
export function own<Bytes extends Uint8Array>(bytes: Bytes): Bytes {
  owned.add(bytes.buffer);
  return bytes;
}

export function isOwned(value: unknown): value is Uint8Array<ArrayBuffer> {
  return value instanceof Uint8Array && owned.has(value.buffer);
}

/** Frees the memory; the bytes, and all views of them, are empty afterwards. Bytes that are not owned stay as they are. */
export function giveBack(bytes: Uint8Array): void {
  if (isOwned(bytes) && owned.delete(bytes.buffer)) bytes.buffer.transfer(0);
}
