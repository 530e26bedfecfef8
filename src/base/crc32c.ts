import { createRequire } from 'node:module';

/** CRC-32C of `bytes`, continuing from `previous` (0 for a new one). An unsigned 32-bit integer. */
export type Crc32c = (bytes: Uint8Array, previous?: number) => number;

const require = createRequire(import.meta.url);

function loadNative(): Crc32c | undefined {
  try {
    const native = require('@node-rs/crc32') as { crc32c(bytes: Uint8Array, previous?: number): number };
    return (bytes, previous = 0) => native.crc32c(bytes, previous);
  } catch {
    return undefined; // No binary for this platform: the pure JavaScript package takes over.
  }
}

function loadPure(): Crc32c {
  const pure = require('crc-32/crc32c.js') as { buf(bytes: Uint8Array, seed?: number): number };
  return (bytes, previous = 0) => pure.buf(bytes, previous | 0) >>> 0;
}

/** The pure JavaScript implementation, kept for platforms without a native one and as the test oracle. */
const crc32cPure: Crc32c = loadPure();

/** CRC-32C (Castagnoli), as Kafka's record batches and our own files use it. */
export const crc32c: Crc32c = loadNative() ?? crc32cPure;
