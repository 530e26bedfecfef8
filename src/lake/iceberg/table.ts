import type { TableIdentifier } from '../catalog.ts';
import type { DataFile } from '../data-file.ts';
import type { DeleteFile } from '../row-deletes.ts';
import type { PartitionSpec, Schema, SortOrder } from '../schema.ts';
import type { LogOffsets, TableChange } from '../table.ts';
import {
  type CommitContext,
  commitCreation,
  commitParts,
  DEFAULT_RETRY,
  loadState,
  type Part,
  type TableState,
} from './commit.ts';
import { creationUpdates, folderOf } from './creation.ts';
import { readManifest, readManifestList, uuidText } from './files.ts';
import { logOffsetsOf } from './log-offsets.ts';
import { DATA, dataFileOf, DELETED, deleteFileOf, DELETES, type Entry } from './manifest.ts';
import { currentSchema, InvalidMetadata, type SnapshotId, snapshotOf, specOf, type TableMetadata } from './metadata.ts';
import { newSnapshotId, updatesFor } from './produce.ts';
import { checkRequirements, type TableRequirement } from './requirements.ts';
import { applyUpdates, emptyMetadata, type TableUpdate } from './updates.ts';

/** What a new table is made of. Field ids are kept as given. */
export interface TableDefinition {
  /** Key of the table's folder in the warehouse; by default after its identifier, with a part of its uuid: a renamed table keeps its folder. */
  readonly location?: string;
  readonly schema: Schema;
  readonly spec?: PartitionSpec;
  readonly sortOrder?: SortOrder;
  readonly properties?: Readonly<Record<string, string>>;
}

/** Old metadata files go as new ones come; who wants them says so in the properties. */
const DEFAULT_PROPERTIES = {
  'write.metadata.delete-after-commit.enabled': 'true',
  'write.metadata.previous-versions-max': '100',
};

/** A table, as it was when last loaded or committed to. */
export class Table {
  readonly identifier: TableIdentifier;
  readonly context: CommitContext;
  #state: TableState;

  constructor(context: CommitContext, identifier: TableIdentifier, state: TableState) {
    this.context = context;
    this.identifier = identifier;
    this.#state = state;
  }

  get metadata(): TableMetadata {
    return this.#state.metadata;
  }

  /** The URI of the current metadata file. */
  get metadataLocation(): string {
    return this.#state.location;
  }

  get schema(): Schema {
    return currentSchema(this.metadata);
  }

  /** The URI of the table's folder. */
  get location(): string {
    return this.metadata.location;
  }

  /** How far the log is in the table. */
  logOffsets(): LogOffsets {
    return logOffsetsOf(this.metadata);
  }

  /** Loads what others committed since. */
  async refresh(): Promise<void> {
    this.#state = await loadState(this.context, this.identifier);
  }

  /** The data files of the current snapshot, or of another. */
  async files(filter: (file: DataFile) => boolean = () => true, snapshotId?: SnapshotId): Promise<DataFile[]> {
    const found: DataFile[] = [];
    for await (const [entry, spec] of this.#entries(DATA, snapshotId)) {
      const file = dataFileOf(entry, spec);
      if (filter(file)) found.push(file);
    }
    return found;
  }

  /** The files in which other engines say that rows of the current snapshot's data files, or of another's, are deleted. */
  async deletes(snapshotId?: SnapshotId): Promise<DeleteFile[]> {
    const found: DeleteFile[] = [];
    for await (const [entry, spec] of this.#entries(DELETES, snapshotId)) found.push(deleteFileOf(entry, spec));
    return found;
  }

  async *#entries(content: number, snapshotId?: SnapshotId): AsyncGenerator<readonly [Entry, PartitionSpec]> {
    const snapshot = snapshotOf(this.metadata, snapshotId);
    if (snapshot === undefined) {
      if (snapshotId !== undefined) throw new InvalidMetadata(`the table has no snapshot ${snapshotId}`);
      return;
    }
    for (const manifest of await readManifestList(this.context.warehouse, snapshot)) {
      if (manifest.content !== content) continue;
      const spec = specOf(this.metadata, manifest.partition_spec_id);
      for (const entry of await readManifest(this.context.warehouse, manifest))
        if (entry.status !== DELETED) yield [entry, spec];
    }
  }

  /** Commits one change. Errors: OffsetsMoved, CommitConflict, SchemaRefusedByRules, NoSuchTable, CatalogUnavailable. */
  commit(change: TableChange): Promise<void> {
    return commitTables([{ table: this, change }]);
  }

  /** Commits updates in the words of the REST catalog, as long as the requirements hold. Throws RequirementFailed, InvalidMetadata. */
  async update(updates: readonly TableUpdate[], requirements: readonly TableRequirement[] = []): Promise<void> {
    await this.commitWith(async (metadata) => {
      checkRequirements(metadata, requirements);
      return updates;
    });
  }

  /** Commits what `propose` makes of the metadata of each attempt. */
  async commitWith(propose: Part['propose']): Promise<void> {
    const part = { table: this.identifier, state: this.#state, propose };
    const [next] = await commitParts(this.context, [part]);
    if (next !== undefined) this.#state = next;
  }

  /** This table's part of a commit. */
  partFor(change: TableChange): Part {
    const { warehouse, clock, random } = this.context;
    const snapshotId = newSnapshotId(this.metadata, (length) => random.bytes(length));
    return {
      table: this.identifier,
      state: this.#state,
      propose(metadata, writer) {
        const now = clock.now();
        const making = { warehouse, writer, metadata, snapshotId, now, uuid: uuidText(random) };
        return updatesFor(making, change, (updates) => applyUpdates(metadata, updates, now));
      },
    };
  }

  /** Takes over the state that a commit of several tables gave. */
  accept(state: TableState): void {
    this.#state = state;
  }
}

/** Commits changes of several tables of one catalog in one transaction: all of them or none. */
export async function commitTables(
  changes: readonly { readonly table: Table; readonly change: TableChange }[],
): Promise<void> {
  const [first] = changes;
  if (first === undefined) return;
  const states = await commitParts(
    first.table.context,
    changes.map(({ table, change }) => table.partFor(change)),
  );
  for (const [i, { table }] of changes.entries()) {
    const state = states[i];
    if (state !== undefined) table.accept(state);
  }
}

/** What a table is worked on with; `DEFAULT_RETRY` unless it says otherwise. */
export type TableContext = Omit<CommitContext, 'retry'> & Partial<Pick<CommitContext, 'retry'>>;

/** Creates a table. Throws NoSuchNamespace, TableExists, CatalogUnavailable, SchemaRefusedByRules, InvalidMetadata. */
export async function createTable(
  given: TableContext,
  identifier: TableIdentifier,
  definition: TableDefinition,
): Promise<Table> {
  const context = { retry: DEFAULT_RETRY, ...given };
  const { warehouse, clock } = context;
  const uuid = uuidText(context.random);
  const { schema, spec, sortOrder, properties } = definition;
  const updates = creationUpdates({
    uuid,
    location: warehouse.uriOf(definition.location ?? folderOf(identifier, uuid)),
    schema,
    spec,
    sortOrder,
    properties: { ...DEFAULT_PROPERTIES, ...properties },
  });
  const now = clock.now();
  const metadata = applyUpdates(emptyMetadata(now), updates, now);
  return new Table(context, identifier, await commitCreation(context, identifier, metadata));
}

/** Loads a table. Throws NoSuchTable, InvalidMetadata, CatalogUnavailable. */
export async function loadTable(given: TableContext, identifier: TableIdentifier): Promise<Table> {
  const context = { retry: DEFAULT_RETRY, ...given };
  return new Table(context, identifier, await loadState(context, identifier));
}
