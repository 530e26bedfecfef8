import type { DataFile } from './data-file.ts';
import type { Schema } from './schema.ts';

/** The next offset to write, by partition: every record of the log below it is in the table (or never will be). */
export type LogOffsets = ReadonlyMap<number, number>;

/** What one commit does to one table. */
export interface TableChange {
  readonly add?: readonly DataFile[];
  /** Paths of files that go; a commit fails with `CommitConflict` for good when one is no longer part of the table. */
  readonly remove?: readonly string[];
  /**
   * Paths of the delete files that were applied when the rows of `remove` were written into `add`, and how many rows went by them. Where another one
   * applies to a file that goes, its rows would come back: the commit fails with `CommitConflict` for good. Delete files that apply to no data file any
   * more go, also when nothing else changes.
   */
  readonly applied?: { readonly deletes: ReadonlySet<string>; readonly rows: number };
  /**
   * Moves the log's offsets: by partition from where the writer believes them to be, to where they are then. Where `from` is not what the
   * table says (0 for a partition that it does not know), the commit fails with `OffsetsMoved` and nothing is written: somebody else wrote those records.
   */
  readonly offsets?: ReadonlyMap<number, { readonly from: number; readonly to: number }>;
  /** A schema that follows from the current one by the rules of evolution (add, widen, rename, drop), with its new ids. */
  readonly schema?: Schema;
  readonly properties?: Readonly<Record<string, string>>;
  /** More for the snapshot's summary. */
  readonly summary?: Readonly<Record<string, string>>;
}

/** The table says other log offsets than the writer. */
export class OffsetsMoved extends Error {
  override readonly name = 'OffsetsMoved';
  readonly current: LogOffsets;

  constructor(message: string, current: LogOffsets) {
    super(message);
    this.current = current;
  }
}
