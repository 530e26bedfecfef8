import { buildBatch } from '../../protocol/records/index.ts';
import { crc32c } from '../base/crc32c.ts';
import { decodeBareRecord, RECORD_ENTRY } from './format.ts';
import { NO_CODECS } from './no-codecs.ts';
import type { WalEntry } from './segment-reader.ts';

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
