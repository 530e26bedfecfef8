import type { TableIdentifier } from '../../lake/catalog.ts';
import {
  type CommitContext,
  commitCreation,
  commitParts,
  loadState,
  type Part,
  type TableState,
} from '../../lake/iceberg/commit.ts';
import { creationUpdates, folderOf } from '../../lake/iceberg/creation.ts';
import { readMetadata, uuidText } from '../../lake/iceberg/files.ts';
import { carriedOffsets } from '../../lake/iceberg/log-offsets.ts';
import type { TableMetadata } from '../../lake/iceberg/metadata.ts';
import { checkRequirements } from '../../lake/iceberg/requirements.ts';
import { applyUpdates, emptyMetadata, type TableUpdate } from '../../lake/iceberg/updates.ts';
import { LAKE_PREFIX } from '../../processor/tables/types.ts';
import { badIceberg } from './answers.ts';
import { type Fields, propertiesOf, textOf } from './bodies.ts';
import { type CommitBody, definitionOf } from './shapes.ts';
import { checkSnapshots } from './snapshot-files.ts';
import { checkLocation, checkUpdates, placesOf } from './topic-tables.ts';

/** Tables of one transaction. */
const MAX_TABLES = 100;

/** What updates make of a table; its files stay in the warehouse. Throws IcebergError, InvalidMetadata, SchemaRefusedByRules. */
function applied(
  { clock, warehouse }: CommitContext,
  table: TableIdentifier,
  metadata: TableMetadata,
  updates: readonly TableUpdate[],
): TableMetadata {
  checkUpdates(table, updates);
  const next = applyUpdates(metadata, updates, clock.now());
  for (const place of placesOf(next)) checkLocation(place, (uri) => warehouse.keyOf(uri));
  return next;
}

const created = (context: CommitContext, table: TableIdentifier, updates: readonly TableUpdate[]): TableMetadata =>
  applied(context, table, emptyMetadata(context.clock.now()), updates);

/** A loop: a regular expression for slashes at the end would look for the end at each slash of a long text. */
function withoutEnd(location: string): string {
  let end = location.length;
  while (end > 0 && location[end - 1] === '/') end--;
  return location.slice(0, end);
}

/** What a table that a request asks for would be; nothing is written. */
export function createdBy(context: CommitContext, table: TableIdentifier, body: Fields): TableMetadata {
  const uuid = uuidText(context.random);
  const location =
    body['location'] === undefined || body['location'] === null
      ? context.warehouse.uriOf(LAKE_PREFIX + folderOf(table, uuid))
      : withoutEnd(textOf(body, 'location'));
  const { schema, spec, order: sortOrder } = definitionOf(body);
  const { 'format-version': version = '2', ...properties } = propertiesOf(body, 'properties');
  if (version !== '2') throw badIceberg(`format version ${version} is not supported: tables are of version 2`);
  return created(context, table, creationUpdates({ uuid, location, schema, spec, sortOrder, properties }));
}

/** Creates the table that a request asks for. */
export function create(context: CommitContext, table: TableIdentifier, body: Fields): Promise<TableState> {
  return commitCreation(context, table, createdBy(context, table, body));
}

/** Makes a metadata file that is there a table. */
export async function register(context: CommitContext, table: TableIdentifier, location: string): Promise<TableState> {
  checkLocation(location, (uri) => context.warehouse.keyOf(uri));
  const metadata = await readMetadata(context.warehouse, location);
  for (const place of placesOf(metadata)) checkLocation(place, (uri) => context.warehouse.keyOf(uri));
  await context.catalog.commit([{ table, from: undefined, to: location }]);
  return { location, metadata };
}

/** Whether a commit is to create its table. */
export function creates({ requirements }: CommitBody): boolean {
  return requirements.some(({ type }) => type === 'assert-create');
}

async function partOf(context: CommitContext, table: TableIdentifier, body: CommitBody): Promise<Part> {
  return {
    table,
    state: await loadState(context, table),
    async propose(metadata) {
      checkRequirements(metadata, body.requirements);
      const next = applied(context, table, metadata, body.updates);
      await checkSnapshots(context, table, metadata, body.updates);
      return [...body.updates, ...carriedOffsets(metadata, next)];
    },
  };
}

/** Commits to one table; creates it where the commit asserts that it does not exist. */
export async function commit(context: CommitContext, table: TableIdentifier, body: CommitBody): Promise<TableState> {
  if (creates(body) && (await context.catalog.metadataLocation(table)) === undefined) {
    checkRequirements(undefined, body.requirements);
    return commitCreation(context, table, created(context, table, body.updates));
  }
  const part = await partOf(context, table, body);
  const [state] = await commitParts(context, [part]);
  return state ?? part.state;
}

/** Commits to several tables, to all or to none. */
export async function commitAll(
  context: CommitContext,
  changes: readonly { readonly table: TableIdentifier; readonly body: CommitBody }[],
): Promise<void> {
  if (changes.length === 0 || changes.length > MAX_TABLES)
    throw badIceberg(`table-changes must have 1 to ${MAX_TABLES} entries`);
  if (changes.some(({ body }) => creates(body)))
    throw badIceberg('a transaction of several tables cannot create a table: create it by itself');
  const names = new Set(changes.map(({ table }) => JSON.stringify([table.namespace, table.name])));
  if (names.size < changes.length) throw badIceberg('a table occurs twice');
  await commitParts(context, await Promise.all(changes.map(({ table, body }) => partOf(context, table, body))));
}
