/** Rows by column: all columns have `rows` values. Missing columns are null. */
export interface ColumnBatch {
  readonly rows: number;
  readonly columns: Readonly<Record<string, readonly unknown[]>>;
}

/** About what a value takes in memory. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length * 2;
  if (value instanceof Uint8Array) return value.byteLength;
  return 8;
}

/** About what the rows of a batch take in memory, in bytes. */
export function memoryOf({ columns }: ColumnBatch): number {
  return Object.values(columns).reduce(
    (sum, values) => values.reduce<number>((all, value) => all + sizeOf(value), sum),
    0,
  );
}

/** Rows `[from, to)` of a batch. */
function slice(batch: ColumnBatch, from: number, to: number): ColumnBatch {
  const columns = Object.entries(batch.columns).map(([name, values]) => [name, values.slice(from, to)] as const);
  return { rows: to - from, columns: Object.fromEntries(columns) };
}

/** Cuts a batch into pieces within both limits; a row that is larger than the limit by itself is a piece of its own. */
export function split(batch: ColumnBatch, maxRows: number, maxBytes: number): ColumnBatch[] {
  const columns = Object.values(batch.columns);
  const pieces: ColumnBatch[] = [];
  let [from, bytes] = [0, 0];
  for (let row = 0; row < batch.rows; row++) {
    let size = 0;
    for (const values of columns) size += sizeOf(values[row]);
    if (row > from && (row - from >= maxRows || bytes + size > maxBytes)) {
      pieces.push(slice(batch, from, row));
      [from, bytes] = [row, 0];
    }
    bytes += size;
  }
  if (batch.rows > from) pieces.push(slice(batch, from, batch.rows));
  return pieces;
}
