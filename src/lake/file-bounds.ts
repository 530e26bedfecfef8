import type { DataFile } from './data-file.ts';
import { FIELD_ID } from './parquet/record-schema.ts';

/** Least and greatest value of a column that is an int, long or time in a file; infinite where the table does not say. */
export function boundsOf({ lowerBounds, upperBounds }: DataFile, id: number): readonly [low: number, high: number] {
  return [
    numberOf(lowerBounds.get(id), Number.NEGATIVE_INFINITY),
    numberOf(upperBounds.get(id), Number.POSITIVE_INFINITY),
  ];
}

function numberOf(bytes: Uint8Array | undefined, none: number): number {
  if (bytes === undefined || (bytes.length !== 4 && bytes.length !== 8)) return none;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return bytes.length === 4 ? view.getInt32(0, true) : Number(view.getBigInt64(0, true));
}

/** Where the records of a log end that are gone: by partition, the offset below which all are. */
export type OffsetsBelow = ReadonlyMap<number, number>;

/** How many rows of a file, by its bounds, lie below offsets of their partitions. */
export function rowsBelow(file: DataFile, below: OffsetsBelow): 'all' | 'some' | 'none' {
  const [first, last] = boundsOf(file, FIELD_ID.partition);
  const [low, high] = boundsOf(file, FIELD_ID.offset);
  let some = false;
  let partitions = 0;
  for (const [partition, end] of below) {
    if (partition < first || partition > last) continue;
    if (low < end) some = true;
    if (high < end) partitions++;
  }
  if (!some) return 'none';
  return partitions === last - first + 1 ? 'all' : 'some';
}
