import { createBloomFilter, optimalNumBytes, sbbfInsert } from 'hyparquet-writer/src/bloom.js';
import { xxhash64 } from 'hyparquet/src/xxhash.js';
import type { FrozenMemtable } from './memtable.ts';

const FALSE_POSITIVES = 0.01;
const MAX_BYTES = 1024 * 1024;

/** A split-block bloom filter over the keys of `rows`; undefined when no row has a key, or the filter would be too large to be worth its bytes. */
export function bloomOfKeys(frozen: FrozenMemtable, rows: Uint32Array): Uint32Array | undefined {
  const hashes = new Set<bigint>();
  let last: Uint8Array | undefined;
  for (const row of rows) {
    const key = frozen.key(row);
    if (key === null || (last !== undefined && Buffer.compare(key, last) === 0)) continue;
    hashes.add(xxhash64(key));
    last = key;
  }
  if (hashes.size === 0 || optimalNumBytes(hashes.size, FALSE_POSITIVES) > MAX_BYTES) return undefined;
  const blocks = createBloomFilter(hashes.size, FALSE_POSITIVES);
  for (const hash of hashes) sbbfInsert(blocks, hash);
  return blocks;
}
