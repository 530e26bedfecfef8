import { type MergePiece, type MergeRule, planMerge } from '../base/merge-policy.ts';
import { CatalogUnavailable } from './catalog.ts';
import type { DataFile } from './data-file.ts';
import { boundsOf } from './file-bounds.ts';
import { FilesGone } from './iceberg/commit.ts';
import { keyIn, uuidText } from './iceberg/files.ts';
import type { Table } from './iceberg/table.ts';
import type { RowBlock } from './parquet/data-file-reader.ts';
import type { Compression } from './parquet/parquet-file.ts';
import { FIELD_ID } from './parquet/record-schema.ts';
import { GROUP_ROWS } from './parquet/row-groups.ts';
import { memorySpool, type Spool } from './parquet/spool.ts';
import { DeleteIndex, partitionScope } from './row-deletes.ts';

/** What `compactTable` and `rewriteFiles` need beside the table; everything has a default. */
export interface RewriteOptions {
  readonly compression?: Compression;
  readonly rowGroupRows?: number;
  /** What the files that are read may take in memory; the row group that is written comes to it. */
  readonly memoryBytes?: number;
  /** Where a file is collected before it is stored; by default in memory. */
  readonly spool?: () => Spool;
  /** Told of bytes read or written; may make wait, or reject to end it. */
  readonly pace?: (bytes: number) => Promise<void>;
  /** Told of each key before something is stored there. */
  readonly announce?: (objectKey: string) => Promise<void>;
  /** Told what became of the keys. Not told where the catalog left that open. By default what was not committed is deleted. */
  readonly settle?: (files: {
    readonly committed: readonly string[];
    readonly abandoned: readonly string[];
  }) => Promise<void>;
}

export interface CompactOptions extends RewriteOptions {
  readonly rule: MergeRule;
  /** Rows that are left out of what is written; by default none. */
  readonly drop?: (block: RowBlock, row: number) => boolean;
  /** Ends after the commit under way. */
  readonly signal?: AbortSignal;
  /** Files that cannot be rewritten, with the reason: they are left out, and those that are found are added. */
  readonly aside?: Map<string, string>;
}

/** What was done. */
export interface CompactReport {
  /** Commits. */
  merges: number;
  filesBefore: number;
  filesAfter: number;
  rows: number;
  /** Rows that were left out. */
  dropped: number;
  /** Rows that were left out because other engines had deleted them. */
  deleted: number;
  bytesRead: number;
  bytesWritten: number;
  /** Times that somebody else had taken a file, and all was looked at anew. */
  conflicts: number;
}

const MEMORY_BYTES = 256 * 1024 * 1024;
/** The share of it that what other engines deleted may take beside the rows: one in so many. */
const DELETES_SHARE = 4;
/** Commits that may be lost to others in one run. */
const MAX_CONFLICTS = 5;

/** What one rewrite did. */
export interface Rewritten {
  readonly removed: readonly DataFile[];
  readonly added: readonly DataFile[];
  readonly dropped: number;
  /** Rows that other engines had deleted. */
  readonly deleted: number;
}

/** What a merge begins with. */
export const noMerges = (): CompactReport => ({
  merges: 0,
  filesBefore: 0,
  filesAfter: 0,
  rows: 0,
  dropped: 0,
  deleted: 0,
  bytesRead: 0,
  bytesWritten: 0,
  conflicts: 0,
});

/**
 * Merges small data files of a topic's table into larger ones until the rule is content. Rows (but for those that `drop` names), log offsets and old
 * snapshots stay as they are; each merge is one snapshot, of the operation `replace` where no row was dropped. What other engines deleted in these files is left out, and their delete files go when they are for no file any more. A crash at any point leaves the table as it was or as it should be. Rejects with the store's and the
 * catalog's errors; what was committed by then stays.
 */
export async function compactTable(table: Table, options: CompactOptions): Promise<CompactReport> {
  const { rule, signal, aside = new Map<string, string>() } = options;
  const report = noMerges();
  await table.refresh();
  while (signal?.aborted !== true) {
    const files = await table.files((file) => !aside.has(file.path) && isWithin(table, file));
    const plan = nextMerge(files, rule);
    if (plan === undefined) return report;
    try {
      const done = await rewriteFiles(table, plan.pieces, { ...options, cutBytes: plan.cutBytes, leastFiles: 2 });
      count(report, done);
    } catch (error) {
      if (isUnreadable(error)) aside.set(error.path, error.message);
      else if (error instanceof FilesGone && report.conflicts < MAX_CONFLICTS) {
        report.conflicts++;
        await table.refresh();
      } else throw error;
    }
  }
  return report;
}

/** Whether a file lies in the folder of its table. Others may write a table, and name in it what is not theirs. */
export function isWithin({ context: { warehouse }, location }: Table, { path }: Pick<DataFile, 'path'>): boolean {
  const key = warehouse.keyOf(path);
  return key?.startsWith(`${keyIn(warehouse, location)}/`) === true && !key.split('/').includes('..');
}

/** The module of the reader is loaded by whoever rewrites: its errors are known by name. */
const isUnreadable = (error: unknown): error is Error & { readonly path: string } =>
  error instanceof Error && error.name === 'UnreadableFile';

function count(report: CompactReport, { removed, added, dropped, deleted }: Rewritten): void {
  const sum = (files: readonly DataFile[], of: (file: DataFile) => number): number =>
    files.reduce((all, file) => all + of(file), 0);
  report.merges++;
  report.filesBefore += removed.length;
  report.filesAfter += added.length;
  report.rows += sum(added, (file) => file.recordCount);
  report.dropped += dropped;
  report.deleted += deleted;
  report.bytesRead += sum(removed, (file) => file.fileSizeInBytes);
  report.bytesWritten += sum(added, (file) => file.fileSizeInBytes);
}

type FilePiece = MergePiece & { readonly file: DataFile };

/** Files by what may be merged with each other: those of one partition of the table. */
export function mergeGroups(files: readonly DataFile[]): FilePiece[][] {
  return [...Map.groupBy(files, partitionScope).values()].map((group) => group.map(pieceOf));
}

/** What should be merged next; undefined when nothing. */
export function nextMerge(
  files: readonly DataFile[],
  rule: MergeRule,
): { readonly pieces: readonly DataFile[]; readonly cutBytes: number } | undefined {
  for (const group of mergeGroups(files)) {
    const plan = planMerge(group, rule);
    if (plan !== undefined) return { pieces: plan.pieces.map(({ file }) => file), cutBytes: plan.cutBytes };
  }
  return undefined;
}

/** A file as the policy sees it: readers leave it out by partition and offset. */
function pieceOf(file: DataFile): FilePiece {
  const bounds = [FIELD_ID.partition, FIELD_ID.offset].map((id) => boundsOf(file, id));
  return { file, bytes: file.fileSizeInBytes, low: bounds.map(([low]) => low), high: bounds.map(([, high]) => high) };
}

/** How files are made anew. */
interface RemakeOptions extends RewriteOptions {
  readonly cutBytes: number;
  /** Where fewer fit into the memory, the first is named as unreadable. */
  readonly leastFiles?: number;
  readonly drop?: (block: RowBlock, row: number) => boolean;
  /** Properties of the table that the same commit sets. */
  readonly properties?: Readonly<Record<string, string>>;
}

/**
 * Puts new files in the place of some of one partition of the table, without the rows that `drop` names, in one commit. Where memory is short only the first
 * files are taken; `removed` says which. Rejects with FilesGone when somebody else took one of them or deleted rows of it, with UnreadableFile, and with
 * the errors of store and catalog.
 */
export function rewriteFiles(table: Table, files: readonly DataFile[], options: RemakeOptions): Promise<Rewritten> {
  return replaceFiles(table, options, (remake) => remake(files));
}

/**
 * Puts what `make` makes in the place of what it names, in one commit. `make` is given a function that stores files with the rows of others, of one
 * partition at a time. What was stored is settled in the end, whatever comes of it. Rejects as `rewriteFiles` does.
 */
export async function replaceFiles(
  table: Table,
  options: RemakeOptions,
  make: (remake: (files: readonly DataFile[]) => Promise<Rewritten>) => Promise<Rewritten>,
): Promise<Rewritten> {
  // The Parquet library is loaded by whoever rewrites a table, and by nobody else.
  const { mergeDataFiles } = await import('./parquet/merge-files.ts');
  const { warehouse, random } = table.context;
  const { store } = warehouse;
  const keys: string[] = [];
  const deletes = await table.deletes();
  const remake = async (files: readonly DataFile[]): Promise<Rewritten> => {
    const { merged, made, dropped, deleted } = await mergeDataFiles(files, {
      compression: 'zstd',
      rowGroupRows: GROUP_ROWS,
      memoryBytes: MEMORY_BYTES,
      spool: memorySpool,
      pace: turn,
      leastFiles: 1,
      ...options,
      store,
      keyOf: ({ path }) => keyIn(warehouse, path),
      schema: table.schema,
      ...(deletes.length > 0 && { deletedRows: deletedRowsOf(table, new DeleteIndex(deletes), options) }),
      write: async (body) => {
        const uri = `${table.location}/data/${uuidText(random)}.parquet`;
        const key = keyIn(warehouse, uri);
        keys.push(key);
        await options.announce?.(key);
        await store.put(key, body, { ifAbsent: true });
        return uri;
      },
    });
    return { removed: merged, added: made, dropped, deleted };
  };
  let done: Rewritten;
  try {
    done = await make(remake);
    const { properties } = options;
    const remove = done.removed.map(({ path }) => path);
    const applied = { deletes: new Set(deletes.map(({ path }) => path)), rows: done.deleted };
    await table.commit({ add: done.added, remove, applied, ...(properties !== undefined && { properties }) });
  } catch (error) {
    // Where the catalog did not say whether it happened, the files may be part of the table.
    if (!(error instanceof CatalogUnavailable)) await settledFiles(table, { committed: [], abandoned: keys }, options);
    throw error;
  }
  await settledFiles(table, { committed: keys, abandoned: [] }, options);
  return done;
}

/** How the rows are found that other engines deleted, as the table was last loaded. */
function deletedRowsOf(table: Table, index: DeleteIndex, options: RewriteOptions) {
  return async (files: readonly DataFile[]) => {
    const { readDeletedRows } = await import('./parquet/deleted-rows.ts');
    const { warehouse } = table.context;
    return readDeletedRows(
      files.map((file) => ({ file, deletes: index.of(file) })),
      {
        store: warehouse.store,
        keyOf: (file) => (isWithin(table, file) ? keyIn(warehouse, file.path) : undefined),
        schema: table.schema,
        memoryBytes: Math.floor((options.memoryBytes ?? MEMORY_BYTES) / DELETES_SHARE),
        pace: options.pace ?? turn,
      },
    );
  };
}

/** Says what became of files; what is given up is deleted where nobody cares. That is best effort: what stays is found by the removal of orphans. */
async function settledFiles(
  table: Table,
  files: Parameters<NonNullable<RewriteOptions['settle']>>[0],
  { settle }: RewriteOptions,
): Promise<void> {
  const { committed, abandoned } = files;
  if (committed.length > 0) return settle?.(files);
  if (abandoned.length === 0) return;
  const gone = settle?.(files) ?? table.context.warehouse.store.delete(abandoned);
  await gone.catch(() => undefined);
}

/** Lets other work of the thread run. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
