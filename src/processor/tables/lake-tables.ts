import type { Clock } from '../../base/clock.ts';
import { type Random, uuidToString } from '../../base/random.ts';
import {
  type Catalog,
  COLUMNS_KEY,
  type ColumnPlan,
  type CommitMeter,
  createTable,
  type DataFile,
  filesToVerify,
  type FrozenMemtable,
  inferColumns,
  type LogOffsets,
  loadTable,
  namedFiles,
  NamespaceExists,
  NoSuchTable,
  planColumns,
  type PromotedColumn,
  RECORD_ORDER,
  RECORD_SPEC,
  recordSchema,
  type Table,
  type TableColumn,
  tableColumns,
  type TableIdentifier,
  type TableUpdate,
  TOPIC_ID,
  TOPICS_NAMESPACE,
  type TrimReport,
  UnreadableFile,
  verifyDataFile,
  type Warehouse,
  writeDataFiles,
} from '../../lake/index.ts';
import type { ValueReader } from '../../lake/values/value-reader.ts';
import { eraseKeys } from './erase-keys.ts';
import { trimTable } from './trim-table.ts';
import {
  type FileVerdict,
  type OffsetMoves,
  type TableFileName,
  type TableFileSettings,
  type TableErasure,
  type TableHost,
  tableFolder,
  type TableTopicSpec,
  type TableTrim,
  type TopicTableFiles,
  type TopicTables,
  type WrittenFiles,
} from './types.ts';

export interface LakeTablesParts {
  readonly catalog: Catalog;
  readonly warehouse: Warehouse;
  readonly clock: Clock;
  readonly random: Random;
  readonly host: Pick<TableHost, 'announce' | 'settle' | 'discard'>;
  readonly files: TableFileSettings;
  readonly values: ValueReader;
  readonly meter: CommitMeter;
  /** Told of each commit to the table of a topic. */
  readonly onCommit: (topicId: string) => void;
}

const fileName = ({ path }: DataFile): string => path.slice(path.lastIndexOf('/') + 1);

const identifierOf = (name: string): TableIdentifier => ({ namespace: [TOPICS_NAMESPACE], name });

/** Where a table is set aside whose name another topic has. */
const asideOf = ({ topicId, name }: Pick<TableTopicSpec, 'topicId' | 'name'>): TableIdentifier =>
  identifierOf(`${name}.${topicId}`);

/** The topics' tables in an Iceberg catalog and an object store. */
export class LakeTables implements TopicTables {
  readonly #parts: LakeTablesParts;
  #namespace: Promise<void> | undefined;
  /** The files of the table that was last listed. */
  #listed:
    | { readonly topicId: string; readonly table: Table | undefined; readonly files: ReadonlyMap<string, DataFile> }
    | undefined;

  constructor(parts: LakeTablesParts) {
    this.#parts = parts;
  }

  async open(topic: Pick<TableTopicSpec, 'topicId' | 'name'>): Promise<TopicTableFiles> {
    const { catalog, warehouse, clock, random, meter } = this.#parts;
    await this.#ensureNamespace();
    const identifier = identifierOf(topic.name);
    let found = await this.#load(identifier);
    const owner = found?.metadata.properties[TOPIC_ID] ?? 'unknown';
    if (found !== undefined && owner !== topic.topicId) {
      // Not dropped: where the metadata was lost, or another broker shares the catalog, the table is all that is left of its topic.
      await catalog.renameTable(identifier, asideOf({ topicId: owner, name: topic.name }));
      found = undefined;
    }
    found ??= await createTable({ catalog, warehouse, clock, random, meter }, identifier, {
      location: tableFolder(topic.topicId, topic.name),
      schema: recordSchema([]),
      spec: RECORD_SPEC,
      sortOrder: RECORD_ORDER,
      properties: { [TOPIC_ID]: topic.topicId },
    });
    return new LakeTable(found, topic.topicId, this.#parts);
  }

  /** The table of a topic as it is now; undefined where it has none. */
  async table({ topicId, name }: Pick<TableTopicSpec, 'topicId' | 'name'>): Promise<Table | undefined> {
    const found = await this.#load(identifierOf(name));
    return found?.metadata.properties[TOPIC_ID] === topicId ? found : undefined;
  }

  /** The objects go last: as long as there are some, a crash leaves a table that is found to have to go. */
  async drop({ topicId, name }: Pick<TableTopicSpec, 'topicId' | 'name'>): Promise<void> {
    const { catalog, warehouse, host } = this.#parts;
    // A new topic of the same name may have set it aside.
    for (const identifier of [identifierOf(name), asideOf({ topicId, name })]) {
      const found = await this.#load(identifier);
      if (found?.metadata.properties[TOPIC_ID] === topicId) await catalog.dropTable(identifier);
    }
    const keys: string[] = [];
    for await (const { key } of warehouse.store.list(`${tableFolder(topicId, name)}/`)) keys.push(key);
    await host.discard(keys);
  }

  async ask(): Promise<void> {
    await this.#parts.catalog.listNamespaces();
  }

  async erase(task: TableErasure): Promise<readonly number[]> {
    const found = await this.#load(identifierOf(task.name));
    if (found?.metadata.properties[TOPIC_ID] !== task.topicId) return task.keys.map(() => 0);
    return eraseKeys(found, task, this.#parts.host);
  }

  async trim(task: TableTrim): Promise<TrimReport | undefined> {
    const found = await this.table(task);
    return found && trimTable(found, task, this.#parts.host);
  }

  async files(topic: Pick<TableTopicSpec, 'topicId' | 'name'>): Promise<readonly string[]> {
    const found = await this.#load(identifierOf(topic.name));
    const files = found?.metadata.properties[TOPIC_ID] === topic.topicId ? await filesToVerify(found) : [];
    const named = new Map(files.map((file) => [fileName(file), file]));
    this.#listed = { topicId: topic.topicId, table: found, files: named };
    return [...named.keys()].sort();
  }

  async verify({ topicId, name, file: wanted }: TableFileName): Promise<FileVerdict> {
    const { warehouse } = this.#parts;
    if (this.#listed?.topicId !== topicId || !this.#listed.files.has(wanted)) await this.files({ topicId, name });
    const { table, files } = this.#listed ?? {};
    const file = files?.get(wanted);
    const objectKey = warehouse.keyOf(file?.path ?? '');
    if (table === undefined || file === undefined || objectKey === undefined) return { bytes: 0, problem: undefined };
    const bytes = file.fileSizeInBytes;
    try {
      await verifyDataFile(warehouse.store, objectKey, file, table.schema);
      return { bytes, problem: undefined };
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      // It may have been rewritten and deleted meanwhile.
      const isThere = (await this.files({ topicId, name })).includes(wanted);
      return { bytes, problem: isThere ? error.message : undefined };
    }
  }

  close(): Promise<void> {
    return this.#parts.catalog.close();
  }

  async #load(identifier: TableIdentifier): Promise<Table | undefined> {
    const { catalog, warehouse, clock, random, meter } = this.#parts;
    try {
      return await loadTable({ catalog, warehouse, clock, random, meter }, identifier);
    } catch (error) {
      if (error instanceof NoSuchTable) return undefined;
      throw error;
    }
  }

  #ensureNamespace(): Promise<void> {
    this.#namespace ??= this.#parts.catalog.createNamespace([TOPICS_NAMESPACE]).catch((error: unknown) => {
      if (error instanceof NamespaceExists) return;
      this.#namespace = undefined;
      throw error;
    });
    return this.#namespace;
  }
}

function updatesOf({ schema, property }: ColumnPlan): TableUpdate[] {
  const updates: TableUpdate[] = [];
  if (schema !== undefined)
    updates.push({ action: 'add-schema', schema }, { action: 'set-current-schema', 'schema-id': -1 });
  if (property !== undefined) updates.push({ action: 'set-properties', updates: { [COLUMNS_KEY]: property } });
  return updates;
}

/** The wanted columns, and of the others those that are taken from other fields. */
function withMore(wanted: readonly PromotedColumn[], more: readonly PromotedColumn[]): PromotedColumn[] {
  const fields = new Map<string, PromotedColumn>();
  for (const column of [...wanted, ...more]) {
    const field = column.path.join('.');
    if (!fields.has(field)) fields.set(field, column);
  }
  return [...fields.values()];
}

/** One topic's table. */
class LakeTable implements TopicTableFiles {
  readonly prefix: string;
  readonly #table: Table;
  readonly #parts: LakeTablesParts;
  readonly #warehouse: Warehouse;
  readonly #topicId: string;
  #wanted: readonly PromotedColumn[] = [];
  #infer = false;
  #columns: readonly TableColumn[] = [];

  constructor(table: Table, topicId: string, parts: LakeTablesParts) {
    this.#table = table;
    this.#topicId = topicId;
    this.#parts = parts;
    this.#warehouse = parts.warehouse;
    const prefix = this.#warehouse.keyOf(table.location);
    if (prefix === undefined) throw new Error(`the table lies at ${table.location}, outside of the object store`);
    this.prefix = `${prefix}/`;
  }

  offsets(): LogOffsets {
    return this.#table.logOffsets();
  }

  refresh(): Promise<void> {
    return this.#table.refresh();
  }

  fence(): Promise<void> {
    // Changes nothing, and moves the catalog's pointer all the same.
    return this.#table.update([{ action: 'set-properties', updates: {} }]);
  }

  evolve(wanted: readonly PromotedColumn[], infer: boolean): Promise<readonly string[]> {
    this.#wanted = wanted;
    this.#infer = infer;
    return this.#change([]);
  }

  /** Brings the table's columns in line with what is wanted and `inferred`. */
  async #change(inferred: readonly PromotedColumn[]): Promise<readonly string[]> {
    let plan: ColumnPlan | undefined;
    // Made anew for the metadata of each attempt: another engine may have given the next field id to a column of its own.
    await this.#table.commitWith(async (metadata) => {
      const schema = metadata.schemas.find((one) => one['schema-id'] === metadata['current-schema-id'])!;
      const { properties, 'last-column-id': lastColumnId } = metadata;
      const more = this.#infer ? [...tableColumns(schema, properties), ...inferred] : [];
      plan = planColumns({ schema, properties, lastColumnId }, withMore(this.#wanted, more));
      return updatesOf(plan);
    });
    this.#columns = plan?.filled ?? [];
    return plan?.refused ?? [];
  }

  async write(rows: FrozenMemtable, announce: (objectKey: string) => Promise<void>): Promise<WrittenFiles> {
    const { properties } = this.#table.metadata;
    const { values } = this.#parts;
    if (this.#infer || this.#columns.length > 0) await values.prepare(rows);
    const known = tableColumns(this.#table.schema, properties);
    const inferred = this.#infer ? inferColumns(rows, known, values.read) : [];
    if (inferred.length > 0) await this.#change(inferred);
    let misfits = 0;
    const files = await writeDataFiles(rows, {
      schema: this.#table.schema,
      columns: this.#columns,
      read: values.read,
      spec: RECORD_SPEC,
      ...this.#parts.files,
      onMisfits: (count) => {
        misfits = count;
      },
      write: async (bytes) => {
        const key = `${this.prefix}data/${uuidToString(this.#parts.random.bytes(16))}.parquet`;
        await announce(key);
        await this.#warehouse.store.put(key, bytes, { ifAbsent: true });
        return this.#warehouse.uriOf(key);
      },
    });
    return { files, misfits };
  }

  async commit(files: readonly DataFile[], offsets: OffsetMoves): Promise<void> {
    await this.#table.commit({ add: files, offsets });
    this.#parts.onCommit(this.#topicId);
  }

  async holds(objectKeys: readonly string[]): Promise<readonly string[]> {
    if (objectKeys.length === 0) return [];
    const uris = new Map(objectKeys.map((key) => [this.#warehouse.uriOf(key), key]));
    const found = new Set((await this.#table.files(({ path }) => uris.has(path))).map(({ path }) => path));
    const missing = new Set<string>();
    let since = Number.POSITIVE_INFINITY;
    for (const [uri, key] of uris) {
      if (found.has(uri)) continue;
      const object = await this.#warehouse.store.head(key);
      // What was not stored is in no commit.
      if (object === undefined) continue;
      missing.add(uri);
      since = Math.min(since, object.modified);
    }
    // Replaced since, by another engine or by our own merging.
    if (missing.size > 0) for (const uri of await namedFiles(this.#table, missing, since)) found.add(uri);
    return [...found].flatMap((uri) => uris.get(uri) ?? []);
  }
}
