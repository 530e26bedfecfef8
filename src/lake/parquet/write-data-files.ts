import type { DataFile } from '../data-file.ts';
import type { PartitionSpec, Schema } from '../schema.ts';
import type { Compression } from './parquet-file.ts';
import type { FrozenMemtable } from './memtable.ts';
import { fileSchema, RECORD_ORDER } from './record-schema.ts';
import type { ReadValue } from './promote.ts';
import { GROUP_ROWS, rowGroups } from './row-groups.ts';
import { type TableColumn, tableColumns } from './table-columns.ts';

const DAY_MS = 86_400_000;

export interface WriteOptions {
  /** Of `recordSchema`, or one that evolved from it. */
  readonly schema: Schema;
  /** The promoted columns that are filled; by default all of the schema that JSON values can fill. Those that a file does not have are null. */
  readonly columns?: readonly TableColumn[];
  /** How values are read to fill them; as JSON by default. */
  readonly read?: ReadValue;
  readonly spec: PartitionSpec;
  readonly compression?: Compression;
  /** A file has at most so many rows … */
  readonly maxRows?: number;
  /** … and not many more bytes of keys, values and headers, before compression, than these. */
  readonly maxBytes?: number;
  readonly rowGroupRows?: number;
  /** Stores a file of the partition `day` (days since the epoch) and tells its URI. The bytes hold until the promise does. */
  readonly write: (bytes: Uint8Array, day: number) => Promise<string>;
  /** Told how many JSON values did not fit their column, when there were any. */
  readonly onMisfits?: (count: number) => void;
}

/**
 * Writes the rows as Parquet files, one or more for each UTC day, each sorted by partition and offset. Files are made and stored one
 * after another, so that at most one is in memory.
 */
export async function writeDataFiles(frozen: FrozenMemtable, options: WriteOptions): Promise<DataFile[]> {
  // The Parquet library is loaded by whoever writes a table, and by nobody else.
  const { RecordFileWriter } = await import('./file-writer.ts');
  const { spec, compression = 'zstd', maxRows = 50_000, maxBytes = 128 * 1024 * 1024 } = options;
  const { columns = tableColumns(options.schema, {}) } = options;
  // Fixed columns are written whatever another engine made of their names: readers find them by id.
  const schema = fileSchema(columns);
  const groupRows = options.rowGroupRows ?? GROUP_ROWS;
  const files: DataFile[] = [];
  let misfits = 0;
  for (const [day, rows] of byDay(frozen)) {
    for (const { part, payload } of split(frozen, rows, maxRows, maxBytes)) {
      // JSON and text become half as long or less; what does not makes the file grow.
      const writer = new RecordFileWriter(schema, columns, compression, options.read, payload / 2);
      for (const group of rowGroups(frozen, part, groupRows)) writer.rowGroup(frozen, group);
      const bytes = writer.finish();
      misfits += writer.misfits;
      files.push({
        path: await options.write(bytes, day),
        partition: [day],
        specId: spec['spec-id'],
        recordCount: part.length,
        fileSizeInBytes: bytes.length,
        ...writer.statistics.summary(),
        splitOffsets: writer.splitOffsets,
        sortOrderId: RECORD_ORDER['order-id'],
      });
    }
  }
  if (misfits > 0) options.onMisfits?.(misfits);
  return files;
}

/** Rows of each day, sorted by partition and offset; days ascending. */
function byDay(frozen: FrozenMemtable): [number, Uint32Array][] {
  const counts = new Map<number, number>();
  const days = new Int32Array(frozen.rows);
  for (let row = 0; row < frozen.rows; row++) {
    const day = Math.floor(frozen.timestamp(row) / DAY_MS);
    days[row] = day;
    counts.set(day, (counts.get(day) ?? 0) + 1);
  }
  const rows = new Map([...counts].map(([day, count]) => [day, { rows: new Uint32Array(count), used: 0 }]));
  for (let row = 0; row < frozen.rows; row++) {
    const found = rows.get(days[row]!)!;
    found.rows[found.used++] = row;
  }
  return [...rows].sort(([left], [right]) => left - right).map(([day, found]) => [day, sorted(frozen, found.rows)]);
}

function sorted(frozen: FrozenMemtable, rows: Uint32Array): Uint32Array {
  const order = (left: number, right: number): number =>
    frozen.partition(left) - frozen.partition(right) || frozen.offset(left) - frozen.offset(right);
  for (let at = 1; at < rows.length; at++) if (order(rows[at - 1]!, rows[at]!) > 0) return rows.sort(order);
  return rows;
}

function* split(
  frozen: FrozenMemtable,
  rows: Uint32Array,
  maxRows: number,
  maxBytes: number,
): Generator<{ part: Uint32Array; payload: number }> {
  let start = 0;
  let bytes = 0;
  for (let at = 0; at < rows.length; at++) {
    bytes += frozen.payloadBytes(rows[at]!);
    if (at + 1 - start < maxRows && bytes < maxBytes) continue;
    yield { part: rows.subarray(start, at + 1), payload: bytes };
    start = at + 1;
    bytes = 0;
  }
  if (start < rows.length) yield { part: rows.subarray(start), payload: bytes };
}
