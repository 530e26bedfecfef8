import type { LakeAccess } from '../deps.ts';
import { json, refusal, serverRefusal } from '../iceberg/answers.ts';
import type { IcebergRoute } from '../iceberg/route.ts';
import type { Route } from '../route.ts';
import { anyObject, JSON_TYPE } from '../schemas.ts';
import { namespaceRoutes } from './iceberg-namespaces.ts';
import { tableRoutes } from './iceberg-tables.ts';

const PREFIX = '/iceberg/v1';

/** Every route of the REST catalog: https://iceberg.apache.org/rest-catalog-spec/. Refusals are answered in its error model. */
export function icebergRoutes(lake: LakeAccess): Route[] {
  const served = [...namespaceRoutes(), ...tableRoutes(lake)];
  return [configuration(served), ...served].map((route) => routeOf(lake, route));
}

function routeOf(lake: LakeAccess, route: IcebergRoute): Route {
  const { method, path, summary, query = [] } = route;
  const change = method !== 'GET';
  return {
    methods: [method],
    path: PREFIX + path,
    summary,
    tag: 'tables',
    query,
    ...(method === 'POST' && { body: { contentType: JSON_TYPE, schema: anyObject, required: true } }),
    answer: { contentType: JSON_TYPE, schema: anyObject },
    otherStatuses: {
      403: 'The right is missing.',
      404: 'No such namespace or table.',
      409: 'It exists, or has changed.',
    },
    ...(change && { changes: true }),
    refusal: serverRefusal,
    async handle(request) {
      try {
        const reply = await route.handle(await lake.open(), request);
        if (!change && 'text' in reply) request.budget.take(reply.text.length);
        return reply;
      } catch (error) {
        return refusal(error, change);
      }
    },
  };
}

/** What clients ask first: which parts of the interface there are. */
function configuration(served: readonly IcebergRoute[]): IcebergRoute {
  const endpoints = [
    ...served.map(({ method, path }) => `${method} /v1/{prefix}${path}`),
    'HEAD /v1/{prefix}/namespaces/{namespace}',
    'HEAD /v1/{prefix}/namespaces/{namespace}/tables/{table}',
  ];
  return {
    method: 'GET',
    path: '/config',
    summary: 'Configuration of Iceberg clients',
    query: [{ name: 'warehouse', type: 'string', doc: 'Taken for compatibility; there is one.' }],
    handle: async () => json({ defaults: {}, overrides: {}, endpoints }),
  };
}
