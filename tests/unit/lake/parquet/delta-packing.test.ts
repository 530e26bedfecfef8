import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { expect, test } from 'vitest';
import { deltaPacked, fitsDeltaPacking } from '../../../../src/lake/parquet/delta-packing.ts';

function unpacked(values: Float64Array): number[] {
  const bytes = deltaPacked(values);
  const out = new BigInt64Array(values.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  deltaBinaryUnpack({ view, offset: 0 }, values.length, out);
  return Array.from(out, Number);
}

test.each([
  ['one value', [42]],
  ['a rising run', Array.from({ length: 1000 }, (_, at) => 7 + at)],
  ['falling and negative values', Array.from({ length: 129 }, (_, at) => 3 - at * at)],
  ['differences of all widths', Array.from({ length: 260 }, (_, at) => (at % 2) * (2 ** (at % 44) - 1))],
  ['microseconds near 2^53', [2 ** 53 - 1, 2 ** 53 - 2, 2 ** 53 - 2 ** 40]],
])('a reader unpacks %s', (_name, values) => {
  expect(unpacked(Float64Array.from(values))).toEqual(values);
});

test('a rising run takes a byte in ten values or less', () => {
  expect(deltaPacked(Float64Array.from({ length: 10_000 }, (_, at) => at)).length).toBeLessThan(1000);
});

test('values too far apart or not exact are left to another encoding', () => {
  expect(fitsDeltaPacking(Float64Array.of(0, 2 ** 44))).toBe(false);
  expect(fitsDeltaPacking(Float64Array.of(2 ** 53, 2 ** 53 + 2))).toBe(false);
  expect(fitsDeltaPacking(Float64Array.of(5, 6))).toBe(true);
});
