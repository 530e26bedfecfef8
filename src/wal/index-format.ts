/**
 * Bytes of an `.idx` file (docs/formats/wal.md): where each partition's batches lie in a sealed segment, and the state of the log
 * at its end. Little-endian, so that the columns are typed arrays as they lie.
 */
import { copyOf } from '../base/bytes.ts';
import { crc32c } from '../base/crc32c.ts';
import { BATCH_INDEX_BYTES, BatchIndex } from './batch-index.ts';
import { WalFormatError } from './errors.ts';

const INDEX_FORMAT_VERSION = 1;
export const INDEX_HEADER_BYTES = 64;
const DIRECTORY_ENTRY_BYTES = 64;
const MAGIC = new TextEncoder().encode('QUARRYIX');

/** What an index says of one partition. */
export interface IndexedPartition {
  /** 16 bytes. */
  readonly topicId: Uint8Array;
  readonly partition: number;
  readonly batches: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** Bytes of entries in the segment. */
  readonly bytes: number;
  readonly maxTimestamp: number;
  /** Where its columns lie in the file, and their CRC. */
  readonly columnsAt: number;
  readonly columnsCrc: number;
}

/** An index without its columns. */
export interface IndexDirectory {
  readonly sequence: number;
  /** That of the segment: an index of an earlier life of the file does not match. */
  readonly salt: number;
  /** Milliseconds since the epoch. */
  readonly sealedAt: number;
  /** Position after the last entry, without the one that seals. */
  readonly end: number;
  readonly entries: number;
  readonly partitions: readonly IndexedPartition[];
  /** Where the state of the log lies in the file. */
  readonly stateAt: number;
  readonly stateBytes: number;
}

/** One partition to be written into an index. */
export interface PartitionBatches {
  readonly topicId: Uint8Array;
  readonly partition: number;
  readonly bytes: number;
  readonly maxTimestamp: number;
  readonly index: BatchIndex;
}

/** Bytes of the columns of so many batches, padded so that the next ones are aligned. */
function columnsBytes(batches: number): number {
  return Math.ceil((batches * BATCH_INDEX_BYTES) / 8) * 8;
}

function putColumns(into: Uint8Array, index: BatchIndex): void {
  const n = index.count;
  const put = (column: Float64Array | Uint32Array, at: number): void => {
    into.set(new Uint8Array(column.buffer, column.byteOffset, n * column.BYTES_PER_ELEMENT), at);
  };
  put(index.offsets, 0);
  put(index.timestamps, n * 8);
  put(index.positions, n * 16);
  put(index.lengths, n * 20);
  put(index.lastDeltas, n * 24);
}

function putPartition(view: DataView, into: Uint8Array, at: number, of: PartitionBatches, columnsAt: number): void {
  const { index } = of;
  const columns = into.subarray(columnsAt, columnsAt + columnsBytes(index.count));
  putColumns(columns, index);
  into.set(of.topicId, at);
  view.setInt32(at + 16, of.partition, true);
  view.setUint32(at + 20, index.count, true);
  view.setFloat64(at + 24, index.offsets[0] ?? 0, true);
  view.setFloat64(at + 32, index.lastOffset(index.count - 1), true);
  view.setFloat64(at + 40, of.bytes, true);
  view.setFloat64(at + 48, of.maxTimestamp, true);
  view.setUint32(at + 56, columnsAt, true);
  view.setUint32(at + 60, crc32c(columns), true);
}

/** The bytes of an index: header, directory, CRC of both, columns, state and its CRC. `partitions` have at least one batch each. */
export function encodeIndex(
  of: Pick<IndexDirectory, 'sequence' | 'salt' | 'sealedAt' | 'end' | 'entries'>,
  partitions: readonly PartitionBatches[],
  state: Uint8Array,
): Uint8Array {
  const directoryEnd = INDEX_HEADER_BYTES + partitions.length * DIRECTORY_ENTRY_BYTES;
  const columnsAt = directoryEnd + 8;
  const stateAt = partitions.reduce((at, one) => at + columnsBytes(one.index.count), columnsAt);
  const out = new Uint8Array(stateAt + state.length + 4);
  const view = new DataView(out.buffer);
  out.set(MAGIC);
  view.setUint16(8, INDEX_FORMAT_VERSION, true);
  view.setUint32(12, of.salt, true);
  view.setFloat64(16, of.sequence, true);
  view.setFloat64(24, of.sealedAt, true);
  view.setUint32(32, of.end, true);
  view.setUint32(36, of.entries, true);
  view.setUint32(40, partitions.length, true);
  view.setUint32(44, state.length, true);
  view.setUint32(48, stateAt, true);
  let columns = columnsAt;
  for (const [i, one] of partitions.entries()) {
    putPartition(view, out, INDEX_HEADER_BYTES + i * DIRECTORY_ENTRY_BYTES, one, columns);
    columns += columnsBytes(one.index.count);
  }
  view.setUint32(directoryEnd, crc32c(out.subarray(0, directoryEnd)), true);
  out.set(state, stateAt);
  view.setUint32(stateAt + state.length, crc32c(state), true);
  return out;
}

/** Bytes from the start of an index file that `decodeDirectory` needs, from its first 64; undefined when that is no index. */
export function directoryBytes(header: Uint8Array): number | undefined {
  if (header.length < INDEX_HEADER_BYTES || !MAGIC.every((byte, i) => header[i] === byte)) return undefined;
  const view = new DataView(header.buffer, header.byteOffset, INDEX_HEADER_BYTES);
  return INDEX_HEADER_BYTES + view.getUint32(40, true) * DIRECTORY_ENTRY_BYTES + 4;
}

/** Reads header and directory. Undefined when they are not whole. Throws WalFormatError when they are of a newer format. */
export function decodeDirectory(bytes: Uint8Array): IndexDirectory | undefined {
  const needed = directoryBytes(bytes);
  if (needed === undefined) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.length >= needed && crc32c(bytes.subarray(0, needed - 4)) === view.getUint32(needed - 4, true);
  if (!whole) return undefined;
  if (view.getUint16(8, true) > INDEX_FORMAT_VERSION)
    throw new WalFormatError(`index format ${view.getUint16(8, true)}`);
  const partitions: IndexedPartition[] = [];
  for (let at = INDEX_HEADER_BYTES; at < needed - 4; at += DIRECTORY_ENTRY_BYTES)
    partitions.push({
      topicId: copyOf(bytes.subarray(at, at + 16)),
      partition: view.getInt32(at + 16, true),
      batches: view.getUint32(at + 20, true),
      baseOffset: view.getFloat64(at + 24, true),
      lastOffset: view.getFloat64(at + 32, true),
      bytes: view.getFloat64(at + 40, true),
      maxTimestamp: view.getFloat64(at + 48, true),
      columnsAt: view.getUint32(at + 56, true),
      columnsCrc: view.getUint32(at + 60, true),
    });
  return {
    salt: view.getUint32(12, true),
    sequence: view.getFloat64(16, true),
    sealedAt: view.getFloat64(24, true),
    end: view.getUint32(32, true),
    entries: view.getUint32(36, true),
    stateBytes: view.getUint32(44, true),
    stateAt: view.getUint32(48, true),
    partitions,
  };
}

/** Bytes of a partition's columns in the file. */
export function columnsLength(of: IndexedPartition): number {
  return columnsBytes(of.batches);
}

/** The columns of one partition, from `columnsLength` bytes of the file; undefined when they are not whole. */
export function decodeColumns(of: IndexedPartition, bytes: Uint8Array): BatchIndex | undefined {
  if (bytes.length !== columnsBytes(of.batches) || crc32c(bytes) !== of.columnsCrc) return undefined;
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
  const { buffer, byteOffset } = aligned;
  const n = of.batches;
  const index = new BatchIndex(0);
  index.offsets = new Float64Array(buffer, byteOffset, n);
  index.timestamps = new Float64Array(buffer, byteOffset + n * 8, n);
  index.positions = new Uint32Array(buffer, byteOffset + n * 16, n);
  index.lengths = new Uint32Array(buffer, byteOffset + n * 20, n);
  index.lastDeltas = new Uint32Array(buffer, byteOffset + n * 24, n);
  index.count = n;
  return index;
}

/** The state of the log, from `stateBytes + 4` bytes at `stateAt`; undefined when they are not whole. */
export function decodeState(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length < 4) return undefined;
  const state = bytes.subarray(0, bytes.length - 4);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return crc32c(state) === view.getUint32(state.length, true) ? state : undefined;
}
