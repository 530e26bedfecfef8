import type { TableIdentifier } from '../../lake/catalog.ts';
import type { CommitContext } from '../../lake/iceberg/commit.ts';
import type { LakeAccess } from '../deps.ts';
import { badIceberg, forbidden, IcebergError, json, NO_CONTENT } from '../iceberg/answers.ts';
import { bodyOf, fieldsOf, listOf, textOf } from '../iceberg/bodies.ts';
import { identifierField, nameField, namespaceOf, tableOf } from '../iceberg/names.ts';
import { type IcebergRoute, page, PAGES } from '../iceberg/route.ts';
import { isTopics, mayTable, needCommit, needTable } from '../iceberg/rights.ts';
import { commitOf } from '../iceberg/shapes.ts';
import { needOwnNamespace } from '../iceberg/topic-tables.ts';
import type { ParameterDoc, Reply, RouteRequest } from '../route.ts';

const TABLES = '/namespaces/{namespace}/tables';
const TABLE = `${TABLES}/{table}`;
const SNAPSHOTS: ParameterDoc = {
  name: 'snapshots',
  type: 'string',
  doc: 'all (default), or refs: those with a name.',
};
const PURGE: ParameterDoc = { name: 'purgeRequested', type: 'boolean', doc: 'Refused: files of dropped tables stay.' };

/** Tables of the REST catalog. */
export function tableRoutes(lake: LakeAccess): IcebergRoute[] {
  return [
    { method: 'GET', path: TABLES, summary: 'Tables of a namespace', query: PAGES, handle: list },
    { method: 'POST', path: TABLES, summary: 'Create a table, or prepare one (stage-create)', handle: createTable },
    { method: 'GET', path: TABLE, summary: 'Load a table', query: [SNAPSHOTS], handle: load },
    { method: 'POST', path: TABLE, summary: 'Commit to a table', handle: commitTable },
    {
      method: 'DELETE',
      path: TABLE,
      summary: 'Drop a table',
      query: [PURGE],
      handle: (context, request) => drop(lake, context, request),
    },
    { method: 'POST', path: `${TABLE}/metrics`, summary: 'Take a report of a client', handle: report },
    {
      method: 'POST',
      path: '/namespaces/{namespace}/register',
      summary: 'Register a metadata file',
      handle: registerTable,
    },
    { method: 'POST', path: '/tables/rename', summary: 'Rename a table', handle: rename },
    { method: 'POST', path: '/transactions/commit', summary: 'Commit to several tables', handle: commitTables },
  ];
}

/** What reads and writes tables' metadata is loaded by who does that. */
const commits = (): Promise<typeof import('../iceberg/commits.ts')> => import('../iceberg/commits.ts');

async function list({ catalog }: CommitContext, request: RouteRequest): Promise<Reply> {
  const all = await catalog.listTables(namespaceOf(request));
  const visible = all.filter((table) => mayTable(request.may, 'describe', table));
  const { entries, ...next } = page(visible, ({ name }) => name, request.query);
  return json({ identifiers: entries, ...next });
}

async function createTable(context: CommitContext, request: RouteRequest): Promise<Reply> {
  const body = bodyOf(request.bytes);
  const table = { namespace: namespaceOf(request), name: nameField(body) };
  needTable(request.may, 'create', table);
  needOwnNamespace(table.namespace);
  const { create, createdBy } = await commits();
  if (body['stage-create'] !== true) {
    const { location, metadata } = await create(context, table, body);
    return json({ 'metadata-location': location, metadata, config: {} });
  }
  if ((await context.catalog.metadataLocation(table)) !== undefined)
    throw new IcebergError(409, 'AlreadyExistsException', `table ${table.name} exists`);
  await context.catalog.namespaceProperties(table.namespace);
  return json({ metadata: createdBy(context, table, body), config: {} });
}

async function mustExist({ catalog }: CommitContext, table: TableIdentifier): Promise<void> {
  if ((await catalog.metadataLocation(table)) === undefined)
    throw new IcebergError(404, 'NoSuchTableException', `table ${table.name} does not exist`);
}

async function load(context: CommitContext, request: RouteRequest): Promise<Reply> {
  const table = tableOf(request);
  if (request.method === 'HEAD') {
    needTable(request.may, 'describe', table);
    await mustExist(context, table);
    return NO_CONTENT;
  }
  needTable(request.may, 'read', table);
  const wanted = request.query.get('snapshots') ?? 'all';
  if (wanted !== 'all' && wanted !== 'refs') throw badIceberg('snapshots must be all or refs');
  const { loadState } = await import('../../lake/iceberg/commit.ts');
  const { location, metadata } = await loadState(context, table);
  const named = new Set(Object.values(metadata.refs).map((ref) => ref['snapshot-id']));
  const snapshots = metadata.snapshots.filter((snapshot) => wanted === 'all' || named.has(snapshot['snapshot-id']));
  return json({ 'metadata-location': location, metadata: { ...metadata, snapshots }, config: {} });
}

async function commitTable(context: CommitContext, request: RouteRequest): Promise<Reply> {
  const table = tableOf(request);
  const body = commitOf(bodyOf(request.bytes));
  needCommit(request.may, table, body.updates);
  const { commit, creates } = await commits();
  if (creates(body)) {
    needTable(request.may, 'create', table);
    needOwnNamespace(table.namespace);
  }
  const { location, metadata } = await commit(context, table, body);
  return json({ 'metadata-location': location, metadata });
}

async function commitTables(context: CommitContext, { bytes, may }: RouteRequest): Promise<Reply> {
  const changes = listOf(bodyOf(bytes), 'table-changes').map((change) => {
    const fields = fieldsOf(change, 'a change');
    return { table: identifierField(fields, 'identifier'), body: commitOf(fields) };
  });
  for (const { table, body } of changes) needCommit(may, table, body.updates);
  const { commitAll } = await commits();
  await commitAll(context, changes);
  return NO_CONTENT;
}

/** The table of a topic goes with it; one that its topic left behind may be taken away. */
function needLeft(lake: LakeAccess, { namespace, name }: TableIdentifier): void {
  if (isTopics(namespace) && lake.writes(name))
    throw forbidden(`the broker writes to this table: set quarry.table=false on topic ${name}, or delete it`);
}

async function drop(lake: LakeAccess, { catalog }: CommitContext, request: RouteRequest): Promise<Reply> {
  const table = tableOf(request);
  needTable(request.may, 'delete', table);
  needLeft(lake, table);
  if (request.query.get('purgeRequested')?.toLowerCase() === 'true')
    throw new IcebergError(406, 'UnsupportedOperationException', 'the files of a dropped table are not purged');
  await catalog.dropTable(table);
  return NO_CONTENT;
}

async function rename({ catalog }: CommitContext, { bytes, may }: RouteRequest): Promise<Reply> {
  const body = bodyOf(bytes);
  const from = identifierField(body, 'source');
  const to = identifierField(body, 'destination');
  needTable(may, 'delete', from);
  needTable(may, 'create', to);
  // Under another name it would lose its files with the topic, or to the next table of the topic.
  if (isTopics(from.namespace)) throw forbidden('the table of a topic keeps its name: its files go with the topic');
  needOwnNamespace(to.namespace);
  await catalog.renameTable(from, to);
  return NO_CONTENT;
}

async function registerTable(context: CommitContext, request: RouteRequest): Promise<Reply> {
  const body = bodyOf(request.bytes);
  const table = { namespace: namespaceOf(request), name: nameField(body) };
  needTable(request.may, 'create', table);
  needOwnNamespace(table.namespace);
  const { register } = await commits();
  const { location, metadata } = await register(context, table, textOf(body, 'metadata-location'));
  return json({ 'metadata-location': location, metadata, config: {} });
}

/** Clients report how their scans and commits went; nothing is made of it. */
async function report(context: CommitContext, request: RouteRequest): Promise<Reply> {
  const table = tableOf(request);
  needTable(request.may, 'read', table);
  bodyOf(request.bytes);
  await mustExist(context, table);
  return NO_CONTENT;
}
