import {
  type CommitContext,
  type DataFile,
  filesToVerify,
  loadTable,
  NoSuchNamespace,
  NoSuchTable,
  type Table,
  type TableIdentifier,
  TOPICS_NAMESPACE,
  UnreadableFile,
  verifyDataFile,
} from '../../lake/index.ts';
import type { SegmentFault } from '../segments/verify.ts';

/** What reading the files of the topics' tables back came to. */
export interface TablesReport {
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
  readonly faults: readonly SegmentFault[];
}

/** Reads the data files of the topics' tables and checks each against its checksums and against what its table says of it. */
class TablesVerifier {
  readonly #context: CommitContext;
  readonly #faults: SegmentFault[] = [];
  #files = 0;
  #rows = 0;
  #bytes = 0;

  constructor(context: CommitContext) {
    this.#context = context;
  }

  async run(): Promise<TablesReport> {
    for (const identifier of await this.#identifiers()) {
      try {
        await this.#table(identifier);
      } catch (error) {
        // Its topic may be deleted meanwhile.
        if (!(error instanceof NoSuchTable)) this.#fault(identifier.name, 'its metadata', error);
      }
    }
    return { files: this.#files, rows: this.#rows, bytes: this.#bytes, faults: this.#faults };
  }

  async #identifiers(): Promise<readonly TableIdentifier[]> {
    try {
      return await this.#context.catalog.listTables([TOPICS_NAMESPACE]);
    } catch (error) {
      // No topic has had a table yet.
      if (error instanceof NoSuchNamespace) return [];
      throw error;
    }
  }

  async #table(identifier: TableIdentifier): Promise<void> {
    const { warehouse } = this.#context;
    const table = await loadTable(this.#context, identifier);
    for (const file of await filesToVerify(table)) {
      const key = warehouse.keyOf(file.path);
      // Another engine may have added what lies elsewhere: it cannot be read from here.
      if (key !== undefined) await this.#file(table, file, key);
    }
  }

  async #file(table: Table, file: DataFile, key: string): Promise<void> {
    const { schema, identifier, context } = table;
    try {
      await verifyDataFile(context.warehouse.store, key, file, schema);
    } catch (error) {
      if (await isGone(table, file)) return;
      this.#fault(identifier.name, key, error);
    }
    this.#files++;
    if (!('kind' in file)) this.#rows += file.recordCount;
    this.#bytes += file.fileSizeInBytes;
  }

  #fault(topic: string, what: string, error: unknown): void {
    const { message } = error as Error;
    this.#faults.push({
      where: `table ${topic}, ${what}`,
      problem: error instanceof UnreadableFile ? error.reason : message,
    });
  }
}

/** Whether a broker that runs has merged the file away, or dropped its table, meanwhile. */
async function isGone(table: Table, { path }: DataFile): Promise<boolean> {
  try {
    await table.refresh();
    return (await filesToVerify(table)).every((file) => file.path !== path);
  } catch (error) {
    return error instanceof NoSuchTable;
  }
}

/** The tables' part of `quarry segments verify`. Rejects with CatalogUnavailable. */
export function verifyTables(context: CommitContext): Promise<TablesReport> {
  return new TablesVerifier(context).run();
}
