import { parquetWriteBuffer } from 'hyparquet-writer';
import {
  type DataFile,
  DELETE_FIELD_ID,
  type DeleteFile,
  Memtable,
  parsePromotedColumns,
  RECORD_SPEC,
  recordSchema,
  writeDataFiles,
} from '../../../src/lake/index.ts';

export const PARQUET_SCHEMA = recordSchema(parsePromotedColumns('level string, n long, ok boolean'));
export const PARQUET_KEY = 'data/file.parquet';
export const DELETES_KEY = 'data/deletes.parquet';

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

/** A file of another engine that says which rows of the file at `path` are deleted, by their places. */
export function positionDeletes(path: string, places: readonly bigint[]): { bytes: Uint8Array; file: DeleteFile } {
  const columnData = [
    { name: 'file_path', data: places.map(() => path) },
    { name: 'pos', data: BigInt64Array.from(places) },
  ];
  const leaf = { repetition_type: 'REQUIRED' } as const;
  const bytes = new Uint8Array(
    parquetWriteBuffer({
      columnData,
      schema: [
        { name: 'root', num_children: 2 },
        { ...leaf, name: 'file_path', type: 'BYTE_ARRAY', converted_type: 'UTF8', field_id: DELETE_FIELD_ID.path },
        { ...leaf, name: 'pos', type: 'INT64', field_id: DELETE_FIELD_ID.position },
      ],
    }),
  );
  const none = new Map<number, never>();
  const file: DeleteFile = {
    path: `memory:/${DELETES_KEY}`,
    partition: [0],
    specId: 0,
    recordCount: places.length,
    fileSizeInBytes: bytes.length,
    columnSizes: none,
    valueCounts: none,
    nullValueCounts: none,
    nanValueCounts: none,
    lowerBounds: none,
    upperBounds: none,
    splitOffsets: [],
    sortOrderId: 0,
    kind: 'position',
    sequence: 2,
    equalityIds: [],
    referencedFile: undefined,
    isGlobal: false,
    format: 'PARQUET',
  };
  return { bytes, file };
}
