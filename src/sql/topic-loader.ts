import {
  blobValue,
  DuckDBDataChunk,
  listValue,
  structValue,
  DuckDBTimestampTZValue,
  type DuckDBAppender,
} from '@duckdb/node-api';
import type { DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { batchesOf, type Codecs, decodeRecords, type RecordView } from '../../protocol/records/index.ts';
import { isAborted } from '../log/committed-read.ts';
import type { Bounds } from './bounds.ts';
import { askDuckDb, type QueryDatabase } from './database.ts';
import type { LogPiece, ResolvedTable } from './messages.ts';

/** Rows of one data chunk: DuckDB's vector size. */
const CHUNK_ROWS = 2048;
/** Milliseconds beyond which DuckDB has no timestamp; such ones are null. */
const MAX_TIMESTAMP = 9.2e15;

export interface TopicLoad {
  readonly database: QueryDatabase;
  readonly table: ResolvedTable;
  readonly codecs: Codecs;
  readonly maxBatchBytes: number;
  readonly read: (partition: number, from: number, to: number) => Promise<LogPiece>;
  readonly signal: AbortSignal;
}

/** Copies the records of a topic into its table, piece by piece; aborted transactions and what is out of bounds are left out. */
export async function loadTopic(load: TopicLoad): Promise<void> {
  const { database, table, signal } = load;
  const appender = await database.connection.createAppender(table.name);
  const rows = new RowBuffer(appender);
  try {
    for (const { partition, from, to } of table.ranges) {
      let offset = from;
      while (offset < to) {
        signal.throwIfAborted();
        const piece = await load.read(partition, offset, to);
        offset = Math.max(offset + 1, await askDuckDb(async () => takePiece(load, rows, partition, piece)));
      }
    }
    await askDuckDb(async () => rows.flush());
  } finally {
    appender.closeSync();
  }
}

/** Takes the records of a piece; gives the offset at which to go on. */
function takePiece(
  { table, codecs, maxBatchBytes }: TopicLoad,
  rows: RowBuffer,
  partition: number,
  piece: LogPiece,
): number {
  let { next } = piece;
  const to = table.ranges.find((range) => range.partition === partition)?.to ?? 0;
  for (const header of batchesOf(piece.batches)) {
    next = header.lastOffset + 1;
    if (header.isControl || isAborted(header, piece.aborted)) continue;
    const batch = piece.batches.subarray(header.position, header.position + header.sizeInBytes);
    const timestampType = header.timestampType === 'LogAppendTime' ? 1 : 0;
    decodeRecords(batch, codecs, maxBatchBytes, (view) => {
      if (view.offset < to && within(view, table.bounds)) rows.add(partition, timestampType, view);
    });
  }
  return next;
}

function within({ offset, timestamp }: RecordView, bounds: Bounds): boolean {
  return inside(offset, bounds.offset) && inside(timestamp, bounds.timestamp);
}

function inside(value: number, bound: { readonly min?: number; readonly max?: number } = {}): boolean {
  return value >= (bound.min ?? -Infinity) && value <= (bound.max ?? Infinity);
}

/** Rows on their way into a table. */
class RowBuffer {
  readonly #appender: DuckDBAppender;
  readonly #types: readonly DuckDBType[];
  #rows: DuckDBValue[][] = [];

  constructor(appender: DuckDBAppender) {
    this.#appender = appender;
    this.#types = Array.from({ length: appender.columnCount }, (_, at) => appender.columnType(at));
  }

  add(partition: number, timestampType: number, view: RecordView): void {
    const { key, value, timestamp } = view;
    const known = Math.abs(timestamp) < MAX_TIMESTAMP;
    this.#rows.push([
      partition,
      BigInt(view.offset),
      known ? new DuckDBTimestampTZValue(BigInt(timestamp) * 1000n) : null,
      timestampType,
      key === null ? null : blobValue(key),
      value === null ? null : blobValue(value),
      listValue(
        view.headers.map((header) =>
          structValue({
            key: Buffer.from(header.key).toString('utf8'),
            value: header.value === null ? null : blobValue(header.value),
          }),
        ),
      ),
    ]);
    if (this.#rows.length === CHUNK_ROWS) this.#append();
  }

  flush(): void {
    if (this.#rows.length > 0) this.#append();
    this.#appender.flushSync();
  }

  #append(): void {
    const chunk = DuckDBDataChunk.create(this.#types, this.#rows.length);
    chunk.setRows(this.#rows);
    this.#appender.appendDataChunk(chunk);
    this.#rows = [];
  }
}
