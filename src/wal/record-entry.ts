import { buildBatch, type Codec, type Codecs } from '../../protocol/records/index.ts';
import { assert } from '../base/assert.ts';
import { crc32c } from '../base/crc32c.ts';
import { decodeBareRecord, RECORD_ENTRY } from './format.ts';
import type { WalEntry } from './segment-reader.ts';

const none: Codec = {
  compress() {
    assert(false, 'a batch without compression needs no codec');
  },
  decompress() {
    assert(false, 'a batch without compression needs no codec');
  },
};
const NO_CODECS: Codecs = { gzip: none, snappy: none, lz4: none, zstd: none };

/**
 * The record batch that an entry stands for: the payload itself, or for a version 1 entry a batch of its one record, with a right CRC. Undefined
 * when a version 1 payload is malformed.
 */
export function batchOf(entry: Pick<WalEntry, 'version' | 'baseOffset' | 'payload'>): Uint8Array | undefined {
  if (entry.version !== RECORD_ENTRY) return entry.payload;
  const record = decodeBareRecord(entry.payload);
  if (record === undefined) return undefined;
  return buildBatch({ baseOffset: entry.baseOffset }, [record], NO_CODECS, crc32c);
}
