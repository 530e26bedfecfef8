import { buildBatch } from './build.ts';
import type { Codecs } from './codecs.ts';
import { corrupt } from './errors.ts';
import type { Crc32c } from './header.ts';
import { readInt16, readInt32, writeInt16, writeInt32 } from './integers.ts';

/** How a transaction ended. */
export type MarkerType = 'abort' | 'commit';

/** A transaction marker (KIP-98). */
export interface Marker {
  readonly type: MarkerType;
  readonly coordinatorEpoch: number;
}

const KEY_BYTES = 4;
const VALUE_BYTES = 6;
const VERSION = 0;

/** Builds the control batch that ends a transaction: one record, whose key is {version, type} and value {version, coordinator epoch}. */
export function buildMarker(
  options: {
    readonly baseOffset: number;
    readonly timestamp: number;
    readonly producerId: number;
    readonly producerEpoch: number;
    readonly partitionLeaderEpoch?: number;
  },
  marker: Marker,
  codecs: Codecs,
  crc32c: Crc32c,
): Uint8Array {
  const { timestamp, ...batch } = options;
  const key = new Uint8Array(KEY_BYTES);
  writeInt16(key, 0, VERSION);
  writeInt16(key, 2, marker.type === 'commit' ? 1 : 0);
  const value = new Uint8Array(VALUE_BYTES);
  writeInt16(value, 0, VERSION);
  writeInt32(value, 2, marker.coordinatorEpoch);
  return buildBatch({ ...batch, isTransactional: true, isControl: true }, [{ timestamp, key, value }], codecs, crc32c);
}

/** Reads key and value of a control record; undefined for control records that are no transaction marker. Throws RecordsError. */
export function readMarker(key: Uint8Array | null, value: Uint8Array | null): Marker | undefined {
  if (key === null || key.length < KEY_BYTES) throw corrupt('control record has no key');
  const type = readInt16(key, 2);
  if (type !== 0 && type !== 1) return undefined;
  if (value === null || value.length < VALUE_BYTES) throw corrupt('transaction marker has no value');
  return { type: type === 1 ? 'commit' : 'abort', coordinatorEpoch: readInt32(value, 2) };
}
