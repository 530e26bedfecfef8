import type { CommitContext } from '../../lake/iceberg/commit.ts';
import type { Method, ParameterDoc, Reply, RouteRequest } from '../route.ts';
import { badIceberg } from './answers.ts';

const MAX_PAGE = 1000;

/** Parameters of routes that answer in pages. */
export const PAGES: readonly ParameterDoc[] = [
  { name: 'pageToken', type: 'string', doc: 'The next-page-token of the page before; empty for the first.' },
  { name: 'pageSize', type: 'integer', doc: 'Most entries of one page; without it everything is answered at once.' },
];

/** One route of the REST catalog. */
export interface IcebergRoute {
  readonly method: Method;
  /** After the prefix. */
  readonly path: string;
  readonly summary: string;
  readonly query?: readonly ParameterDoc[];
  handle(context: CommitContext, request: RouteRequest): Promise<Reply>;
}

/** A page of sorted entries; the token is the key of the last one. */
export function page<T>(
  entries: readonly T[],
  keyOf: (entry: T) => string,
  query: RouteRequest['query'],
): { readonly entries: readonly T[]; readonly 'next-page-token'?: string } {
  const asked = query.get('pageSize');
  const size = asked === undefined ? undefined : Number(asked);
  if (size !== undefined && (!Number.isSafeInteger(size) || size < 1)) throw badIceberg('pageSize must be above 0');
  const after = Buffer.from(query.get('pageToken') ?? '', 'base64url').toString('utf8');
  const sorted = entries.map((entry) => ({ entry, key: keyOf(entry) })).sort((a, b) => (a.key < b.key ? -1 : 1));
  const rest = after === '' ? sorted : sorted.filter(({ key }) => key > after);
  const shown = size === undefined ? rest : rest.slice(0, Math.min(size, MAX_PAGE));
  const last = shown.at(-1);
  return {
    entries: shown.map(({ entry }) => entry),
    ...(shown.length < rest.length && last && { 'next-page-token': Buffer.from(last.key).toString('base64url') }),
  };
}
