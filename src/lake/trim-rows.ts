import { isWithin, mergeGroups, replaceFiles, type RewriteOptions } from './compact.ts';
import type { DataFile } from './data-file.ts';
import { boundsOf, type OffsetsBelow, rowsBelow } from './file-bounds.ts';
import { FilesGone } from './iceberg/commit.ts';
import { keyIn } from './iceberg/files.ts';
import { parseOffsets, offsetsText } from './iceberg/log-offsets.ts';
import type { TableMetadata } from './iceberg/metadata.ts';
import type { Table } from './iceberg/table.ts';
import type { RowBlock } from './parquet/data-file-reader.ts';
import { FIELD_ID } from './parquet/record-schema.ts';

export interface TrimOptions extends RewriteOptions {
  /** Rows below these offsets go, all of them. */
  readonly below: OffsetsBelow;
  /** Rows of an older time go as their files do: ms since the epoch. Missing: none. */
  readonly olderThan: number | undefined;
  /** Files end at so many bytes. */
  readonly cutBytes: number;
  readonly memoryBytes: number;
}

/** What was done. */
export interface TrimReport {
  /** Files that went as they were, and files that were written anew. */
  readonly files: number;
  readonly rewritten: number;
  /** Rows that went. */
  readonly rows: number;
}

/** The table's property that says below which offsets rows have gone. */
export const DELETED_BELOW_KEY = 'quarry.deleted-below';

/** Times that others may take files which are being replaced. */
const MAX_CONFLICTS = 5;
const MICROSECONDS = 1000;

/**
 * Lets rows go from the current snapshot of a table, by their offsets or their age, in one commit, which carries the offsets of the log. Files all of
 * whose rows go are only taken out of the table; others are written anew. Older snapshots keep what they have until they expire. Doing it again
 * changes nothing. Files outside of the table's own folder are nobody's to be read or replaced here. Rejects with UnreadableFile and with
 * the errors of store and catalog.
 */
export async function trimRows(table: Table, options: TrimOptions): Promise<TrimReport> {
  for (let conflicts = 0; ; conflicts++) {
    await table.refresh();
    try {
      return await trim(table, options);
    } catch (error) {
      if (!(error instanceof FilesGone) || conflicts === MAX_CONFLICTS) throw error;
    }
  }
}

async function trim(table: Table, options: TrimOptions): Promise<TrimReport> {
  const done = trimmedBelow(table.metadata);
  const due = new Map([...options.below].filter(([partition, end]) => end > (done.get(partition) ?? 0)));
  const goes = { below: due, olderThan: options.olderThan };
  const whole: DataFile[] = [];
  const partly: DataFile[] = [];
  for (const file of await table.files((one) => isWithin(table, one))) {
    if (goesWhole(file, goes)) whole.push(file);
    else if (isWorthIt(file, goes) || (await holdsBelow(table, file, due, options.pace))) partly.push(file);
  }
  const said = offsetsText(new Map([...done, ...due]));
  const properties = due.size === 0 ? {} : { [DELETED_BELOW_KEY]: said };
  if (whole.length + partly.length === 0) {
    if (due.size > 0) await table.commit({ properties });
    return { files: 0, rewritten: 0, rows: 0 };
  }
  const drop = ({ partition, offset, timestamp }: RowBlock, row: number): boolean =>
    offset[row]! < (due.get(partition[row]!) ?? 0) || isOld(timestamp[row]!, goes);
  const { dropped } = await replaceFiles(table, { ...options, drop, properties }, async (remake) => {
    const added: DataFile[] = [];
    let deleted = 0;
    let rows = whole.reduce((sum, { recordCount }) => sum + recordCount, 0);
    for (const group of mergeGroups(partly)) {
      let left = group.map(({ file }) => file);
      while (left.length > 0) {
        const made = await remake(left);
        added.push(...made.added);
        rows += made.dropped;
        deleted += made.deleted;
        left = left.slice(made.removed.length);
      }
    }
    return { removed: [...whole, ...partly], added, dropped: rows, deleted };
  });
  return { files: whole.length, rewritten: partly.length, rows: dropped };
}

/** Below which offsets, by partition, the table says that rows have gone. */
function trimmedBelow({ properties }: TableMetadata): OffsetsBelow {
  const text = properties[DELETED_BELOW_KEY];
  return text === undefined ? new Map() : parseOffsets(text, DELETED_BELOW_KEY);
}

/** Which rows go. */
interface Going {
  readonly below: OffsetsBelow;
  readonly olderThan: number | undefined;
}

/** What has no time (a negative one) has no age. */
function isOld(microseconds: number, { olderThan }: Going): boolean {
  return olderThan !== undefined && microseconds >= 0 && microseconds < olderThan * MICROSECONDS;
}

function goesWhole(file: DataFile, goes: Going): boolean {
  const [first, last] = boundsOf(file, FIELD_ID.timestamp);
  return (isOld(first, goes) && isOld(last, goes)) || rowsBelow(file, goes.below) === 'all';
}

/**
 * A file whose rows go one after the other is written anew when half of the time that it spans is past, and then when half of the rest is: all its
 * rewritings together write no more than it had.
 */
function isWorthIt(file: DataFile, goes: Going): boolean {
  const [first, last] = boundsOf(file, FIELD_ID.timestamp);
  return isOld(first, goes) && isOld((first + last) / 2, goes);
}

/** Whether a file has rows below; its bounds do not say so where it has several partitions. */
async function holdsBelow(
  table: Table,
  file: DataFile,
  below: OffsetsBelow,
  pace: RewriteOptions['pace'],
): Promise<boolean> {
  if (rowsBelow(file, below) === 'none') return false;
  // The Parquet library is loaded by whoever rewrites a table, and by nobody else.
  const { DataFileReader } = await import('./parquet/data-file-reader.ts');
  const { warehouse } = table.context;
  const reader = await DataFileReader.open(warehouse.store, keyIn(warehouse, file.path), file, table.schema);
  for (;;) {
    const block = await reader.nextKeys();
    if (block === undefined) return false;
    await pace?.((file.fileSizeInBytes * block.rows) / file.recordCount / 4);
    for (let row = 0; row < block.rows; row++)
      if (block.offset[row]! < (below.get(block.partition[row]!) ?? 0)) return true;
  }
}
