import { SqlError } from '../../sql/errors.ts';
import type { SqlFormat } from '../../sql/messages.ts';
import type { HttpDeps } from '../deps.ts';
import { badRequest, HttpError } from '../error.ts';
import type { Reply, Route, RouteRequest } from '../route.ts';
import { anyObject, array, JSON_TYPE, object, text } from '../schemas.ts';
import { readable } from './search.ts';

const CONTENT_TYPES: Readonly<Record<SqlFormat, string>> = {
  json: 'application/json; charset=UTF-8',
  ndjson: 'application/x-ndjson; charset=UTF-8',
  csv: 'text/csv; charset=UTF-8; header=present',
  arrow: 'application/vnd.apache.arrow.stream',
};
const ACCEPTED: readonly (readonly [string, SqlFormat])[] = [
  ['application/x-ndjson', 'ndjson'],
  ['text/csv', 'csv'],
  ['application/vnd.apache.arrow.stream', 'arrow'],
];
/** What an answer lacks, as sentences. */
const NOTICE_HEADER = 'quarry-notice';
const ERROR_TYPES: Readonly<Record<number, string>> = {
  404: 'index_not_found_exception',
  429: 'es_rejected_execution_exception',
};

/** Queries in SQL over the topics that the one who asks may read. */
export function sqlRoutes(deps: HttpDeps): Route[] {
  return [
    {
      methods: ['POST'],
      path: '/sql',
      summary: 'One SELECT over topics, each a table under its quoted name',
      tag: 'sql',
      query: [
        { name: 'format', type: 'string', doc: 'json (default), ndjson, csv or arrow; before the Accept header.' },
      ],
      body: { contentType: JSON_TYPE, schema: object({ sql: text, format: text }), required: true },
      answer: {
        contentType: JSON_TYPE,
        schema: object({ columns: array(object({ name: text, type: text })), rows: array(anyObject) }),
      },
      otherStatuses: {
        400: 'The query is malformed, is refused, or passes a bound.',
        403: 'A topic is named that may not be read.',
        404: 'No such topic.',
        409: 'Another engine has deleted rows of the table in a way that SQL cannot read.',
        429: 'Too many queries, or too large an answer.',
        503: 'The catalog or the object store of the tables cannot be reached.',
      },
      handle: (request) => answer(deps, request),
    },
  ];
}

async function answer(deps: HttpDeps, request: RouteRequest): Promise<Reply> {
  const body = request.json();
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw badRequest('the body is an object with the query in [sql]');
  const { sql, format: named, ...others } = body as Readonly<Record<string, unknown>>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw badRequest(`unknown field [${unknown.slice(0, 100)}]: there are [sql] and [format]`);
  if (typeof sql !== 'string' || sql.trim() === '') throw badRequest('[sql] has to be a query');
  const format = formatOf(named ?? request.query.get('format'), request.headers['accept']);
  const { bytes, notices } = await asked(() => deps.sql.query(sql, format, readable(deps, request), request.signal));
  request.budget.take(bytes.length);
  const shaped = ['pretty', 'filter_path'].some((name) => request.query.has(name));
  // What shapes the JSON of every other route does so here.
  const headers = notices.length === 0 ? {} : { [NOTICE_HEADER]: notices.map(headerText).join('; ') };
  if (format === 'json' && shaped) return { body: JSON.parse(Buffer.from(bytes).toString('utf8')), headers };
  return { bytes, contentType: CONTENT_TYPES[format], headers };
}

/** A header has no line ends, and only letters that everybody reads. */
function headerText(notice: string): string {
  return notice.replaceAll(/[^ -~]+/g, ' ').slice(0, 500);
}

function formatOf(named: unknown, accept: string | readonly string[] | undefined): SqlFormat {
  if (named === undefined) {
    const wanted = String(accept ?? '').toLowerCase();
    return ACCEPTED.find(([media]) => wanted.includes(media))?.[1] ?? 'json';
  }
  if (typeof named === 'string' && Object.hasOwn(CONTENT_TYPES, named)) return named as SqlFormat;
  throw badRequest('[format] is one of json, ndjson, csv, arrow');
}

async function asked<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    const { status, message } = error;
    throw new HttpError(status, ERROR_TYPES[status] ?? 'illegal_argument_exception', message);
  }
}
