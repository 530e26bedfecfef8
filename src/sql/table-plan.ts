import type { DataFile, LogOffsets, Schema, TableColumn } from '../lake/index.ts';

/** The part of a topic that is in its table, and the files of it that a query has to read. */
export interface TablePlan {
  readonly snapshotId: string;
  readonly schema: Schema;
  /** Columns that JSON values fill. */
  readonly promoted: readonly TableColumn[];
  /** By partition: the records before are in the table. */
  readonly offsets: LogOffsets;
  readonly files: readonly DataFile[];
  /** All files of the table. */
  readonly of: FileCount;
  /** By partition: rows of these files of offsets below do not count. Empty where they have none. */
  readonly goneBelow: ReadonlyMap<number, number>;
  /** Columns by whose bounds files were left out. */
  readonly excludedBy: readonly string[];
}

export interface FileCount {
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
}

/** Files, their rows and bytes. */
export function countOf(files: readonly DataFile[]): FileCount {
  return files.reduce(
    ({ files: count, rows, bytes }, { recordCount, fileSizeInBytes }) => ({
      files: count + 1,
      rows: rows + recordCount,
      bytes: bytes + fileSizeInBytes,
    }),
    { files: 0, rows: 0, bytes: 0 },
  );
}
