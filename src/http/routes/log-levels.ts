import { LOG_LEVELS, type LogLevels } from '../../base/log-levels.ts';
import type { HttpDeps } from '../deps.ts';
import { badRequest, HttpError } from '../error.ts';
import type { Reply, Route, RouteRequest } from '../route.ts';
import { anyObject, JSON_TYPE, object } from '../schemas.ts';

const ANSWER = { contentType: JSON_TYPE, schema: object({ levels: anyObject }) } as const;

/** What each module logs. A change holds at once, in all threads, until the next start. */
export function logLevelRoutes({ logger }: Pick<HttpDeps, 'logger'>): Route[] {
  const { levels } = logger;
  return [
    {
      methods: ['GET'],
      path: '/admin/log-levels',
      summary: 'The log level of each module',
      tag: 'admin',
      needs: 'describe',
      answer: ANSWER,
      handle: () => shown(levels),
    },
    {
      methods: ['POST'],
      path: '/admin/log-levels/{module}',
      summary: 'Set the log level of a module, or of the root for all that have none of their own',
      tag: 'admin',
      needs: 'alter',
      changes: true,
      query: [
        {
          name: 'level',
          type: 'string',
          doc: `One of ${LOG_LEVELS.join(', ')}; without it the module follows the root.`,
        },
      ],
      answer: ANSWER,
      otherStatuses: { 404: 'No module of this name has a logger.' },
      handle: (request) => change(levels, request),
    },
  ];
}

function shown(levels: LogLevels): Reply {
  return { body: { levels: Object.fromEntries(levels.all()) } };
}

function change(levels: LogLevels, { params, query }: RouteRequest): Reply {
  const module = params['module'] ?? '';
  if (!levels.all().has(module))
    throw new HttpError(404, 'resource_not_found_exception', `no module [${module.slice(0, 100)}] has a logger`);
  const wanted = query.get('level');
  const level = LOG_LEVELS.find((known) => known === wanted);
  if (wanted !== undefined && level === undefined) throw badRequest(`[level] must be one of ${LOG_LEVELS.join(', ')}`);
  levels.set(module, level);
  return shown(levels);
}
