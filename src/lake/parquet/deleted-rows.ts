import type { ObjectStore } from '../../objects/types.ts';
import type { DataFile } from '../data-file.ts';
import { DELETE_FIELD_ID, type DeleteFile, unsupportedDelete } from '../row-deletes.ts';
import type { Schema } from '../schema.ts';
import { promotedOf, type RowBlock } from './data-file-reader.ts';
import { GroupReader, RAW, TEXT, UnreadableFile } from './group-reader.ts';
import { FIELD_ID } from './record-schema.ts';

/** Whether a row of a file was deleted by another engine. */
export type IsDeleted = (block: RowBlock, row: number) => boolean;

export interface DeletedRowsOptions {
  readonly store: ObjectStore;
  /** Undefined for a file that is not the table's to name. */
  readonly keyOf: (file: DeleteFile) => string | undefined;
  readonly schema: Schema;
  /** What delete files may take in memory. */
  readonly memoryBytes: number;
  /** Told of bytes read; may make wait, or reject to end it all. */
  readonly pace: (bytes: number) => Promise<void>;
}

/** A data file, and the delete files that apply to it. */
export interface DeletesOfFile {
  readonly file: DataFile;
  readonly deletes: readonly DeleteFile[];
}

/** Deletes by the values of some columns: the greatest sequence number that each combination was deleted with. */
interface DeletedValues {
  readonly ids: readonly number[];
  readonly sequences: Map<string, number>;
}

/** What a value that is remembered takes beside its text. */
const VALUE_BYTES = 64;

/**
 * What delete files say of the rows of some data files of one partition of the table. Places are a bit for each row; values are kept as they are,
 * as far as the memory goes. Rejects with UnreadableFile of the data file where the deletes of one cannot be told, and with the store's errors.
 */
export async function readDeletedRows(
  files: readonly DeletesOfFile[],
  options: DeletedRowsOptions,
): Promise<(file: DataFile) => IsDeleted | undefined> {
  const rows = new DeletedRows(files, options);
  const read = new Set<DeleteFile>();
  for (const { file, deletes } of files)
    for (const one of deletes) {
      if (read.has(one)) continue;
      read.add(one);
      try {
        await rows.read(one);
      } catch (error) {
        if ((error as Error).name.startsWith('Object') && (error as Error).name !== 'ObjectNotFound') throw error;
        if (
          error instanceof UnreadableFile ||
          error instanceof RangeError ||
          (error as Error).name === 'ObjectNotFound'
        )
          throw new UnreadableFile(file.path, `its deleted rows are not known: ${(error as Error).message}`);
        throw error;
      }
    }
  return (file) => rows.of(file);
}

class DeletedRows {
  readonly #options: DeletedRowsOptions;
  /** A bit for each row, by path. */
  readonly #places = new Map<string, Uint8Array>();
  readonly #values = new Map<string, DeletedValues>();
  #bytes = 0;

  constructor(files: readonly DeletesOfFile[], options: DeletedRowsOptions) {
    this.#options = options;
    for (const { file, deletes } of files) {
      if (!deletes.some(({ kind }) => kind === 'position')) continue;
      const bytes = Math.ceil(file.recordCount / 8);
      this.#bytes += bytes;
      // The count is what somebody wrote into a manifest.
      if (!(this.#bytes <= options.memoryBytes))
        throw new UnreadableFile(file.path, 'the places of its deleted rows do not fit the memory');
      this.#places.set(file.path, new Uint8Array(bytes));
    }
  }

  async read(file: DeleteFile): Promise<void> {
    const { store, keyOf, memoryBytes, pace } = this.#options;
    const unsupported = unsupportedDelete(file);
    const key = keyOf(file);
    if (unsupported !== undefined) throw new RangeError(unsupported);
    if (key === undefined) throw new RangeError(`${file.path} lies outside of the table's folder`);
    const groups = await GroupReader.open(store, key, file);
    if (groups.largestGroupBytes > memoryBytes) throw new RangeError(`${file.path} does not fit the memory`);
    const readGroup = file.kind === 'position' ? this.#positions(groups) : this.#equalities(groups, file);
    while (await readGroup());
    await pace(file.fileSizeInBytes);
  }

  of(file: DataFile): IsDeleted | undefined {
    const places = this.#places.get(file.path);
    const values = [...this.#values.values()].map(({ ids, sequences }) => {
      const columns = ids.map((id) => columnOf(this.#options.schema, id));
      return (block: RowBlock, row: number): boolean =>
        (file.sequence ?? 0) < (sequences.get(textOf(columns.map((column) => column(block, row)))) ?? 0);
    });
    if (places === undefined && values.length === 0) return undefined;
    return (block, row) => {
      const place = block.start + row;
      return ((places?.[place >> 3] ?? 0) & (1 << (place & 7))) !== 0 || values.some((deletes) => deletes(block, row));
    };
  }

  #positions(groups: GroupReader): () => Promise<boolean> {
    return async () =>
      (await groups.next('all', async ({ rows, column }) => {
        const paths = await column(DELETE_FIELD_ID.path, TEXT);
        const places = await column(DELETE_FIELD_ID.position);
        for (let row = 0; row < rows; row++) {
          const bits = this.#places.get(paths?.[row] as string);
          const place = Number(places?.[row] ?? Number.NaN);
          if (!Number.isSafeInteger(place) || place < 0) throw new RangeError('a place is missing, or is none');
          // Before it is shifted, which leaves 32 bits of it.
          if (bits !== undefined && place < 8 * bits.length) bits[place >> 3]! |= 1 << (place & 7);
        }
        return true;
      })) ?? false;
  }

  #equalities(groups: GroupReader, { equalityIds: ids, sequence, path }: DeleteFile): () => Promise<boolean> {
    const { schema, memoryBytes } = this.#options;
    if (ids.length === 0) throw new RangeError(`${path} does not say by which columns it deletes`);
    for (const id of ids) columnOf(schema, id);
    const values = this.#values.get(ids.join()) ?? { ids, sequences: new Map<string, number>() };
    this.#values.set(ids.join(), values);
    return async () =>
      (await groups.next('all', async ({ rows, column }) => {
        const columns = [];
        for (const id of ids) columns.push(await column(id, id === FIELD_ID.key || id === FIELD_ID.value ? RAW : TEXT));
        for (let row = 0; row < rows; row++) {
          const text = textOf(columns.map((found) => found?.[row]));
          const known = values.sequences.get(text);
          if (known === undefined) this.#bytes += 2 * text.length + VALUE_BYTES;
          if (this.#bytes > memoryBytes)
            throw new RangeError('the values by which rows are deleted do not fit the memory');
          values.sequences.set(text, Math.max(known ?? 0, sequence));
        }
        return true;
      })) ?? false;
  }
}

type ColumnValue = (block: RowBlock, row: number) => unknown;

const FIXED: Readonly<Record<number, ColumnValue>> = {
  [FIELD_ID.partition]: ({ partition }, row) => partition[row],
  [FIELD_ID.offset]: ({ offset }, row) => offset[row],
  [FIELD_ID.timestamp]: ({ timestamp }, row) => timestamp[row],
  [FIELD_ID.timestampType]: ({ timestampType }, row) => timestampType[row],
  [FIELD_ID.key]: ({ key }, row) => key[row],
  [FIELD_ID.value]: ({ value }, row) => value(row),
};

/** Finds the value of a column in a row. Throws RangeError for a column by which rows cannot be compared here. */
function columnOf(schema: Schema, id: number): ColumnValue {
  const name = schema.fields.find((field) => field.id === id)?.name;
  const at = promotedOf(schema).findIndex((column) => column.name === name);
  const found: ColumnValue | undefined = FIXED[id] ?? (at < 0 ? undefined : ({ promoted }, row) => promoted[at]![row]);
  if (found === undefined) throw new RangeError(`rows are deleted by the column with the field id ${id}`);
  return found;
}

/** A text for values that is the same for no others; null is like null, a narrow number like the wide one. */
function textOf(values: readonly unknown[]): string {
  const texts = values.map((value) => {
    if (value === null || value === undefined) return '';
    if (value instanceof Uint8Array)
      return `b${Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1')}`;
    return typeof value === 'string' ? `s${value}` : `v${value as number | bigint | boolean}`;
  });
  return texts.length === 1 ? texts[0]! : texts.map((text) => `${text.length}:${text}`).join('');
}
