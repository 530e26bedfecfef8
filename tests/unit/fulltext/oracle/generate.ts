import { below, type Random } from '../../../../src/base/random.ts';
import type { DocumentRecord } from '../../../../src/fulltext/document.ts';
import type { Query } from '../../../../src/fulltext/query.ts';

const vocabulary = [
  'error',
  'Error',
  'warn',
  'timeout',
  'time',
  'user',
  'users',
  'café',
  'élan',
  'node-7',
  'a.b',
  "don't",
  'x_1',
  '10.0.0.1',
  '404',
  '200',
  'GET',
  'foo',
  'fool',
  'of',
];
const levels = ['INFO', 'WARN', 'ERROR', 'Debug Mode'];

function pick<T>(random: Random, list: readonly T[]): T {
  return list[below(random, list.length)]!;
}

function phrase(random: Random, most: number): string {
  return Array.from({ length: 1 + below(random, most) }, () => pick(random, vocabulary)).join(
    pick(random, [' ', ' ', ', ', '/']),
  );
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function randomValue(random: Random): Uint8Array | null {
  const kind = below(random, 12);
  if (kind === 0) return null;
  if (kind === 1) return bytes(phrase(random, 6));
  if (kind === 2) return Uint8Array.of(0xff, below(random, 4));
  if (kind === 3) return bytes(`{"level": "INFO", broken ${phrase(random, 3)}`);
  const value: Record<string, unknown> = {};
  if (below(random, 10) < 9) value['level'] = pick(random, levels);
  if (below(random, 10) < 8) value['message'] = phrase(random, 8);
  if (below(random, 2) === 0) value['status'] = pick(random, [200, 404, 500, -1.5, 0.25]);
  if (below(random, 3) === 0) value['tags'] = Array.from({ length: below(random, 4) }, () => phrase(random, 2));
  if (below(random, 3) === 0)
    value['user'] = { name: phrase(random, 2), id: below(random, 50), ok: below(random, 2) === 0 };
  if (below(random, 9) === 0) value['long'] = 'word '.repeat(60 + below(random, 10));
  if (below(random, 9) === 0) value['@timestamp'] = 'mine';
  return bytes(JSON.stringify(value));
}

/** Records with rising offsets, now and then a gap. */
export function randomRecords(random: Random, count: number): DocumentRecord[] {
  let offset = below(random, 3);
  return Array.from({ length: count }, () => {
    offset += below(random, 8) === 0 ? 1 + below(random, 4) : 0;
    const headers = below(random, 4) === 0 ? [{ key: bytes('trace'), value: bytes(phrase(random, 2)) }] : [];
    const key = below(random, 3) === 0 ? bytes(pick(random, vocabulary)) : null;
    return { offset: offset++, timestamp: 1000 + below(random, 500), key, value: randomValue(random), headers };
  });
}

const fieldLists: readonly (readonly string[])[] = [
  [],
  [],
  ['message'],
  ['level'],
  ['level.keyword'],
  ['user.*'],
  ['tags', 'message'],
  ['_kafka.key'],
  ['_kafka.headers.trace'],
  ['missing'],
];

function leaf(random: Random): Query {
  const fields = pick(random, fieldLists);
  switch (below(random, 11)) {
    case 0:
      return { kind: 'all' };
    case 1:
      return {
        kind: 'match',
        fields,
        text: phrase(random, 3),
        operator: 'or',
        ...(below(random, 3) === 0 && { minimumShouldMatch: 2 }),
      };
    case 2:
      return { kind: 'match', fields, text: pick(random, [...levels, phrase(random, 2)]), operator: 'and' };
    case 3: {
      const [a, b, c] = [
        pick(random, vocabulary.slice(0, 8)),
        pick(random, vocabulary.slice(9, 14)),
        pick(random, vocabulary.slice(14)),
      ];
      return {
        kind: 'phrase',
        fields,
        text: [a, b, c].slice(0, 1 + below(random, 3)).join(' '),
        slop: pick(random, [0, 0, 1, 3]),
      };
    }
    case 4:
      return {
        kind: 'phrase',
        fields,
        text: `${pick(random, vocabulary.slice(0, 8))} ${pick(random, ['f', 'u', 'x_', '1'])}`,
        slop: 0,
        prefix: true,
      };
    case 5:
      return {
        kind: 'term',
        field: pick(random, ['level', 'level.keyword', 'status', 'user.ok', 'user.id', 'message', '_kafka.offset']),
        values: pick(random, [[pick(random, levels)], [200], ['404'], [true], [3, 7, 'WARN']]),
      };
    case 6:
      return { kind: 'prefix', fields, value: pick(random, ['t', 'err', 'ERR', 'INFO', 'u', 'é']) };
    case 7:
      return { kind: 'wildcard', fields, value: pick(random, ['*', 't*e', '?oo*', 'W?RN', '*r*', 'caf?']) };
    case 8:
      return {
        kind: 'regexp',
        fields,
        value: pick(random, ['ti.*', 'fo+l?', '[a-e]rror', 'user(s)?', 'WARN|INFO', '.{3}']),
      };
    case 9:
      return {
        kind: 'fuzzy',
        fields,
        value: pick(random, ['eror', 'tiem', 'WRAN', 'fo', 'usres']),
        distance: pick(random, ['auto', 0, 1, 2] as const),
      };
    default:
      return range(random);
  }
}

function range(random: Random): Query {
  if (below(random, 4) === 0)
    return { kind: 'exists', field: pick(random, ['user', 'user.id', 'tags', '_kafka.key', '_original', 'nothing']) };
  const low = pick(random, [{ gte: 3 }, { gt: 200 }, {}]);
  const high = pick(random, [{ lt: 404 }, { lte: 500 }, { lte: 1200 }]);
  const numeric: Query = {
    kind: 'range',
    field: pick(random, ['status', 'user.id', '_kafka.offset', '@timestamp']),
    ...low,
    ...high,
  };
  const textual: Query = {
    kind: 'range',
    field: pick(random, ['level.keyword', 'message', 'tags']),
    ...pick(random, [{ gte: 'b' }, { gt: 'e' }]),
    ...pick(random, [{ lt: 'user' }, { lte: 'time' }]),
  };
  return below(random, 2) === 0 ? numeric : textual;
}

/** A random query of at most `depth` levels. */
export function randomQuery(random: Random, depth: number): Query {
  if (depth === 0 || below(random, 3) > 0) return leaf(random);
  const some = (most: number): Query[] =>
    Array.from({ length: below(random, most + 1) }, () => randomQuery(random, depth - 1));
  if (below(random, 8) === 0) return { kind: 'best', queries: some(3) };
  const minimum = below(random, 4) === 0 ? { minimumShouldMatch: below(random, 3) } : {};
  return { kind: 'bool', must: some(2), should: some(3), mustNot: some(1), filter: some(1), ...minimum };
}
