import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import { compressFrameSync, decompressFrameSync } from 'lz4-napi';
import { compressSync, uncompressSync } from 'snappy';

interface Encoded {
  readonly buffer: Buffer;
}

/** Magic of the framing around snappy blocks that Java clients write. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);

function unsnappy(data: Buffer): Buffer {
  if (!data.subarray(0, 8).equals(XERIAL)) return Buffer.from(uncompressSync(data) as Buffer);
  const blocks: Buffer[] = [];
  for (let at = 16; at < data.length; ) {
    const length = data.readInt32BE(at);
    blocks.push(uncompressSync(data.subarray(at + 4, at + 4 + length)) as Buffer);
    at += 4 + length;
  }
  return Buffer.concat(blocks);
}

function codec(compress: (data: Buffer) => Buffer, decompress: (data: Buffer) => Buffer): () => object {
  return () => ({
    compress: async (encoder: Encoded) => compress(encoder.buffer),
    decompress: async (data: Buffer) => decompress(data),
  });
}

/** kafkajs brings gzip; the others are given to it by its users. */
export function registerCodecs(): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs;
  Object.assign(CompressionCodecs, {
    [CompressionTypes.Snappy]: codec((data) => compressSync(data), unsnappy),
    [CompressionTypes.LZ4]: codec((data) => compressFrameSync(data), decompressFrameSync),
    [CompressionTypes.ZSTD]: codec((data) => zstdCompressSync(data), zstdDecompressSync),
  });
}
