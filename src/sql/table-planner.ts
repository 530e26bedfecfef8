import { fileURLToPath } from 'node:url';
import type { Clock } from '../base/clock.ts';
import type { Disk } from '../base/disk.ts';
import type { Metrics } from '../base/metrics.ts';
import type { Random } from '../base/random.ts';
import {
  type Catalog,
  type DataFile,
  type DeleteFile,
  DeleteIndex,
  InvalidMetadata,
  lazyCatalog,
  loadTable,
  meteredCatalog,
  openCatalog,
  rowsBelow,
  type Schema,
  type Table,
  tableColumns,
  TOPIC_ID,
  TOPICS_NAMESPACE,
  unsupportedDelete,
  type Warehouse,
  warehouseAt,
} from '../lake/index.ts';
import { type BroughtFiles, LocalFiles } from '../objects/local-files.ts';
import { openStoreStack } from '../objects/open.ts';
import { SqlError } from './errors.ts';
import type { ResolvedTopic, SqlLakeOptions } from './messages.ts';
import { excludedBy } from './prune.ts';
import { countOf, type PlannedDeletes, type TablePlan } from './table-plan.ts';

export interface TablePlannerParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly metrics: Metrics;
}

/** A table as it was at one metadata file. */
interface KnownTable {
  readonly table: Table;
  readonly files: readonly DataFile[];
  readonly deletes: readonly DeleteFile[];
}

/** Manifests and other small files of remote stores that are kept on the local disk. */
const METADATA_CACHE_BYTES = 64 * 1024 * 1024;
/** Files of tables that are remembered between queries. */
const MAX_KNOWN_FILES = 20_000;

/** Finds the files of topics' tables and brings them to the local disk. */
export class TablePlanner {
  readonly #parts: TablePlannerParts;
  readonly #catalog: Catalog;
  readonly #warehouse: Warehouse;
  readonly #local: LocalFiles;
  /** By topic id, in order of use. */
  readonly #known = new Map<string, KnownTable>();

  private constructor(parts: TablePlannerParts, catalog: Catalog, warehouse: Warehouse, local: LocalFiles) {
    this.#parts = parts;
    this.#catalog = catalog;
    this.#warehouse = warehouse;
    this.#local = local;
  }

  /** Rejects with ObjectStoreUnavailable, or where the local disk cannot be used. The catalog is opened by the first query that asks it. */
  static async open(options: SqlLakeOptions, parts: TablePlannerParts): Promise<TablePlanner> {
    const { objectsUrl, baseUri, catalogUrl, retry, cacheFolder, cacheBytes } = options;
    const local = await LocalFiles.open({
      store: await openStoreStack(objectsUrl, { ...parts, retry }),
      folder: `${cacheFolder}/files`,
      maxBytes: cacheBytes,
      ...(baseUri.startsWith('file:') && { root: fileURLToPath(baseUri) }),
    });
    const { metrics, clock } = parts;
    const catalog = meteredCatalog(
      lazyCatalog(() => openCatalog(catalogUrl, { metrics })),
      metrics,
      clock,
    );
    // Last: its cache has metrics, which can be made once. What fails before is tried again by the next query.
    const cache = { folder: `${cacheFolder}/metadata`, maxBytes: METADATA_CACHE_BYTES };
    const store = await openStoreStack(objectsUrl, { ...parts, retry, cache });
    return new TablePlanner(parts, catalog, warehouseAt(baseUri, store), local);
  }

  /** Bytes of files on the local disk. */
  get cacheBytes(): number {
    return this.#local.bytes;
  }

  /** Undefined for a topic that has no table (yet). Rejects with CatalogUnavailable, ObjectStoreUnavailable, SqlError. */
  async plan(topic: ResolvedTopic): Promise<TablePlan | undefined> {
    const known = await this.#load(topic);
    if (known === undefined) return undefined;
    const { table, files, deletes } = known;
    const { schema } = table;
    const reasons = new Set<string>();
    const left = files.filter((file) => {
      const reason = rowsBelow(file, topic.goneBelow) === 'all' ? 'offset' : excludedBy(file, schema, topic.bounds);
      if (reason !== undefined) reasons.add(reason);
      return reason === undefined;
    });
    return {
      snapshotId: String(table.metadata['current-snapshot-id'] ?? 'none'),
      schema,
      promoted: tableColumns(schema, table.metadata.properties),
      offsets: table.logOffsets(),
      files: left,
      deletes: plannedDeletes(table, left, deletes),
      of: countOf(files),
      goneBelow: left.some((file) => rowsBelow(file, topic.goneBelow) === 'some') ? topic.goneBelow : new Map(),
      excludedBy: [...reasons],
    };
  }

  /** Brings files of a plan, then those with its deletes. Rejects as LocalFiles does. */
  bring({ files, deletes }: Pick<TablePlan, 'files' | 'deletes'>, signal: AbortSignal): Promise<BroughtFiles> {
    const wanted = [...files, ...(deletes?.files ?? [])].map(({ path, fileSizeInBytes }) => ({
      key: this.#warehouse.keyOf(path) ?? path,
      size: fileSizeInBytes,
    }));
    return this.#local.bring(wanted, signal);
  }

  async #load({ topicId, name }: ResolvedTopic): Promise<KnownTable | undefined> {
    const identifier = { namespace: [TOPICS_NAMESPACE], name };
    const location = await this.#catalog.metadataLocation(identifier);
    const remembered = this.#known.get(topicId);
    this.#known.delete(topicId);
    if (location === undefined) return undefined;
    if (remembered?.table.metadataLocation === location) {
      this.#known.set(topicId, remembered);
      return remembered;
    }
    const { clock, random } = this.#parts;
    const table = await loadTable(
      { catalog: this.#catalog, warehouse: this.#warehouse, clock, random },
      identifier,
    ).catch((error: unknown) => {
      if (error instanceof InvalidMetadata) throw new SqlError(`the table of '${name}': ${error.message}`, 409);
      throw error;
    });
    // Of an older topic of this name: the table of this one is still to be made.
    if (table.metadata.properties[TOPIC_ID] !== topicId) return undefined;
    const found = { table, files: await table.files(), deletes: await table.deletes() };
    this.#checkPlaces(found);
    this.#remember(topicId, found);
    return found;
  }

  /** Whoever may write to the catalog could name the files of another topic, or any file of this machine. */
  #checkPlaces({ table, files, deletes }: KnownTable): void {
    const folder = this.#warehouse.keyOf(table.location);
    const outside = [...files, ...deletes].find(({ path }) => {
      const key = this.#warehouse.keyOf(path);
      return (
        folder === undefined || key === undefined || !key.startsWith(`${folder}/`) || key.split('/').includes('..')
      );
    });
    if (outside !== undefined)
      throw new SqlError(`the table has a file that lies outside of its folder: ${outside.path}`, 409);
  }

  #remember(topicId: string, found: KnownTable): void {
    this.#known.set(topicId, found);
    const countFiles = (known: KnownTable): number => known.files.length + known.deletes.length;
    let files = [...this.#known.values()].reduce((sum, known) => sum + countFiles(known), 0);
    for (const [id, known] of this.#known) {
      if (files <= MAX_KNOWN_FILES) return;
      this.#known.delete(id);
      files -= countFiles(known);
    }
  }
}

/** What other engines deleted in files. Throws SqlError for deletes that cannot be applied. */
function plannedDeletes(
  { metadata, schema }: Table,
  files: readonly DataFile[],
  deletes: readonly DeleteFile[],
): PlannedDeletes | undefined {
  const index = new DeleteIndex(deletes);
  const needed = new Set<DeleteFile>();
  const marked = new Set<string>();
  if (!index.isEmpty)
    for (const file of files)
      for (const one of index.of(file)) {
        marked.add(file.path);
        needed.add(one);
      }
  if (needed.size === 0) return undefined;
  const schemas = [schema, ...metadata.schemas.toReversed()];
  const columns = new Map<number, Schema['fields'][number]>();
  for (const one of needed) {
    const unsupported = unsupportedDelete(one);
    if (unsupported !== undefined) throw new SqlError(`${unsupported}; SQL cannot read the table`, 409);
    if (one.kind === 'equality' && one.equalityIds.length === 0)
      throw new SqlError(`${one.path} does not say by which columns rows are deleted`, 409);
    for (const id of one.equalityIds) {
      const field = schemas.flatMap(({ fields }) => fields).find((found) => found.id === id);
      if (field === undefined || typeof field.type !== 'string')
        throw new SqlError(`rows are deleted by the column with the field id ${id}, which SQL cannot compare`, 409);
      columns.set(id, field);
    }
  }
  return { marked, files: [...needed], columns: [...columns.values()] };
}
