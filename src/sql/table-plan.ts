import type { DataFile, DeleteFile, LogOffsets, Schema, TableColumn } from '../lake/index.ts';

/** The part of a topic that is in its table, and the files of it that a query has to read. */
export interface TablePlan {
  readonly snapshotId: string;
  readonly schema: Schema;
  /** Columns that JSON values fill. */
  readonly promoted: readonly TableColumn[];
  /** By partition: the records before are in the table. */
  readonly offsets: LogOffsets;
  readonly files: readonly DataFile[];
  /** What other engines deleted in these files; none in most tables. */
  readonly deletes: PlannedDeletes | undefined;
  /** All files of the table. */
  readonly of: FileCount;
  /** By partition: rows of these files of offsets below do not count. Empty where they have none. */
  readonly goneBelow: ReadonlyMap<number, number>;
  /** Columns by whose bounds files were left out. */
  readonly excludedBy: readonly string[];
}

/** Row-level deletes that apply to files of a plan. */
export interface PlannedDeletes {
  /** Paths of the data files in which rows are deleted. */
  readonly marked: ReadonlySet<string>;
  readonly files: readonly DeleteFile[];
  /** The columns by which rows are deleted, also those that the table no longer has. */
  readonly columns: Schema['fields'];
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
