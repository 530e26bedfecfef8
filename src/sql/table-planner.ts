import { fileURLToPath } from 'node:url';
import type { Clock } from '../base/clock.ts';
import type { Disk } from '../base/disk.ts';
import type { Metrics } from '../base/metrics.ts';
import type { Random } from '../base/random.ts';
import {
  type Catalog,
  type DataFile,
  loadTable,
  meteredCatalog,
  openCatalog,
  rowsBelow,
  type Table,
  tableColumns,
  TOPIC_ID,
  TOPICS_NAMESPACE,
  type Warehouse,
  warehouseAt,
} from '../lake/index.ts';
import { type BroughtFiles, LocalFiles } from '../objects/local-files.ts';
import { openStoreStack } from '../objects/open.ts';
import { SqlError } from './errors.ts';
import type { ResolvedTopic, SqlLakeOptions } from './messages.ts';
import { excludedBy } from './prune.ts';
import { countOf, type TablePlan } from './table-plan.ts';

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

  /** Rejects with CatalogUnavailable or ObjectStoreUnavailable. */
  static async open(options: SqlLakeOptions, parts: TablePlannerParts): Promise<TablePlanner> {
    const { objectsUrl, baseUri, catalogUrl, retry, cacheFolder, cacheBytes } = options;
    const cache = { folder: `${cacheFolder}/metadata`, maxBytes: METADATA_CACHE_BYTES };
    const store = await openStoreStack(objectsUrl, { ...parts, retry, cache });
    const local = await LocalFiles.open({
      store: await openStoreStack(objectsUrl, { ...parts, retry }),
      folder: `${cacheFolder}/files`,
      maxBytes: cacheBytes,
      ...(baseUri.startsWith('file:') && { root: fileURLToPath(baseUri) }),
    });
    const { metrics, clock } = parts;
    const catalog = meteredCatalog(await openCatalog(catalogUrl, { metrics }), metrics, clock);
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
    const { table, files } = known;
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
      of: countOf(files),
      goneBelow: left.some((file) => rowsBelow(file, topic.goneBelow) === 'some') ? topic.goneBelow : new Map(),
      excludedBy: [...reasons],
    };
  }

  /** Brings files of a plan. Rejects as LocalFiles does. */
  bring({ files }: Pick<TablePlan, 'files'>, signal: AbortSignal): Promise<BroughtFiles> {
    const wanted = files.map(({ path, fileSizeInBytes }) => ({
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
    const table = await loadTable(this.#catalog, this.#warehouse, identifier, clock, random);
    // Of an older topic of this name: the table of this one is still to be made.
    if (table.metadata.properties[TOPIC_ID] !== topicId) return undefined;
    if (await table.hasDeletes())
      throw new SqlError(
        `another engine has marked rows of the table of '${name}' as deleted; they have to be rewritten before SQL can read it`,
        409,
      );
    const found = { table, files: await table.files() };
    this.#checkPlaces(found);
    this.#remember(topicId, found);
    return found;
  }

  /** Whoever may write to the catalog could name the files of another topic, or any file of this machine. */
  #checkPlaces({ table, files }: KnownTable): void {
    const folder = this.#warehouse.keyOf(table.location);
    const outside = files.find(({ path }) => {
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
    let files = [...this.#known.values()].reduce((sum, known) => sum + known.files.length, 0);
    for (const [id, known] of this.#known) {
      if (files <= MAX_KNOWN_FILES) return;
      this.#known.delete(id);
      files -= known.files.length;
    }
  }
}
