import { createRequire } from 'node:module';
import { DecompressionLimit } from './compression-limit.ts';

const require = createRequire(import.meta.url);

const native = require('snappy') as {
  compressSync(input: Uint8Array, options?: { copyOutputData: boolean }): Buffer;
  uncompressSync(input: Uint8Array, options?: { asBuffer: true; copyOutputData: boolean }): Buffer;
};

/** Header of the framing of xerial's snappy-java, which Kafka's Java clients write: magic, version 1, compatible version 1. */
const XERIAL_HEADER = Uint8Array.of(0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1);
const XERIAL_MAGIC_BYTES = 8;
const XERIAL_BLOCK_BYTES = 32 * 1024;

/** A copy element yields at most 64 bytes out of 2. */
const MAX_RATIO = 32;

/** Raw output of small inputs is cheaper to copy than to hand over as external memory. */
const COPY = { copyOutputData: true } as const;
const COPY_OUT = { asBuffer: true, copyOutputData: true } as const;

function isXerial(bytes: Uint8Array): boolean {
  if (bytes.length < XERIAL_HEADER.length) return false;
  for (let i = 0; i < XERIAL_MAGIC_BYTES; i++) if (bytes[i] !== XERIAL_HEADER[i]) return false;
  return true;
}

/** The length that a raw snappy block says it has when uncompressed (varint at its start). */
function rawLength(bytes: Uint8Array): number {
  let length = 0;
  let scale = 1;
  for (let i = 0; i < 5 && i < bytes.length; i++) {
    const next = bytes[i]!;
    length += (next & 0x7f) * scale;
    if (next < 0x80) {
      if (length > bytes.length * MAX_RATIO) throw new Error('snappy block claims more than it can hold');
      return length;
    }
    scale *= 128;
  }
  throw new Error('snappy block has no length');
}

/** The raw blocks inside xerial framing, as slices. Throws when they would exceed `limit` bytes together. */
function xerialBlocks(bytes: Uint8Array, limit: number): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks: Uint8Array[] = [];
  let total = 0;
  for (let at = XERIAL_HEADER.length; at < bytes.length; ) {
    if (at + 4 > bytes.length) throw new Error('xerial block is cut off');
    const length = view.getInt32(at);
    const start = at + 4;
    if (length <= 0 || length > bytes.length - start) throw new Error('xerial block has a wrong length');
    const block = bytes.subarray(start, start + length);
    total += rawLength(block);
    if (total > limit) throw new DecompressionLimit(limit);
    blocks.push(block);
    at = start + length;
  }
  return blocks;
}

/** Uncompresses raw snappy or xerial framing. Throws DecompressionLimit, or an error for malformed input. */
export function decompressSnappy(bytes: Uint8Array, limit: number): Uint8Array {
  if (!isXerial(bytes)) {
    if (rawLength(bytes) > limit) throw new DecompressionLimit(limit);
    return native.uncompressSync(bytes, COPY_OUT);
  }
  const blocks = xerialBlocks(bytes, limit).map((block) => native.uncompressSync(block, COPY_OUT));
  return blocks.length === 1 ? blocks[0]! : Buffer.concat(blocks);
}

/** Compresses into xerial framing, as a Kafka broker does: every client reads it. */
export function compressSnappy(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [XERIAL_HEADER];
  for (let at = 0; at < bytes.length; at += XERIAL_BLOCK_BYTES) {
    const block = native.compressSync(bytes.subarray(at, at + XERIAL_BLOCK_BYTES), COPY);
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}
