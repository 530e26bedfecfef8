import type { ObjectStore } from '../../objects/types.ts';
import type { DataFile } from '../data-file.ts';
import { DataFileReader, type RowBlock } from './data-file-reader.ts';
import type { IsDeleted } from './deleted-rows.ts';
import { UnreadableFile } from './group-reader.ts';
import { MergeOutput, type MergeOutputOptions, type WhyLeftOut } from './merge-output.ts';

export interface MergeFilesOptions extends MergeOutputOptions {
  readonly store: ObjectStore;
  readonly keyOf: (file: DataFile) => string;
  /** What the row groups that are read together may take in memory; fewer files are merged where it would be more. */
  readonly memoryBytes: number;
  /** With fewer than these it is not worth it. */
  readonly leastFiles: number;
  /** Finds out which rows of these files others have deleted: they are left out too. */
  readonly deletedRows?: (files: readonly DataFile[]) => Promise<(file: DataFile) => IsDeleted | undefined>;
  /** Rows that are left out; by default none. */
  readonly drop?: (block: RowBlock, row: number) => boolean;
}

/** What became of the files. */
export interface MergedFiles {
  /** The first of the given ones: the others did not fit into the memory. */
  readonly merged: readonly DataFile[];
  readonly made: readonly DataFile[];
  readonly dropped: number;
  /** Rows that others had deleted. */
  readonly deleted: number;
}

/**
 * Writes the rows of some files of one partition of the table anew, sorted by partition and offset, into as few files as their size allows. Values are
 * carried over as they are, found by field id and widened to the schema. Rejects with UnreadableFile when one cannot be read.
 */
export async function mergeDataFiles(files: readonly DataFile[], options: MergeFilesOptions): Promise<MergedFiles> {
  const cursors = await openCursors(files, options);
  const merged = cursors.map(({ reader }) => reader.file);
  const output = new MergeOutput(merged[0]!, options);
  try {
    const deletedOf = await options.deletedRows?.(merged);
    for (const cursor of cursors) cursor.isDeleted = deletedOf?.(cursor.reader.file);
    let open = cursors;
    for (const cursor of open) await cursor.load(options.pace);
    for (;;) {
      open = open.filter((cursor) => cursor.block !== undefined);
      const [first, second] = lowest(open);
      if (first?.block === undefined) break;
      const end = endOfRun(first, second);
      await output.add(first.block, first.row, end, first.isLeftOut(options.drop));
      first.row = end;
      if (first.atEnd) await first.load(options.pace);
    }
    const made = await output.finish();
    const { dropped, deleted } = output;
    const count = (all: readonly DataFile[]): number => all.reduce((sum, { recordCount }) => sum + recordCount, 0);
    if (count(made) + dropped + deleted !== count(merged))
      throw new Error(`${count(merged)} rows became ${count(made)}, ${dropped + deleted} were left out`);
    return { merged, made, dropped, deleted };
  } finally {
    output.close();
  }
}

/** A place in a file that is read. */
class Cursor {
  readonly reader: DataFileReader;
  block: RowBlock | undefined;
  row = 0;
  isDeleted: IsDeleted | undefined;

  constructor(reader: DataFileReader) {
    this.reader = reader;
  }

  /** Why a row is left out; undefined where none can be. */
  isLeftOut(drop: MergeFilesOptions['drop']): WhyLeftOut | undefined {
    const { isDeleted } = this;
    if (isDeleted === undefined && drop === undefined) return undefined;
    return (block, row) => {
      if (isDeleted?.(block, row) === true) return 'deleted';
      return drop?.(block, row) === true ? 'dropped' : undefined;
    };
  }

  get atEnd(): boolean {
    return this.row >= (this.block?.rows ?? 0);
  }

  /** Goes on to the next row group that has rows. */
  async load(pace: (bytes: number) => Promise<void>): Promise<void> {
    const { fileSizeInBytes, recordCount } = this.reader.file;
    this.row = 0;
    do this.block = await this.reader.next();
    while (this.block?.rows === 0);
    if (this.block !== undefined) await pace((fileSizeInBytes * this.block.rows) / recordCount);
  }
}

/** Opens as many files as fit into the memory. */
async function openCursors(files: readonly DataFile[], options: MergeFilesOptions): Promise<Cursor[]> {
  const { store, keyOf, schema, memoryBytes, leastFiles } = options;
  const cursors: Cursor[] = [];
  let bytes = 0;
  for (const file of files) {
    const reader = await DataFileReader.open(store, keyOf(file), file, schema);
    bytes += reader.groupMemoryBytes;
    if (bytes <= memoryBytes) cursors.push(new Cursor(reader));
    else if (cursors.length >= leastFiles) break;
    else
      throw new UnreadableFile(
        file.path,
        `row groups that take ${reader.groupMemoryBytes} bytes do not fit the memory`,
      );
  }
  return cursors;
}

function compare(a: Cursor, b: Cursor, row = a.row): number {
  const [one, other] = [a.block!, b.block!];
  return one.partition[row]! - other.partition[b.row]! || one.offset[row]! - other.offset[b.row]!;
}

/** The row before which the first cursor's rows are the lowest. */
function endOfRun(first: Cursor, second: Cursor | undefined): number {
  const rows = first.block?.rows ?? 0;
  if (second === undefined) return rows;
  let end = first.row + 1;
  while (end < rows && compare(first, second, end) <= 0) end++;
  return end;
}

/** The cursor at the lowest row, and the next one. */
function lowest(cursors: readonly Cursor[]): [Cursor | undefined, Cursor | undefined] {
  let [first, second]: [Cursor | undefined, Cursor | undefined] = [undefined, undefined];
  for (const cursor of cursors) {
    if (first === undefined || compare(cursor, first) < 0) [first, second] = [cursor, first];
    else if (second === undefined || compare(cursor, second) < 0) second = cursor;
  }
  return [first, second];
}
