import { isWithin, type RewriteOptions, mergeGroups, replaceFiles } from './compact.ts';
import type { DataFile } from './data-file.ts';
import { FilesGone } from './iceberg/commit.ts';
import { removeSnapshots } from './iceberg/expire.ts';
import { keyIn } from './iceberg/files.ts';
import type { SnapshotId } from './iceberg/metadata.ts';
import type { Table } from './iceberg/table.ts';
import type { KeyBlock } from './parquet/data-file-reader.ts';
import { FIELD_ID } from './parquet/record-schema.ts';
import { type DeleteFile, DeleteIndex, unsupportedDelete } from './row-deletes.ts';

export interface EraseOptions extends RewriteOptions {
  /** Whether a file may hold a row that goes, by what the table says of the file. */
  readonly mayHold: (file: DataFile) => boolean;
  /** By which of the caller's reasons a row goes, counted from 0; -1 for one that stays. */
  readonly reason: (block: KeyBlock, row: number) => number;
  /** Whether a key is one that goes: delete files of other engines that name it go too. Missing: no delete file has to go. */
  readonly namesKey?: (key: Uint8Array) => boolean;
  /** Files end at so many bytes. */
  readonly cutBytes: number;
  readonly memoryBytes: number;
  /** Nothing of the table refers to these objects any more, or will once this is done: they are to be deleted. Durable when resolved. */
  readonly discard: (objectKeys: readonly string[]) => Promise<void>;
}

/** What was done. */
export interface EraseReport {
  /** Rows of the table that went, by reason. */
  readonly rows: readonly number[];
  /** Old snapshots that are gone. */
  readonly snapshots: number;
}

/** A branch or tag of the table names a snapshot with rows that have to go. */
export class SnapshotNamed extends Error {
  override readonly name = 'SnapshotNamed';
}

/** Times that others may take files which are being rewritten. */
const MAX_CONFLICTS = 5;

/**
 * Takes rows out of a table: the files that hold them are written anew without them, all in one commit, which carries the offsets of the log; then the
 * older snapshots that name such files are expired, and the files deleted. A crash at any point leaves something that the next call finishes.
 * Files outside of the table's own folder are nobody's to be read or replaced here. Delete files of other engines may hold values, too: where one may, the
 * data files that it is about are written anew, so that it goes. Rejects with UnreadableFile, SnapshotNamed, and with the errors of store and catalog.
 */
export async function eraseRows(table: Table, options: EraseOptions): Promise<EraseReport> {
  const holding = new FilesThatHold(table, options);
  for (let conflicts = 0; ; conflicts++) {
    await table.refresh();
    const { files, deletes } = await holding.of(undefined);
    const about = deletes.length === 0 ? [] : await filesAbout(table, deletes);
    try {
      const all = [...new Map([...files, ...about].map((file) => [file.path, file])).values()];
      const rows = all.length + deletes.length > 0 ? await replaceAll(table, all, options) : [];
      return { rows, snapshots: await expireHolders(table, holding, options) };
    } catch (error) {
      if (!(error instanceof FilesGone) || conflicts === MAX_CONFLICTS) throw error;
    }
  }
}

/** The data files that these delete files apply to: where they are written anew, the delete files are for nothing any more. */
function filesAbout(table: Table, deletes: readonly DeleteFile[]): Promise<DataFile[]> {
  const index = new DeleteIndex(deletes);
  return table.files((file) => isWithin(table, file) && index.of(file).length > 0);
}

/** Files of one snapshot with something that goes. */
interface Held {
  readonly files: readonly DataFile[];
  readonly deletes: readonly DeleteFile[];
}

/** Which files hold rows that go. Each is read once, whatever snapshots name it: files never change. */
class FilesThatHold {
  readonly #table: Table;
  readonly #options: EraseOptions;
  readonly #known = new Map<string, boolean>();

  constructor(table: Table, options: EraseOptions) {
    this.#table = table;
    this.#options = options;
  }

  /** Those of a snapshot, or of the current one. */
  async of(snapshotId: SnapshotId | undefined): Promise<Held> {
    const folder = `${this.#table.location}/`;
    const { mayHold, namesKey } = this.#options;
    const isNeeded = snapshotId === undefined;
    const files: DataFile[] = [];
    for (const file of await this.#table.files(({ path }) => path.startsWith(folder), snapshotId))
      if (mayHold(file) && (await this.#holds(file, isNeeded, () => this.#hasRow(file)))) files.push(file);
    const deletes: DeleteFile[] = [];
    if (namesKey === undefined) return { files, deletes };
    for (const file of await this.#table.deletes(snapshotId)) {
      if (!file.path.startsWith(folder) || !hasKeys(file) || !mayHold(file)) continue;
      if (await this.#holds(file, isNeeded, () => this.#hasKey(file, namesKey))) deletes.push(file);
    }
    return { files, deletes };
  }

  /** A file that is not there was discarded by an earlier attempt, unless the table needs it. */
  async #holds(file: DataFile, isNeeded: boolean, read: () => Promise<boolean>): Promise<boolean> {
    const known = this.#known.get(file.path);
    if (known !== undefined) return known;
    const { warehouse } = this.#table.context;
    const isGone = !isNeeded && (await warehouse.store.head(keyIn(warehouse, file.path))) === undefined;
    const holds = isGone || (await read());
    this.#known.set(file.path, holds);
    return holds;
  }

  async #hasRow(file: DataFile): Promise<boolean> {
    // The Parquet library is loaded by whoever rewrites a table, and by nobody else.
    const { DataFileReader } = await import('./parquet/data-file-reader.ts');
    const { warehouse } = this.#table.context;
    const { pace, reason } = this.#options;
    const reader = await DataFileReader.open(warehouse.store, keyIn(warehouse, file.path), file, this.#table.schema);
    for (;;) {
      const block = await reader.nextKeys();
      if (block === undefined) return false;
      await pace?.(file.columnSizes.size === 0 ? 0 : (file.fileSizeInBytes * block.rows) / file.recordCount / 4);
      for (let row = 0; row < block.rows; row++) if (reason(block, row) >= 0) return true;
    }
  }

  async #hasKey(file: DeleteFile, namesKey: (key: Uint8Array) => boolean): Promise<boolean> {
    // What cannot be read here may hold it.
    if (unsupportedDelete(file) !== undefined || file.kind === 'position') return true;
    const { GroupReader } = await import('./parquet/group-reader.ts');
    const { warehouse } = this.#table.context;
    const reader = await GroupReader.open(warehouse.store, keyIn(warehouse, file.path), file);
    for (;;) {
      const keys = await reader.next([FIELD_ID.key], ({ column }) => column(FIELD_ID.key));
      if (keys === undefined) return false;
      for (let row = 0; row < keys.length; row++) if (keys[row] && namesKey(keys[row] as Uint8Array)) return true;
    }
  }
}

/** Whether a delete file has keys of rows: deletes by key have, and deletes by place may repeat the row. */
function hasKeys({ equalityIds, columnSizes, valueCounts }: DeleteFile): boolean {
  return equalityIds.includes(FIELD_ID.key) || columnSizes.has(FIELD_ID.key) || valueCounts.has(FIELD_ID.key);
}

/** Puts files without the rows in the place of all of these, in one commit; the rows that went, by reason. */
async function replaceAll(table: Table, files: readonly DataFile[], options: EraseOptions): Promise<number[]> {
  const rows: number[] = [];
  const drop = (block: KeyBlock, row: number): boolean => {
    const reason = options.reason(block, row);
    if (reason >= 0) rows[reason] = (rows[reason] ?? 0) + 1;
    return reason >= 0;
  };
  await replaceFiles(table, { pace: () => Promise.resolve(), ...options, drop }, async (remake) => {
    const added: DataFile[] = [];
    let [dropped, deleted] = [0, 0];
    for (const group of mergeGroups(files)) {
      let left = group.map(({ file }) => file);
      while (left.length > 0) {
        const made = await remake(left);
        added.push(...made.added);
        dropped += made.dropped;
        deleted += made.deleted;
        left = left.slice(made.removed.length);
      }
    }
    return { removed: files, added, dropped, deleted };
  });
  return rows;
}

/** Expires the snapshots that name files which hold such rows; the number of them. */
async function expireHolders(table: Table, holding: FilesThatHold, { discard }: EraseOptions): Promise<number> {
  const { metadata, context } = table;
  const gone = new Set<SnapshotId>();
  const files = new Set<string>();
  for (const { 'snapshot-id': id } of metadata.snapshots) {
    if (id === metadata['current-snapshot-id']) continue;
    const held = await holding.of(id);
    const paths = [...held.files, ...held.deletes].map(({ path }) => path);
    if (paths.length === 0) continue;
    for (const path of paths) files.add(keyIn(context.warehouse, path));
    const name = Object.keys(metadata.refs).find((one) => metadata.refs[one]?.['snapshot-id'] === id);
    if (name !== undefined)
      throw new SnapshotNamed(`'${name}' names snapshot ${id} of ${table.identifier.name}, with rows that have to go`);
    gone.add(id);
  }
  if (gone.size === 0) return 0;
  // Before the commit: afterwards nothing would lead to them, were this cut off here.
  await discard([...files]);
  return removeSnapshots(table, ({ 'snapshot-id': id }) => gone.has(id), discard);
}
