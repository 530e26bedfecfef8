import { indexNotFound } from '../../search/error.ts';
import type { KeyDeletionRow } from '../../metadata/key-deletions.ts';
import type { HttpDeps, JsonDocument } from '../deps.ts';
import { badRequest, HttpError } from '../error.ts';
import type { Reply, Route, RouteRequest } from '../route.ts';
import { anyObject, array, JSON_TYPE, object } from '../schemas.ts';

const JSON_ANSWER = { contentType: JSON_TYPE, schema: anyObject } as const;
/** Deletions that a list shows. */
const MAX_LISTED = 1000;

/** Deletion of all records of a key, and what became of it. */
export function keyDeletionRoutes(deps: HttpDeps): Route[] {
  return [deleteRoute(deps), ...auditRoutes(deps)];
}

function deleteRoute(deps: HttpDeps): Route {
  const { keyDeletions } = deps;
  return {
    methods: ['DELETE'],
    path: '/admin/topics/{topic}/keys/{key}',
    summary: 'Delete all records of a key from log, search index and table',
    tag: 'admin',
    changes: true,
    query: [
      { name: 'encoding', type: 'string', doc: 'How the key is written: utf8 (default), or base64 (or base64url).' },
      {
        name: 'wait',
        type: 'boolean',
        doc: 'Answer when the records are gone; else as soon as they certainly will be.',
      },
    ],
    answer: JSON_ANSWER,
    otherStatuses: {
      202: 'The deletion is stored and under way; its id leads to /admin/key-deletions/{id}.',
      400: 'The key is not what its encoding says.',
      403: 'Records of the topic may not be deleted.',
      404: 'No such topic.',
      429: 'Too many deletions wait.',
    },
    async handle(request): Promise<Reply> {
      const { params, may, requester, query, signal } = request;
      const name = params['topic'] ?? '';
      if (!may('delete', 'topic', name))
        throw new HttpError(
          403,
          'security_exception',
          'records of the topic may not be deleted: it takes DELETE on it',
        );
      const topic = deps.search.catalog.topic(name);
      if (topic === undefined) throw indexNotFound(name.slice(0, 300));
      const key = keyOf(request);
      const { topicId } = topic;
      const row = await asked(() => keyDeletions.request({ topic: name, topicId, key, ...requester }));
      const { deletionId } = row;
      if (query.get('wait') === 'true') await keyDeletions.whenDone(deletionId, signal);
      const now = (await keyDeletions.byId(deletionId)) ?? row;
      const location = `/admin/key-deletions/${deletionId}`;
      return { status: now.finished === undefined ? 202 : 200, headers: { location }, body: shown(now) };
    },
  };
}

function auditRoutes({ keyDeletions }: HttpDeps): Route[] {
  return [
    {
      methods: ['GET'],
      path: '/admin/key-deletions',
      summary: 'Deletions of keys, the newest first: who asked for what, and when it was done',
      tag: 'admin',
      needs: 'describe',
      answer: { contentType: JSON_TYPE, schema: object({ deletions: array(anyObject) }) },
      handle: async () => ({ body: { deletions: (await keyDeletions.list(MAX_LISTED)).map(shown) } }),
    },
    {
      methods: ['GET'],
      path: '/admin/key-deletions/{id}',
      summary: 'The deletion of a key',
      tag: 'admin',
      needs: 'describe',
      answer: JSON_ANSWER,
      otherStatuses: { 404: 'No such deletion.' },
      async handle({ params }) {
        const id = params['id'] ?? '';
        const row = await keyDeletions.byId(id);
        if (row === undefined)
          throw new HttpError(404, 'resource_not_found_exception', `there is no deletion [${id.slice(0, 100)}]`);
        return { body: shown(row) };
      },
    },
  ];
}

/** The key of the path, as bytes. */
function keyOf({ params, query }: RouteRequest): Uint8Array {
  const text = params['key'] ?? '';
  const encoding = query.get('encoding') ?? 'utf8';
  if (encoding === 'utf8') return Buffer.from(text);
  if (encoding !== 'base64' && encoding !== 'base64url') throw badRequest('[encoding] is utf8, base64 or base64url');
  if (!/^[\w+/-]*={0,2}$/.test(text)) throw badRequest(`the key is not ${encoding}`);
  return Buffer.from(text, encoding);
}

async function asked<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof Error && error.name === 'TooManyDeletions')) throw error;
    throw new HttpError(429, 'es_rejected_execution_exception', error.message, { 'retry-after': '10' });
  }
}

/** The key itself is not shown: a list of what was deleted must not keep it. */
function shown(row: KeyDeletionRow): JsonDocument {
  const { deletionId, topic, topicId, keyDigest, principal, host, requested, records, tableRows } = row;
  return {
    id: deletionId,
    topic,
    topicId,
    key_sha256: keyDigest,
    principal,
    host,
    requested,
    finished: row.finished ?? null,
    outcome: row.outcome ?? 'pending',
    records,
    table_rows: tableRows,
  };
}
