import { type Table, type TrimReport, trimRows } from '../../lake/index.ts';
import type { TableHost, TableTrim } from './types.ts';

/** Decompressed rows in memory at once. */
const MEMORY_BYTES = 64 * 1024 * 1024;
/** Files end at so many bytes. */
const CUT_BYTES = 64 * 1024 * 1024;

/** Lets rows go from a table that are too old, or that somebody had deleted from the log. */
export function trimTable(
  table: Table,
  { below, olderThan }: TableTrim,
  host: Pick<TableHost, 'announce' | 'settle'>,
): Promise<TrimReport> {
  return trimRows(table, {
    below,
    olderThan,
    cutBytes: CUT_BYTES,
    memoryBytes: MEMORY_BYTES,
    announce: (objectKey) => host.announce(objectKey),
    settle: (files) => host.settle(files),
  });
}
