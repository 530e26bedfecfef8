import type { DocumentRecord } from '../../../../src/fulltext/document.ts';
import { LiveIndex } from '../../../../src/fulltext/live-index.ts';
import { SegmentReader } from '../../../../src/fulltext/segment-reader.ts';
import { writeTextSegment } from '../../../../src/fulltext/segment-writer.ts';

const encoder = new TextEncoder();

/** UTF-8. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** A live index over values, which are records from `baseOffset` on, a millisecond apart. */
export function liveIndex(values: readonly (string | Uint8Array | null)[], baseOffset = 0): LiveIndex {
  const index = new LiveIndex(0, baseOffset, 42);
  for (const [i, value] of values.entries()) index.add(recordOf(baseOffset + i, value));
  return index;
}

/** A record without key and headers. */
export function recordOf(offset: number, value: string | Uint8Array | null): DocumentRecord {
  const bytes = typeof value === 'string' ? utf8(value) : value;
  return { offset, timestamp: 1000 + offset, key: null, value: bytes, headers: [] };
}

/** The text segment of an index. */
export function segmentOf(index: LiveIndex): Promise<Uint8Array> {
  return writeTextSegment(index, () => Promise.resolve());
}

/** Opens a segment that is an object of its own; `reads` counts the requests. */
export async function openSegment(bytes: Uint8Array, reads = { count: 0 }): Promise<SegmentReader> {
  const reader = {
    read(from: number, length: number) {
      reads.count++;
      return Promise.resolve(bytes.subarray(from, from + length));
    },
  };
  return SegmentReader.open(reader, { objectKey: 'the-object', position: 0, length: bytes.length });
}
