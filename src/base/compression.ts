import { createRequire } from 'node:module';
import * as zlib from 'node:zlib';
import { DecompressionLimit } from './compression-limit.ts';
import { compressSnappy, decompressSnappy } from './compression-snappy.ts';
import { lz4FrameFits } from './compression-lz4.ts';
import { type ZstdFrame, zstdFrames } from './compression-zstd.ts';

/** One compression. Synchronous; `decompress` never allocates much more than `limit` bytes, whatever the input claims. */
export interface CompressionCodec {
  compress(bytes: Uint8Array): Uint8Array;
  /** Throws DecompressionLimit when the result would exceed `limit` bytes, any other error for malformed input. */
  decompress(bytes: Uint8Array, limit: number): Uint8Array;
}

const require = createRequire(import.meta.url);

const lz4 = require('lz4-napi') as {
  compressFrameSync(data: Buffer): Buffer;
  decompressFrameSync(data: Buffer): Buffer;
};

/** What we use of the optional `zstd-napi`, which decompresses about twice as fast as Node's own. */
interface ZstdNative {
  decompress(data: Uint8Array): Uint8Array;
}

function loadZstdNative(): ZstdNative | undefined {
  try {
    return require('zstd-napi') as ZstdNative;
  } catch {
    return undefined; // Not installed: Node's own zstd takes over.
  }
}

const zstdNative = loadZstdNative();

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Output that zlib produces in one piece when it fits; larger output costs a copy, smaller input no large buffer. */
function chunkSize(expected: number, limit: number): number {
  return Math.max(1024, Math.min(expected, limit, 1 << 18));
}

function limited(run: () => Uint8Array, limit: number): Uint8Array {
  try {
    return run();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new DecompressionLimit(limit);
    throw error;
  }
}

const gzip: CompressionCodec = {
  compress: (bytes) => zlib.gzipSync(bytes),
  decompress(bytes, limit) {
    const options = { maxOutputLength: Math.max(1, limit), chunkSize: chunkSize(bytes.length * 4, limit) };
    return limited(() => zlib.gunzipSync(bytes, options), limit);
  },
};

const snappy: CompressionCodec = { compress: compressSnappy, decompress: decompressSnappy };

const lz4Codec: CompressionCodec = {
  compress: (bytes) => lz4.compressFrameSync(asBuffer(bytes)),
  decompress(bytes, limit) {
    if (!lz4FrameFits(bytes, limit)) throw new DecompressionLimit(limit);
    return lz4.decompressFrameSync(asBuffer(bytes));
  },
};

/** A frame may ask for a window of up to 2^31 bytes; Kafka's clients stay at or below 2^27. */
function zstdWindow(limit: number): number {
  return Math.min(27, Math.max(23, Math.ceil(Math.log2(limit + 1))));
}

function zstdByNode({ bytes, contentSize }: ZstdFrame, limit: number): Uint8Array {
  const options = {
    maxOutputLength: Math.max(1, limit),
    chunkSize: chunkSize(contentSize ?? bytes.length * 4, limit),
    params: { [zlib.constants.ZSTD_d_windowLogMax]: zstdWindow(limit) },
  };
  return limited(() => zlib.zstdDecompressSync(bytes, options), limit);
}

function decompressFrame(frame: ZstdFrame, limit: number): Uint8Array {
  const { bytes, contentSize } = frame;
  if (contentSize !== undefined && contentSize > limit) throw new DecompressionLimit(limit);
  // The native one has no limit of its own, so it is given only what declares its size.
  if (zstdNative === undefined || contentSize === undefined) return zstdByNode(frame, limit);
  return zstdNative.decompress(bytes);
}

const zstd: CompressionCodec = {
  compress: (bytes) => zlib.zstdCompressSync(bytes),
  decompress(bytes, limit) {
    const [first, ...others] = zstdFrames(bytes);
    const parts = [decompressFrame(first!, limit)];
    let left = limit - parts[0]!.length;
    for (const frame of others) {
      const part = decompressFrame(frame, left);
      left -= part.length;
      parts.push(part);
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  },
};

/** The compressions of record batches: gzip, snappy (raw and xerial framing), LZ4 frames, zstd. */
export const codecs = { gzip, snappy, lz4: lz4Codec, zstd } as const;
