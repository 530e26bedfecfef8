import type { ObjectStore } from '../objects/types.ts';
import type { DataFile } from './data-file.ts';
import type { Table } from './iceberg/table.ts';
import { DataFileReader, type RowBlock } from './parquet/data-file-reader.ts';
import { UnreadableFile, verifyForeignFile } from './parquet/group-reader.ts';
import { FIELD_ID, RECORD_ORDER } from './parquet/record-schema.ts';
import { type DeleteFile, unsupportedDelete } from './row-deletes.ts';
import type { Schema } from './schema.ts';

const DAY_MICROS = 86_400_000_000;

/**
 * Reads a data file back and checks it against its checksums and against what the table says of it: length, rows, order, partition, bounds, nulls.
 * Files of other engines, and delete files, are checked as far as Parquet goes. Rejects with UnreadableFile, which
 * says what is wrong, or with the store's error.
 */
export async function verifyDataFile(
  store: ObjectStore,
  objectKey: string,
  file: DataFile | DeleteFile,
  schema: Schema,
): Promise<void> {
  if ('kind' in file || file.sortOrderId !== RECORD_ORDER['order-id']) return verifyForeignFile(store, objectKey, file);
  const reader = await DataFileReader.open(store, objectKey, file, schema);
  reader.checkColumns();
  const check = new RowCheck(file);
  for (let block = await reader.next(); block !== undefined; block = await reader.next()) check.block(block);
  check.end();
}

/** Every file of a table with rows, or with what other engines say of rows. Rejects with the store's and the catalog's errors. */
export async function filesToVerify(table: Table): Promise<(DataFile | DeleteFile)[]> {
  const deletes = await table.deletes();
  // What cannot be read here cannot be checked either.
  return [...(await table.files()), ...deletes.filter((file) => unsupportedDelete(file) === undefined)];
}

/** Compares rows with what the table says of their file. */
class RowCheck {
  readonly #file: DataFile;
  readonly #lower: number;
  readonly #upper: number;
  #partition = -1;
  #offset = -1;
  #rows = 0;
  readonly #nulls = { key: 0, value: 0 };

  constructor(file: DataFile) {
    this.#file = file;
    this.#lower = longOf(file.lowerBounds.get(FIELD_ID.offset)) ?? Number.NEGATIVE_INFINITY;
    this.#upper = longOf(file.upperBounds.get(FIELD_ID.offset)) ?? Number.POSITIVE_INFINITY;
  }

  block(block: RowBlock): void {
    const day = this.#file.partition[0];
    for (let row = 0; row < block.rows; row++) {
      const [partition, offset] = [block.partition[row]!, block.offset[row]!];
      const where = `offset ${offset} of partition ${partition}`;
      if (partition < this.#partition || (partition === this.#partition && offset <= this.#offset))
        this.#wrong(`${where} comes after offset ${this.#offset} of partition ${this.#partition}`);
      if (offset < this.#lower || offset > this.#upper) this.#wrong(`${where} lies outside of the table's bounds`);
      if (Math.floor(block.timestamp[row]! / DAY_MICROS) !== day)
        this.#wrong(`${where} is of another day than its file`);
      [this.#partition, this.#offset] = [partition, offset];
      if (block.key[row] === null) this.#nulls.key++;
      if (block.value(row) === null) this.#nulls.value++;
    }
    this.#rows += block.rows;
  }

  end(): void {
    const { recordCount, nullValueCounts } = this.#file;
    if (this.#rows !== recordCount) this.#wrong(`it has ${this.#rows} rows, the table says ${recordCount}`);
    for (const column of ['key', 'value'] as const) {
      const expected = nullValueCounts.get(FIELD_ID[column]) ?? this.#nulls[column];
      if (expected !== this.#nulls[column])
        this.#wrong(`${this.#nulls[column]} rows have no ${column}, the table says ${expected}`);
    }
  }

  #wrong(reason: string): never {
    throw new UnreadableFile(this.#file.path, reason);
  }
}

/** A bound of a column of type long. */
function longOf(bound: Uint8Array | undefined): number | undefined {
  return bound?.length === 8 ? Number(Buffer.from(bound).readBigInt64LE()) : undefined;
}
