import {
  BIGINT,
  blobValue,
  type DuckDBDataChunk,
  DuckDBTimestampTZValue,
  type DuckDBType,
  type DuckDBValue,
  listValue,
  mapValue,
  structValue,
  TIMESTAMPTZ,
  UBIGINT,
  UINTEGER,
  USMALLINT,
  UTINYINT,
  VARCHAR,
} from '@duckdb/node-api';
import { tableFromIPC } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { readRows } from '../../../src/sql/answer.ts';
import { arrowStream } from '../../../src/sql/arrow.ts';

const never = new AbortController().signal;

/** A result that goes on as long as somebody reads. */
function endless(value: DuckDBValue) {
  let chunks = 0;
  const chunk = { rowCount: 1, getRows: () => [[value]] } as unknown as DuckDBDataChunk;
  return {
    read: () => chunks,
    result: {
      fetchChunk: () => Promise.resolve(++chunks > 1000 ? null : chunk),
      deduplicatedColumnNames: () => ['v'],
      columnTypes: (): DuckDBType[] => [VARCHAR],
    },
  };
}

describe('an answer that has too many bytes is not collected', () => {
  const text = 'x'.repeat(100);
  test.each<[string, DuckDBValue]>([
    ['text', text],
    ['bytes', blobValue(new Uint8Array(100))],
    ['lists', listValue([text.slice(0, 50), blobValue(new Uint8Array(50))])],
    ['structs', structValue({ a: text, b: null })],
    ['maps', mapValue([{ key: 'x'.repeat(99), value: 7 }])],
  ])('of %s', async (_kind, value) => {
    const { result, read } = endless(value);
    const limits = { maxRows: 1_000_000, maxAnswerBytes: 1000 };
    await expect(readRows(result, limits, never)).rejects.toThrow('sql.max.answer.bytes');
    expect(read()).toBe(11);
  });

  test('but one that has as many as it may is', async () => {
    const { result } = endless(text);
    const { rows } = await readRows(result, { maxRows: 1_000_000, maxAnswerBytes: 100_000 }, never);
    expect(rows).toHaveLength(1000);
  });
});

test('integers in an Arrow stream are integers, without a sign too', () => {
  const types = [UTINYINT, USMALLINT, UINTEGER, UBIGINT];
  const names = types.map(String);
  const rows = [
    [255, 65_535, 4_294_967_295, 2n ** 64n - 1n],
    [null, null, null, null],
  ];
  const table = tableFromIPC(arrowStream({ names, types, rows }));
  expect(names.map((name) => table.getChild(name)!.get(0) as unknown)).toEqual(rows[0]);
  expect(names.map((name) => table.getChild(name)!.get(1) as unknown)).toEqual(rows[1]);
});

test('times in an Arrow stream are exact to the microsecond, at any time', () => {
  const micros = [1_100_000_000_000_001n, 2_200_000_000_123_457n, -1n, 8_640_000_000_000_000_000n - 999n, null];
  const rows = micros.map((one) => [one === null ? null : new DuckDBTimestampTZValue(one), 1n]);
  const table = tableFromIPC(arrowStream({ names: ['at', 'n'], types: [TIMESTAMPTZ, BIGINT], rows }));
  const [data] = table.getChild('at')!.data;
  expect(table.numRows).toBe(5);
  expect([...(data!.values as BigInt64Array)].slice(0, 4)).toEqual(micros.slice(0, 4));
  expect(table.getChild('at')!.get(4)).toBeNull();
  expect(String(table.schema.fields[0]!.type)).toContain('MICROSECOND');
});
