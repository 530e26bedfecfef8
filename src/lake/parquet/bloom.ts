import { createBloomFilter, optimalNumBytes } from 'hyparquet-writer/src/bloom.js';
import type { FrozenMemtable } from './memtable.ts';
import { xxhash64 } from './xxhash.ts';

const FALSE_POSITIVES = 0.01;
const MAX_BYTES = 1024 * 1024;
/** One for each of the eight words of a block, as Parquet's specification has them. */
const SALT = Uint32Array.of(
  0x47b6137b,
  0x44974d91,
  0x8824ad5b,
  0xa2b7289d,
  0x705495c7,
  0x2df1424b,
  0x9efc4947,
  0x5c6bfb31,
);

/** A split-block bloom filter over the keys of `rows`; undefined when no row has a key, or the filter would be too large to be worth its bytes. */
export function bloomOfKeys(frozen: FrozenMemtable, rows: Uint32Array): Uint32Array | undefined {
  const { halves, distinct } = hashesOfKeys(frozen, rows);
  if (distinct === 0 || optimalNumBytes(distinct, FALSE_POSITIVES) > MAX_BYTES) return undefined;
  const words = createBloomFilter(distinct, FALSE_POSITIVES);
  for (let at = 0; at < halves.length; at += 2) insert(words, halves[at + 1]!, halves[at]!);
  return words;
}

/** The keys' hashes in order, the lower half of each first, and how many different ones there are. */
function hashesOfKeys(frozen: FrozenMemtable, rows: Uint32Array): { halves: Uint32Array; distinct: number } {
  const hashes = new BigUint64Array(rows.length);
  const halves = new Uint32Array(hashes.buffer);
  let used = 0;
  for (const row of rows) {
    const length = frozen.keyLength(row);
    if (length >= 0) xxhash64(frozen.chunk(row), frozen.keyPosition(row), length, halves, 2 * used++);
  }
  hashes.subarray(0, used).sort();
  let distinct = used === 0 ? 0 : 1;
  for (let at = 2; at < 2 * used; at += 2)
    if (halves[at] !== halves[at - 2] || halves[at + 1] !== halves[at - 1]) distinct++;
  return { halves: halves.subarray(0, 2 * used), distinct };
}

function insert(words: Uint32Array, high: number, low: number): void {
  const block = 8 * Math.floor((high * (words.length / 8)) / 2 ** 32);
  for (let i = 0; i < 8; i++) words[block + i]! |= 1 << (Math.imul(low, SALT[i]!) >>> 27);
}
