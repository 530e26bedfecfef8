/** A value of a partition field: days since the epoch for `day`. */
export type PartitionValue = number | bigint | string | boolean | Uint8Array | null;

/**
 * A Parquet file as a manifest describes it (spec: "Manifests", `data_file`). Maps go by field id; bounds are in the single-value
 * serialization of the spec (appendix D), truncated for strings and binary.
 */
export interface DataFile {
  /** Full URI, as it is written into the manifest. */
  readonly path: string;
  /** By partition field, in the order of the spec `specId`. */
  readonly partition: readonly PartitionValue[];
  readonly specId: number;
  readonly recordCount: number;
  readonly fileSizeInBytes: number;
  readonly columnSizes: ReadonlyMap<number, number>;
  readonly valueCounts: ReadonlyMap<number, number>;
  readonly nullValueCounts: ReadonlyMap<number, number>;
  readonly nanValueCounts: ReadonlyMap<number, number>;
  readonly lowerBounds: ReadonlyMap<number, Uint8Array>;
  readonly upperBounds: ReadonlyMap<number, Uint8Array>;
  /** Where row groups begin in the file, ascending. */
  readonly splitOffsets: readonly number[];
  /** 0: not sorted. */
  readonly sortOrderId: number;
  /** Its data sequence number; missing for a file that is not part of a table yet. */
  readonly sequence?: number;
}
