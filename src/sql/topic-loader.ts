import { batchesOf, type Codecs, decodeRecords, type RecordView } from '../../protocol/records/index.ts';
import { isAborted } from '../log/committed-read.ts';
import { isExpired } from '../log/record-expiry.ts';
import type { Bounds } from './bounds.ts';
import { askDuckDb, type QueryDatabase, type RowsTable } from './database.ts';
import type { Counting } from './expiry.ts';
import type { LogPiece, PartitionRange } from './messages.ts';
import { RowBuffer, type RowColumns } from './row-buffer.ts';

export interface TopicLoad {
  readonly database: QueryDatabase;
  readonly into: RowsTable;
  readonly columns: RowColumns;
  readonly ranges: readonly PartitionRange[];
  readonly bounds: Bounds;
  /** Records that no longer count by it are left out. */
  readonly counting: Counting | undefined;
  readonly codecs: Codecs;
  readonly maxBatchBytes: number;
  readonly read: (range: PartitionRange) => Promise<LogPiece>;
  readonly signal: AbortSignal;
}

/**
 * Copies records of the log into a table of the query's, piece by piece; aborted transactions and what is out of bounds are left out. Gives the
 * number of rows.
 */
export async function loadTopic(load: TopicLoad): Promise<number> {
  const { database, into, columns, ranges, signal } = load;
  const appender = await database.connection.createAppender(into.name, into.schema);
  const rows = new RowBuffer(appender, columns);
  try {
    for (const range of ranges) {
      let from = range.from;
      while (from < range.to) {
        signal.throwIfAborted();
        const piece = await load.read({ ...range, from });
        from = Math.max(from + 1, await askDuckDb(() => takePiece(load, rows, range, piece)));
      }
    }
    await askDuckDb(() => rows.flush());
    return rows.rows;
  } finally {
    appender.closeSync();
  }
}

/** Takes the records of a piece; gives the offset at which to go on. */
async function takePiece(
  { bounds, counting, codecs, maxBatchBytes }: TopicLoad,
  rows: RowBuffer,
  { partition, from, to }: PartitionRange,
  piece: LogPiece,
): Promise<number> {
  let { next } = piece;
  for (const header of batchesOf(piece.batches)) {
    next = header.lastOffset + 1;
    if (header.isControl || isAborted(header, piece.aborted)) continue;
    const batch = piece.batches.subarray(header.position, header.position + header.sizeInBytes);
    const timestampType = header.timestampType === 'LogAppendTime' ? 1 : 0;
    decodeRecords(batch, codecs, maxBatchBytes, (view) => {
      // A batch may begin before what is asked for: that part of it is in the table already.
      if (view.offset < from || view.offset >= to || !within(view, bounds)) return;
      if (counting === undefined || !isExpired(counting.rule, view, counting.now))
        rows.add(partition, timestampType, view);
    });
    if (rows.isFull) await rows.settle();
  }
  return next;
}

function within({ offset, timestamp }: RecordView, bounds: Bounds): boolean {
  return inside(offset, bounds.offset) && inside(timestamp, bounds.timestamp);
}

function inside(value: number, bound: { readonly min?: number; readonly max?: number } = {}): boolean {
  return value >= (bound.min ?? -Infinity) && value <= (bound.max ?? Infinity);
}
