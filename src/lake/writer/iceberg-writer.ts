import type { Clock } from '../../base/clock.ts';
import { currentLogFields, type LogFields, type Logger, withLogFields } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { ObjectStore } from '../../objects/types.ts';
import {
  type Catalog,
  CatalogUnavailable,
  NamespaceExists,
  NoSuchTable,
  TableExists,
  type TableIdentifier,
} from '../catalog.ts';
import type { DataFile } from '../data-file.ts';
import { DEFAULT_RETRY, type RetryPolicy } from '../iceberg/commit.ts';
import { keyIn, uuidText } from '../iceberg/files.ts';
import { specOf } from '../iceberg/metadata.ts';
import { createTable, loadTable, type Table } from '../iceberg/table.ts';
import { failureOf, type LakeMeters } from '../meters.ts';
import type { Schema } from '../schema.ts';
import { type Warehouse, warehouseAt } from '../warehouse.ts';
import { type ColumnBatch, memoryOf, split } from './batch.ts';
import { encodeBatch } from './batch-file.ts';

/** How batches are cut and tables remembered; may be changed while the writer works. */
export interface BatchConfig {
  readonly maxRowsPerBatch: number;
  readonly maxMemoryPerBatchBytes: number;
  /** Without it, a batch beyond a limit is refused. */
  readonly enableAutoSplit: boolean;
  /** Pieces of one batch that are stored at the same time. */
  readonly targetConcurrentBatches: number;
  readonly enableCatalogCaching: boolean;
  readonly catalogCacheTtlMs: number;
}

const DEFAULT_BATCH: BatchConfig = {
  maxRowsPerBatch: 50_000,
  maxMemoryPerBatchBytes: 128 * 1024 * 1024,
  enableAutoSplit: true,
  targetConcurrentBatches: 8,
  enableCatalogCaching: true,
  catalogCacheTtlMs: 5 * 60 * 1000,
};

export interface WriterConfig {
  readonly catalog: Catalog;
  /** How the object store's keys are written as URIs: `s3://bucket/prefix`, `file:///path`. */
  readonly base: string;
  /** The columns of the table where it has to be created. */
  readonly schema: Schema;
  readonly clock: Clock;
  readonly random: Random;
  readonly batch?: Partial<BatchConfig>;
  readonly retry?: Partial<RetryPolicy>;
  /** Told of batches, commits and transactions. */
  readonly meters?: LakeMeters;
  /** Is told in lines what happens; those of a transaction have its id, as `transaction`. A logger of pino will do. */
  readonly logger?: Pick<Logger, 'debug' | 'info' | 'warn'>;
}

interface Transaction {
  readonly id: string;
  readonly files: DataFile[];
}

/** Writes batches of rows to one table without partitions. Each call is one commit, or a part of the transaction that is open. */
export class IcebergWriter {
  readonly #config: WriterConfig;
  readonly #warehouse: Warehouse;
  readonly #identifier: TableIdentifier;
  #batch: BatchConfig;
  #retry: RetryPolicy;
  #cached: { readonly table: Table; readonly since: number } | undefined;
  #transaction: Transaction | undefined;

  constructor(config: WriterConfig, warehouse: Warehouse, identifier: TableIdentifier) {
    this.#config = config;
    this.#warehouse = warehouse;
    this.#identifier = identifier;
    this.#batch = { ...DEFAULT_BATCH, ...config.batch };
    this.#retry = { ...DEFAULT_RETRY, ...config.retry };
  }

  get batchConfig(): BatchConfig {
    return this.#batch;
  }

  setBatchConfig(change: Partial<BatchConfig>): void {
    this.#batch = { ...this.#batch, ...change };
  }

  get retryConfig(): RetryPolicy {
    return this.#retry;
  }

  /** Holds from the next load of the table on, which it causes. */
  setRetryConfig(change: Partial<RetryPolicy>): void {
    this.#retry = { ...this.#retry, ...change };
    this.clearCatalogCache();
  }

  /** How old the remembered table is; undefined when none is remembered. */
  catalogCacheInfo(): { readonly ageMs: number; readonly expired: boolean } | undefined {
    if (this.#cached === undefined) return undefined;
    const ageMs = this.#config.clock.monotonic() - this.#cached.since;
    return { ageMs, expired: ageMs >= this.#batch.catalogCacheTtlMs };
  }

  clearCatalogCache(): void {
    this.#cached = undefined;
  }

  /** The table, loaded or created. One that is remembered may be behind: a commit then loads it anew by itself. */
  async table(): Promise<Table> {
    if (this.#batch.enableCatalogCaching && this.catalogCacheInfo()?.expired === false && this.#cached !== undefined)
      return this.#cached.table;
    const { catalog, clock, random, schema, meters } = this.#config;
    const context = { catalog, warehouse: this.#warehouse, clock, random, retry: this.#retry, meter: meters };
    const load = (): Promise<Table> => loadTable(context, this.#identifier);
    const table = await load().catch(async (error: unknown) => {
      if (!(error instanceof NoSuchTable)) throw error;
      this.#say('info', {}, 'a table is made');
      await this.#createNamespaces();
      const made = createTable(context, this.#identifier, { schema });
      return made.catch((failure: unknown) => (failure instanceof TableExists ? load() : Promise.reject(failure)));
    });
    if (specOf(table.metadata, table.metadata['default-spec-id']).fields.length > 0)
      throw new RangeError('this writer does not write tables with partitions');
    this.#cached = { table, since: clock.monotonic() };
    this.#say('debug', { metadata: table.metadataLocation }, 'a table was loaded');
    return table;
  }

  async #createNamespaces(): Promise<void> {
    const { namespace } = this.#identifier;
    for (let levels = 1; levels <= namespace.length; levels++)
      await this.#config.catalog
        .createNamespace(namespace.slice(0, levels))
        .catch((error: unknown) => (error instanceof NamespaceExists ? undefined : Promise.reject(error)));
  }

  /** Writes rows: visible at once, or with the commit of the transaction that is open. A batch that is refused leaves nothing. */
  async writeBatch(batch: ColumnBatch): Promise<void> {
    const transaction = this.#transaction;
    if (transaction === undefined) return this.writeBatches([batch]);
    await withLogFields({ transaction: transaction.id }, async () => {
      const files = await this.#store(batch);
      if (this.#transaction === transaction) transaction.files.push(...files);
      else {
        await this.#discard(files);
        throw new Error(`transaction ${transaction.id} ended before the batch was stored`);
      }
    });
  }

  /** Writes all batches in one transaction of its own: all of them or none. Calls at the same time are commits of their own. */
  async writeBatches(batches: readonly ColumnBatch[]): Promise<void> {
    const id = this.#newId();
    await withLogFields({ transaction: id }, async () => {
      const files: DataFile[] = [];
      try {
        for (const batch of batches) files.push(...(await this.#store(batch)));
      } catch (error) {
        await this.#rolledBack(files, 'write');
        throw error;
      }
      await this.#commit(files);
    });
  }

  /** Opens the one transaction that a writer can have; gives its id. */
  beginTransaction(): string {
    const id = this.#newId();
    this.#transaction = { id, files: [] };
    return id;
  }

  #newId(): string {
    if (this.#transaction !== undefined) throw new Error(`transaction ${this.#transaction.id} is open`);
    return uuidText(this.#config.random);
  }

  /** Ends the transaction. Where it fails, its files go; but they stay where the catalog left open whether it happened (CatalogUnavailable). */
  async commitTransaction(id: string): Promise<void> {
    const { files } = this.#end(id);
    await withLogFields({ transaction: id }, () => this.#commit(files));
  }

  async #commit(files: readonly DataFile[]): Promise<void> {
    const { clock, meters } = this.#config;
    const rows = files.reduce((sum, { recordCount }) => sum + recordCount, 0);
    const facts = { files: files.length, rows };
    const began = clock.monotonic();
    try {
      if (files.length > 0) await (await this.table()).commit({ add: files });
      meters?.transaction('committed', 'none');
      const milliseconds = Math.round(clock.monotonic() - began);
      this.#say('info', { ...facts, milliseconds }, 'a transaction was committed');
    } catch (error) {
      const cause = failureOf(error);
      meters?.transaction('rolled-back', cause);
      this.clearCatalogCache();
      const isOpen = error instanceof CatalogUnavailable;
      const became = isOpen ? 'it is not known whether a transaction was committed' : 'a transaction was not committed';
      // The error itself is the caller's to tell.
      this.#say('warn', { ...facts, cause }, became);
      if (!isOpen) await this.#discard(files);
      throw error;
    }
  }

  /** Ends the transaction without a trace. */
  async rollbackTransaction(id: string): Promise<void> {
    const { files } = this.#end(id);
    await withLogFields({ transaction: id }, () => this.#rolledBack(files, 'asked'));
  }

  async #rolledBack(files: readonly DataFile[], cause: 'asked' | 'write'): Promise<void> {
    this.#config.meters?.transaction('rolled-back', cause);
    this.#say('info', { files: files.length, cause }, 'a transaction was rolled back');
    await this.#discard(files);
  }

  #say(level: 'debug' | 'info' | 'warn', fields: LogFields, message: string): void {
    const { namespace, name } = this.#identifier;
    this.#config.logger?.[level]({ table: [...namespace, name].join('.'), ...currentLogFields(), ...fields }, message);
  }

  #end(id: string): Transaction {
    const transaction = this.#transaction;
    if (transaction?.id !== id) throw new Error(`transaction ${id} is not open`);
    this.#transaction = undefined;
    return transaction;
  }

  async #discard(files: readonly DataFile[]): Promise<void> {
    if (files.length === 0) return;
    try {
      await this.#warehouse.store.delete(files.map((file) => keyIn(this.#warehouse, file.path)));
    } catch (err) {
      this.#config.meters?.left(files.length);
      this.#say('warn', { err, files: files.length }, 'files stay behind, for removeOrphans to find');
    }
  }

  /** Stores the rows of a batch; the files are part of no table yet. */
  async #store(batch: ColumnBatch): Promise<DataFile[]> {
    const { maxRowsPerBatch, maxMemoryPerBatchBytes, enableAutoSplit, targetConcurrentBatches } = this.#batch;
    const pieces = split(batch, maxRowsPerBatch, maxMemoryPerBatchBytes);
    if (pieces.length > 1 && !enableAutoSplit)
      throw new RangeError('the batch is beyond a limit, and may not be split');
    this.#config.meters?.split(pieces.length);
    this.#say('debug', { rows: batch.rows, pieces: pieces.length }, 'a batch is written');
    const table = await this.table();
    const files: DataFile[] = [];
    const lane = async (): Promise<void> => {
      for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) {
        this.#config.meters?.batch(piece.rows, memoryOf(piece));
        const { bytes, file } = await encodeBatch(table.schema, piece);
        const path = `${table.location}/data/${uuidText(this.#config.random)}.parquet`;
        await this.#warehouse.store.put(keyIn(this.#warehouse, path), bytes, { ifAbsent: true });
        files.push({ ...file, path, specId: table.metadata['default-spec-id'] });
      }
    };
    const lanes = await Promise.allSettled(Array.from({ length: Math.max(1, targetConcurrentBatches) }, lane));
    const failed = lanes.find((one) => one.status === 'rejected');
    if (failed !== undefined) {
      await this.#discard(files);
      throw failed.reason;
    }
    return files;
  }
}

/** A writer for the table `table` in the namespace tenant.dataset; the table is created with its first batch. */
export function createIcebergWriter(
  config: WriterConfig,
  objectStore: ObjectStore,
  tenant: string,
  dataset: string,
  table: string,
): IcebergWriter {
  const identifier = { namespace: [tenant, dataset], name: table };
  return new IcebergWriter(config, warehouseAt(config.base, objectStore), identifier);
}
