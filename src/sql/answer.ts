import type { DuckDBResult, DuckDBType, DuckDBValue, Json } from '@duckdb/node-api';
import { jsonOf, leastBytes } from './answer-values.ts';
import { SqlError } from './errors.ts';
import type { SqlFormat, SqlLimits } from './messages.ts';

/** Columns and rows of a result, as far as the bounds allow. */
export interface Rows {
  readonly names: readonly string[];
  readonly types: readonly DuckDBType[];
  readonly rows: readonly (readonly DuckDBValue[])[];
}

/** Reads a result to its end. Throws SqlError when it has more rows, or bytes, than an answer may have: no more of it is in memory than that. */
export async function readRows(
  result: Pick<DuckDBResult, 'fetchChunk' | 'deduplicatedColumnNames' | 'columnTypes'>,
  { maxRows, maxAnswerBytes }: Pick<SqlLimits, 'maxRows' | 'maxAnswerBytes'>,
  signal: AbortSignal,
): Promise<Rows> {
  const rows: DuckDBValue[][] = [];
  let bytes = 0;
  for (;;) {
    signal.throwIfAborted();
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) break;
    if (rows.length + chunk.rowCount > maxRows)
      throw new SqlError(`the answer has more than ${maxRows} rows (sql.max.rows): add a LIMIT or aggregate`);
    const more = chunk.getRows();
    for (const row of more) for (const value of row) bytes += leastBytes(value);
    if (bytes > maxAnswerBytes) throw tooLarge(maxAnswerBytes);
    rows.push(...more);
  }
  return { names: result.deduplicatedColumnNames(), types: result.columnTypes(), rows };
}

/** The bytes of an answer. Throws SqlError when they are more than allowed. */
export async function encodeAnswer(rows: Rows, format: SqlFormat, { maxAnswerBytes }: SqlLimits): Promise<Uint8Array> {
  if (format === 'arrow') {
    const { arrowStream } = await import('./arrow.ts');
    return checked(arrowStream(rows), maxAnswerBytes);
  }
  const lines = LINES[format](rows);
  const parts: string[] = [];
  let length = 0;
  for (const line of lines) {
    length += line.length;
    if (length > maxAnswerBytes) throw tooLarge(maxAnswerBytes);
    parts.push(line);
  }
  return checked(Buffer.from(parts.join('')), maxAnswerBytes);
}

const LINES: Readonly<Record<Exclude<SqlFormat, 'arrow'>, (rows: Rows) => Generator<string>>> = {
  *json({ names, types, rows }) {
    const columns = names.map((name, at) => ({ name, type: String(types[at]) }));
    yield `{"columns":${JSON.stringify(columns)},"rows":[`;
    let separator = '';
    for (const row of rows) {
      yield separator + objectText(names, types, row);
      separator = ',';
    }
    yield ']}';
  },
  *ndjson({ names, types, rows }) {
    for (const row of rows) yield `${objectText(names, types, row)}\n`;
  },
  *csv({ names, types, rows }) {
    yield `${names.map(cell).join(',')}\r\n`;
    for (const row of rows) yield `${row.map((value, at) => cell(jsonOf(value, types[at]!))).join(',')}\r\n`;
  },
};

function objectText(names: readonly string[], types: readonly DuckDBType[], row: readonly DuckDBValue[]): string {
  const members = row.map((value, at) => `${JSON.stringify(names[at])}:${JSON.stringify(jsonOf(value, types[at]!))}`);
  return `{${members.join(',')}}`;
}

/** RFC 4180; null is nothing, an empty text is quoted. */
function cell(value: Json | null): string {
  if (value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function checked(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  return bytes;
}

function tooLarge(maxBytes: number): SqlError {
  return new SqlError(`the answer has more than ${maxBytes} bytes (sql.max.answer.bytes): select less`);
}
