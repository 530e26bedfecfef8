import {
  type DataFile,
  Memtable,
  parsePromotedColumns,
  RECORD_SPEC,
  recordSchema,
  writeDataFiles,
} from '../../../src/lake/index.ts';

export const PARQUET_SCHEMA = recordSchema(parsePromotedColumns('level string, n long, ok boolean'));
export const PARQUET_KEY = 'data/file.parquet';

/** A file of 300 rows in three row groups, as it was written and as the table knows it. */
export async function parquetFile(): Promise<{ bytes: Uint8Array; file: DataFile }> {
  const table = new Memtable();
  for (let row = 0; row < 300; row++) {
    const value = JSON.stringify({ level: row % 2 === 0 ? 'INFO' : 'WARN', n: row * 7, ok: row % 3 === 0 });
    const headers = row % 10 === 0 ? [{ key: Buffer.from('h'), value: Buffer.from(String(row)) }] : [];
    table.append(
      row % 3,
      row,
      1000 + row,
      0,
      row % 5 === 0 ? null : Buffer.from(`k${row}`),
      Buffer.from(value),
      headers,
    );
  }
  let bytes: Uint8Array = new Uint8Array(0);
  const [file] = await writeDataFiles(table.freeze(), {
    schema: PARQUET_SCHEMA,
    spec: RECORD_SPEC,
    rowGroupRows: 100,
    write: async (whole) => {
      bytes = new Uint8Array(whole);
      return `memory:/${PARQUET_KEY}`;
    },
  });
  return { bytes, file: file! };
}
