import type { CommitContext } from '../../lake/iceberg/commit.ts';
import { IcebergError, json, NO_CONTENT } from '../iceberg/answers.ts';
import { bodyOf, propertiesOf, textsOf } from '../iceberg/bodies.ts';
import { LEVELS, namespaceField, namespaceIn, namespaceOf } from '../iceberg/names.ts';
import { type IcebergRoute, page, PAGES } from '../iceberg/route.ts';
import { isTopics, mayCluster, needCluster } from '../iceberg/rights.ts';
import { needOwnNamespace } from '../iceberg/topic-tables.ts';
import type { ParameterDoc, Reply, RouteRequest } from '../route.ts';

const ONE = '/namespaces/{namespace}';
const PARENT: ParameterDoc = { name: 'parent', type: 'string', doc: 'Only namespaces right below this one.' };

/** Namespaces of the REST catalog. Everybody sees that of the topics; others need the right to describe the cluster. */
export function namespaceRoutes(): IcebergRoute[] {
  return [
    { method: 'GET', path: '/namespaces', summary: 'Namespaces', query: [PARENT, ...PAGES], handle: list },
    { method: 'POST', path: '/namespaces', summary: 'Create a namespace', handle: create },
    { method: 'GET', path: ONE, summary: 'A namespace and its properties', handle: load },
    { method: 'DELETE', path: ONE, summary: 'Drop an empty namespace', handle: drop },
    { method: 'POST', path: `${ONE}/properties`, summary: 'Change properties of a namespace', handle: update },
  ];
}

async function list({ catalog }: CommitContext, request: RouteRequest): Promise<Reply> {
  const parent = request.query.get('parent') ?? '';
  const all = await catalog.listNamespaces(parent === '' ? [] : namespaceIn(parent));
  const visible = all.filter((namespace) => isTopics(namespace) || mayCluster(request.may, 'describe'));
  const { entries, ...next } = page(visible, (namespace) => namespace.join(LEVELS), request.query);
  return json({ namespaces: entries, ...next });
}

async function create({ catalog }: CommitContext, { may, bytes }: RouteRequest): Promise<Reply> {
  needCluster(may, 'alter');
  const body = bodyOf(bytes);
  const namespace = namespaceField(body);
  const properties = propertiesOf(body, 'properties');
  await catalog.createNamespace(namespace, properties);
  return json({ namespace, properties });
}

async function load({ catalog }: CommitContext, request: RouteRequest): Promise<Reply> {
  const namespace = namespaceOf(request);
  if (!isTopics(namespace)) needCluster(request.may, 'describe');
  const properties = await catalog.namespaceProperties(namespace);
  return request.method === 'HEAD' ? NO_CONTENT : json({ namespace, properties });
}

async function drop({ catalog }: CommitContext, request: RouteRequest): Promise<Reply> {
  needCluster(request.may, 'alter');
  const namespace = namespaceOf(request);
  needOwnNamespace(namespace);
  await catalog.dropNamespace(namespace);
  return NO_CONTENT;
}

async function update({ catalog }: CommitContext, request: RouteRequest): Promise<Reply> {
  needCluster(request.may, 'alter');
  const namespace = namespaceOf(request);
  const body = bodyOf(request.bytes);
  const set = propertiesOf(body, 'updates');
  const remove = textsOf(body, 'removals');
  if (remove.some((name) => Object.hasOwn(set, name)))
    throw new IcebergError(422, 'UnprocessableEntityException', 'a property is both set and removed');
  const before = await catalog.namespaceProperties(namespace);
  await catalog.updateNamespace(namespace, { set, remove });
  const had = (name: string): boolean => Object.hasOwn(before, name);
  return json({
    updated: Object.keys(set),
    removed: remove.filter(had),
    missing: remove.filter((name) => !had(name)),
  });
}
