import { type Codecs, decompressPayload } from './codecs.ts';
import { Cursor } from './cursor.ts';
import { corrupt, invalid } from './errors.ts';
import { type BatchHeader, readBatchHeader } from './header.ts';
import { HEADER_BYTES, MIN_RECORD_BYTES } from './layout.ts';
import { RecordView } from './record.ts';

/** The records of a whole batch, decompressed; at most `limitBytes`. Throws RecordsError. */
export function payloadOf(batch: Uint8Array, header: BatchHeader, codecs: Codecs, limitBytes: number): Uint8Array {
  const end = header.position + header.sizeInBytes;
  if (end > batch.length) throw corrupt('record batch does not end within its field');
  const stored = batch.subarray(header.position + HEADER_BYTES, end);
  if (header.recordCount === 0 && stored.length === 0) return stored;
  const payload = decompressPayload(header.compression, codecs, stored, limitBytes);
  // Before anyone allocates by the count.
  if (header.recordCount * MIN_RECORD_BYTES > payload.length) {
    throw invalid(`record batch cannot hold ${header.recordCount} records in ${payload.length} bytes`);
  }
  return payload;
}

/** Moves `view` to the record at the cursor, and the cursor behind it. Throws RecordsError. Headers stay unread. */
function readRecord(cursor: Cursor, view: RecordView, header: BatchHeader, payloadEnd: number): void {
  cursor.end = payloadEnd;
  const length = cursor.varint();
  const end = cursor.skip(length) + length;
  cursor.position = end - length;
  cursor.end = end;
  cursor.byte(); // Attributes of single records are unused so far.
  const delta = cursor.varlong();
  view.timestamp = header.timestampType === 'LogAppendTime' ? header.maxTimestamp : header.baseTimestamp + delta;
  view.offset = header.baseOffset + cursor.varint();
  view.keyLength = cursor.varint();
  view.keyStart = view.keyLength < 0 ? 0 : cursor.skip(view.keyLength);
  view.valueLength = cursor.varint();
  view.valueStart = view.valueLength < 0 ? 0 : cursor.skip(view.valueLength);
  view.headerCount = cursor.varint();
  view.headersStart = cursor.position;
  view.end = end;
  if (view.headerCount < 0 || view.headerCount * 2 > end - cursor.position)
    throw invalid('record header count is wrong');
  if (view.headerCount === 0 && cursor.position !== end) throw invalid('record has bytes left at its end');
  cursor.position = end;
}

/**
 * Calls `visit` with each record of the batch at the start of `batch`, in offset order; `visit` may return false to stop.
 * The view is one object that moves: take slices, do not keep it. Decompresses at most `limitBytes`. Checks counts,
 * varints, that offsets rise within the batch's range (without gaps unless the batch was compacted) and that nothing is left
 * over; not the CRC. Throws RecordsError; records before the fault have then been visited.
 */
export function decodeRecords(
  batch: Uint8Array,
  codecs: Codecs,
  limitBytes: number,
  visit: (record: RecordView) => boolean | void,
): BatchHeader {
  const header = readBatchHeader(batch, 0);
  const payload = payloadOf(batch, header, codecs, limitBytes);
  const cursor = new Cursor(payload, 0, payload.length);
  const view = new RecordView(payload);
  let previous = header.baseOffset - 1;
  for (let i = 0; i < header.recordCount; i++) {
    readRecord(cursor, view, header, payload.length);
    // Rising and within the range: with as many records as offsets this means that there is no gap.
    if (view.offset <= previous || view.offset > header.lastOffset) throw invalid('record offset is out of order');
    previous = view.offset;
    if (visit(view) === false) return header;
  }
  if (cursor.position !== payload.length) throw invalid('record batch has bytes left after its last record');
  return header;
}
