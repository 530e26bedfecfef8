import { sourceOf, type DocumentRecord } from '../../../../src/fulltext/document.ts';
import type { Query, QueryValue } from '../../../../src/fulltext/query.ts';

/** Values of a field of one document, in order. */
type Leaf = string | number | boolean;

/** A document as the naive search sees it: dotted names, and what they hold. */
export interface NaiveDocument {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly fields: ReadonlyMap<string, readonly Leaf[]>;
}

/** Flattens what `_source` shows. */
export function naiveDocument(record: DocumentRecord, partition: number): NaiveDocument {
  const fields = new Map<string, Leaf[]>();
  const walk = (name: string, value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) walk(name, item);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) walk(name === '' ? key : `${name}.${key}`, item);
    } else if (value !== null) fields.set(name, [...(fields.get(name) ?? []), value as Leaf]);
  };
  walk('', sourceOf(record, partition));
  for (const own of ['@timestamp', '_kafka.partition', '_kafka.offset', '_kafka.timestamp']) fields.delete(own);
  return { partition, offset: record.offset, timestamp: record.timestamp, fields };
}

/** Words of ASCII and Latin text by regular expressions: letters, digits and `_`, with single `.` and `'` inside. */
export function words(text: string): string[] {
  const found: string[] = [];
  for (const [raw] of text.matchAll(
    /[\p{L}\p{Nd}_]+(?:(?:(?<=\p{L})[.'](?=\p{L})|(?<=\p{Nd})[.',;](?=\p{Nd}))[\p{L}\p{Nd}_]+)*/gu,
  )) {
    if (/[\p{L}\p{Nd}]/u.test(raw)) found.push(raw.toLowerCase());
  }
  return found;
}

/** Words of each value with their positions: 100 apart from value to value. */
function positioned(leaves: readonly Leaf[]): { word: string; at: number }[] {
  const all: { word: string; at: number }[] = [];
  let base = 0;
  for (const leaf of leaves) {
    if (typeof leaf === 'number') continue;
    const list = words(String(leaf));
    for (const [i, word] of list.entries()) all.push({ word, at: base + i });
    base += list.length + 100;
  }
  return all;
}

interface Chosen {
  readonly leaves: readonly Leaf[];
  readonly exact: boolean;
}

function chosen(document: NaiveDocument, names: readonly string[]): Chosen[] {
  const found: Chosen[] = [];
  for (const [name, leaves] of document.fields) {
    if (names.length === 0) {
      if (name !== '_kafka.tombstone') found.push({ leaves, exact: false });
      continue;
    }
    for (const wanted of names) {
      const pattern = new RegExp(`^${wanted.replace(/[.@]/g, '\\$&').replace(/\*/g, '.*')}$`, 's');
      if (wanted.includes('*') ? pattern.test(name) : wanted === name) found.push({ leaves, exact: false });
      else if (wanted === `${name}.keyword`) found.push({ leaves, exact: true });
    }
  }
  return found;
}

function texts({ leaves, exact }: Chosen): string[] {
  const strings = leaves.filter((leaf) => typeof leaf !== 'number').map(String);
  return exact ? strings.filter((text) => Buffer.byteLength(text) <= 256) : strings.flatMap(words);
}

function numbers(parts: readonly Chosen[]): number[] {
  return parts.flatMap(({ leaves, exact }) => (exact ? [] : leaves.filter((leaf) => typeof leaf === 'number')));
}

function asNumber(text: string): number | undefined {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

function anyTerm(
  document: NaiveDocument,
  names: readonly string[],
  test: (term: string, exact: boolean) => boolean,
): boolean {
  return chosen(document, names).some((part) => texts(part).some((term) => test(term, part.exact)));
}

function matchWord(document: NaiveDocument, names: readonly string[], word: string): boolean {
  const parts = chosen(document, names);
  if (parts.some((part) => !part.exact && texts(part).includes(word))) return true;
  const number = asNumber(word);
  return number !== undefined && numbers(parts).includes(number);
}

function matchText(document: NaiveDocument, query: Extract<Query, { kind: 'match' }>): boolean {
  const parts = chosen(document, query.fields);
  if (parts.some((part) => part.exact && texts(part).includes(query.text))) return true;
  const number = asNumber(query.text.trim());
  if (number !== undefined && numbers(parts).includes(number)) return true;
  const list = words(query.text);
  const hits = list.filter((word) => matchWord(document, query.fields, word)).length;
  const wanted = query.operator === 'and' ? list.length : Math.max(1, query.minimumShouldMatch ?? 1);
  return list.length > 0 && hits >= wanted;
}

function matchPhrase(document: NaiveDocument, query: Extract<Query, { kind: 'phrase' }>): boolean {
  const list = words(query.text);
  const fits = (word: string, i: number): boolean =>
    query.prefix === true && i === list.length - 1 ? word.startsWith(list[i]!) : word === list[i];
  if (list.length === 1 && query.prefix !== true) {
    return matchText(document, { kind: 'match', fields: query.fields, text: query.text, operator: 'and' });
  }
  return chosen(document, query.fields).some(({ leaves, exact }) => {
    const all = positioned(leaves);
    if (exact) {
      return texts({ leaves, exact }).some((text) =>
        query.prefix === true ? text.startsWith(query.text) : text === query.text,
      );
    }
    const choose = (i: number, taken: readonly number[]): boolean => {
      if (i === list.length) {
        const shifted = taken.map((at, place) => at - place);
        return new Set(taken).size === taken.length && Math.max(...shifted) - Math.min(...shifted) <= query.slop;
      }
      return all.some(({ word, at }) => fits(word, i) && choose(i + 1, [...taken, at]));
    };
    return list.length > 0 && choose(0, []);
  });
}

function editDistance(a: string, b: string): number {
  const d = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
  );
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      d[i]![j] = Math.min(d[i - 1]![j]! + 1, d[i]![j - 1]! + 1, d[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        d[i]![j] = Math.min(d[i]![j]!, d[i - 2]![j - 2]! + 1);
    }
  }
  return d[a.length]![b.length]!;
}

function within(value: number | string, query: Extract<Query, { kind: 'range' }>): boolean {
  const { gt, gte, lt, lte } = query;
  return (
    (gt === undefined || value > gt) &&
    (gte === undefined || value >= gte) &&
    (lt === undefined || value < lt) &&
    (lte === undefined || value <= lte)
  );
}

function matchRange(document: NaiveDocument, query: Extract<Query, { kind: 'range' }>): boolean {
  const bounds = [query.gt, query.gte, query.lt, query.lte].filter((bound) => bound !== undefined);
  const own: Record<string, number> = {
    '@timestamp': document.timestamp,
    '_kafka.timestamp': document.timestamp,
    '_kafka.offset': document.offset,
    '_kafka.partition': document.partition,
  };
  if (own[query.field] !== undefined) return within(own[query.field]!, query);
  const parts = chosen(document, [query.field]);
  if (bounds.every((bound) => typeof bound === 'number')) return numbers(parts).some((value) => within(value, query));
  return anyTerm(document, [query.field], (term) => within(term, query));
}

function equals(document: NaiveDocument, field: string, value: QueryValue): boolean {
  const own: Record<string, number> = { '_kafka.offset': document.offset, '_kafka.partition': document.partition };
  if (own[field] !== undefined) return own[field] === asNumber(String(value));
  const leaves = document.fields.get(field) ?? document.fields.get(field.replace(/\.keyword$/, '')) ?? [];
  return leaves.some((leaf) => {
    if (typeof leaf === 'number') return !field.endsWith('.keyword') && leaf === asNumber(String(value));
    return String(leaf) === String(value) && Buffer.byteLength(String(leaf)) <= 256;
  });
}

function pattern(query: Extract<Query, { kind: 'prefix' | 'wildcard' | 'regexp' }>, exact: boolean): RegExp {
  const value = exact ? query.value : query.value.toLowerCase();
  if (query.kind === 'regexp') return new RegExp(`^(?:${value})$`, 'su');
  const escaped = value.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  if (query.kind === 'prefix') return new RegExp(`^${escaped.replace(/[*?]/g, '\\$&')}`, 'su');
  return new RegExp(`^${escaped.replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 'su');
}

/** Whether a document matches: the plainest reading of what query.ts says. */
export function naiveMatch(document: NaiveDocument, query: Query): boolean {
  switch (query.kind) {
    case 'all':
      return true;
    case 'none':
      return false;
    case 'match':
      return matchText(document, query);
    case 'phrase':
      return matchPhrase(document, query);
    case 'term':
      return query.values.some((value) => equals(document, query.field, value));
    case 'prefix':
    case 'wildcard':
    case 'regexp':
      return anyTerm(document, query.fields, (term, exact) => pattern(query, exact).test(term));
    case 'fuzzy':
      return anyTerm(document, query.fields, (term, exact) => {
        const value = exact ? query.value : query.value.toLowerCase();
        const auto = value.length <= 2 ? 0 : value.length <= 5 ? 1 : 2;
        return editDistance(term, value) <= (query.distance === 'auto' ? auto : query.distance);
      });
    case 'range':
      return matchRange(document, query);
    case 'exists':
      return [...document.fields.keys()].some((name) => name === query.field || name.startsWith(`${query.field}.`));
    case 'best':
      return query.queries.some((part) => naiveMatch(document, part));
    case 'bool': {
      const hits = query.should.filter((part) => naiveMatch(document, part)).length;
      const required = query.must.length + query.filter.length > 0;
      const minimum = query.minimumShouldMatch ?? (required || query.should.length === 0 ? 0 : 1);
      return (
        [...query.must, ...query.filter].every((part) => naiveMatch(document, part)) &&
        !query.mustNot.some((part) => naiveMatch(document, part)) &&
        hits >= minimum
      );
    }
  }
}
