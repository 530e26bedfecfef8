/**
 * Bounds of LZ4 frames (https://github.com/lz4/lz4, doc/lz4_Frame_format.md), so that nothing is decompressed that does not fit.
 */

const MAGIC = 0x184d2204;
const FLAG_BLOCK_CHECKSUM = 0x10;
const FLAG_CONTENT_SIZE = 0x08;
const FLAG_CONTENT_CHECKSUM = 0x04;
const FLAG_DICTIONARY = 0x01;

/** One byte of a match length adds at most 255 bytes. */
const MAX_RATIO = 255;

interface Block {
  readonly start: number;
  readonly length: number;
  readonly stored: boolean;
}

interface Frame {
  readonly contentSize: number | undefined;
  readonly blockBytes: number;
  readonly blocks: readonly Block[];
}

function readFrame(bytes: Uint8Array): Frame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 11 || view.getUint32(0, true) !== MAGIC) throw new Error('not an LZ4 frame');
  const flags = bytes[4]!;
  const sizeCode = (bytes[5]! >> 4) & 7;
  if (flags >> 6 !== 1 || sizeCode < 4) throw new Error('unknown LZ4 frame version or block size');
  if ((flags & FLAG_DICTIONARY) !== 0) throw new Error('LZ4 dictionaries are not supported');
  const sized = (flags & FLAG_CONTENT_SIZE) !== 0;
  if (sized && bytes.length < 19) throw new Error('LZ4 frame is cut off');
  const contentSize = sized ? Number(view.getBigUint64(6, true)) : undefined;
  const blockBytes = 1 << (8 + 2 * sizeCode);
  const checksum = (flags & FLAG_BLOCK_CHECKSUM) === 0 ? 0 : 4;
  const trailer = (flags & FLAG_CONTENT_CHECKSUM) === 0 ? 0 : 4;
  const blocks: Block[] = [];
  for (let at = sized ? 15 : 7; ; ) {
    if (at + 4 > bytes.length) throw new Error('LZ4 frame is cut off');
    const word = view.getUint32(at, true);
    at += 4;
    if (word === 0) {
      if (at + trailer !== bytes.length) throw new Error('LZ4 frame does not end with its data');
      return { contentSize, blockBytes, blocks };
    }
    const length = word & 0x7fffffff;
    if (length > blockBytes || length + checksum > bytes.length - at) throw new Error('LZ4 block has a wrong length');
    blocks.push({ start: at, length, stored: word >= 0x80000000 });
    at += length + checksum;
  }
}

/** Bytes that one compressed block yields, by following its sequences; more than `limit` stops early. */
function blockOutput(bytes: Uint8Array, block: Block, limit: number): number {
  const end = block.start + block.length;
  let at = block.start;
  let output = 0;
  const extended = (nibble: number): number => {
    let length = nibble;
    if (nibble < 15) return length;
    for (let more = 255; more === 255; length += more) {
      if (at >= end) throw new Error('LZ4 block is cut off');
      more = bytes[at++]!;
    }
    return length;
  };
  while (at < end && output <= limit) {
    const token = bytes[at++]!;
    const literals = extended(token >> 4);
    at += literals;
    output += literals;
    if (at >= end) break; // The last sequence has literals only.
    at += 2;
    output += extended(token & 15) + 4;
  }
  return output;
}

/**
 * Whether the LZ4 frame that fills `bytes` decompresses to at most `limit` bytes. Cheap bounds decide in nearly all cases; otherwise
 * the sequences are counted, still without decompressing. Throws for what is not exactly one frame.
 */
export function lz4FrameFits(bytes: Uint8Array, limit: number): boolean {
  const frame = readFrame(bytes);
  if (frame.contentSize !== undefined && frame.contentSize > limit) return false;
  const bound = frame.blocks.reduce(
    (sum, block) => sum + (block.stored ? block.length : Math.min(frame.blockBytes, block.length * MAX_RATIO)),
    0,
  );
  if (bound <= limit) return true;
  let total = 0;
  for (const block of frame.blocks) {
    total += block.stored ? block.length : blockOutput(bytes, block, limit - total);
    if (total > limit) return false;
  }
  return true;
}
