import { RecordsError } from './errors.ts';

/** One compression. Both calls are synchronous and return a new buffer. */
export interface Codec {
  compress(bytes: Uint8Array): Uint8Array;
  /**
   * Must not allocate more than about `limit` bytes whatever the input claims. Throws any error for malformed
   * input, and one whose `code` is `DECOMPRESSED_TOO_LARGE` when the result would exceed `limit`.
   */
  decompress(bytes: Uint8Array, limit: number): Uint8Array;
}

/** The compressions of a record batch, handed in by whoever calls. */
export interface Codecs {
  readonly gzip: Codec;
  readonly snappy: Codec;
  readonly lz4: Codec;
  readonly zstd: Codec;
}

/** The `code` of the error that a codec throws when the result would pass its limit. */
export const DECOMPRESSED_TOO_LARGE = 'DECOMPRESSED_TOO_LARGE';

/** Compression types by their number in the attributes of a batch. */
export const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

export type CompressionName = (typeof COMPRESSIONS)[number];

/** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
export type Compression = 0 | 1 | 2 | 3 | 4;

/** The number of a compression name. */
export function compressionOf(name: CompressionName): Compression {
  return COMPRESSIONS.indexOf(name) as Compression;
}

function codecOf(compression: Compression, codecs: Codecs): Codec | undefined {
  const name = COMPRESSIONS[compression];
  return name === 'none' ? undefined : codecs[name];
}

/** Compresses the records of a batch; 'none' gives the bytes back. */
export function compressPayload(compression: Compression, codecs: Codecs, bytes: Uint8Array): Uint8Array {
  return codecOf(compression, codecs)?.compress(bytes) ?? bytes;
}

/**
 * Decompresses the records of a batch; 'none' gives the bytes back. Throws RecordsError MESSAGE_TOO_LARGE when the
 * result would exceed `limit` bytes, INVALID_RECORD when the bytes are malformed.
 */
export function decompressPayload(
  compression: Compression,
  codecs: Codecs,
  bytes: Uint8Array,
  limit: number,
): Uint8Array {
  const codec = codecOf(compression, codecs);
  if (codec === undefined) return bytes;
  try {
    return codec.decompress(bytes, limit);
  } catch (cause) {
    const tooLarge = (cause as { code?: unknown } | undefined)?.code === DECOMPRESSED_TOO_LARGE;
    // Not CORRUPT_MESSAGE, which asks a producer to send the same again.
    const kind = tooLarge ? 'MESSAGE_TOO_LARGE' : 'INVALID_RECORD';
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RecordsError(kind, `cannot decompress ${COMPRESSIONS[compression]} records: ${reason}`, [], { cause });
  }
}
