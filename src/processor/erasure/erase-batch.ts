import { type BatchHeader, decodeRecords } from '../../../protocol/records/index.ts';
import {
  type CleanedBatch,
  emptied,
  hasExpired,
  type KeptRecord,
  rebuilt,
  type RewritingRules,
} from '../compaction/batch.ts';
import type { ErasedKeys } from './keys.ts';

/** Whether a batch has a record of one of the keys. Throws RecordsError. */
export function holdsKey(
  bytes: Uint8Array,
  header: BatchHeader,
  keys: ErasedKeys,
  { codecs, decompressedLimitBytes }: Pick<RewritingRules, 'codecs' | 'decompressedLimitBytes'>,
): boolean {
  if (header.isControl || header.recordCount === 0) return false;
  let found = false;
  decodeRecords(bytes, codecs, decompressedLimitBytes, ({ offset, key }) => {
    found = keys.indexOf(key, offset) >= 0;
    return !found;
  });
  return found;
}

/**
 * Takes the records of keys out of one batch, whatever became of its transaction: markers stay, offsets stay, the batch keeps its base and last
 * offset. Without records it goes, unless it is the last sign of an active producer or the end of its section. `removed` is told the index of the
 * key of each record that went. Throws RecordsError.
 */
export function eraseBatch(
  bytes: Uint8Array,
  header: BatchHeader,
  keys: ErasedKeys,
  rules: RewritingRules,
  removed: (index: number) => void = () => {},
): CleanedBatch {
  if (header.isControl || header.recordCount === 0) return { bytes, records: [] };
  const records: KeptRecord[] = [];
  decodeRecords(bytes, rules.codecs, rules.decompressedLimitBytes, (record) => {
    const { offset, key, timestamp, value } = record;
    const index = keys.indexOf(key, offset);
    if (index >= 0) return removed(index);
    if (hasExpired(record, rules)) return;
    const headers = record.headerCount === 0 ? [] : record.headers;
    records.push({ offset, timestamp, key, value, headers, offsetDelta: offset - header.baseOffset });
  });
  if (records.length === header.recordCount) return { bytes, records };
  if (records.length === 0) return { bytes: emptied(bytes, header, rules), records };
  return { bytes: rebuilt(header, records, rules, false), records };
}
