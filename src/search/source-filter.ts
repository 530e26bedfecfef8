import { parsingError } from './error.ts';
import { booleanOf, cut, isObject, jsonType, listOf, onlyMembers, stringOf } from './json.ts';
import { searchLimits } from './limits.ts';
import { fits } from './topics.ts';

/** What of `_source` an answer shows. */
export interface SourceFilter {
  readonly enabled: boolean;
  /** Dotted names, `*` allowed; empty means everything. */
  readonly includes: readonly string[];
  readonly excludes: readonly string[];
}

const WHOLE_SOURCE: SourceFilter = { enabled: true, includes: [], excludes: [] };

const MEMBERS: ReadonlySet<string> = new Set(['include', 'includes', 'exclude', 'excludes']);

/** Parses `_source`: true, false, a name, a list of names, or `{includes, excludes}`. */
export function parseSourceFilter(value: unknown): SourceFilter {
  if (value === undefined) return WHOLE_SOURCE;
  if (typeof value === 'boolean') return { ...WHOLE_SOURCE, enabled: value };
  if (value === 'true' || value === 'false') return { ...WHOLE_SOURCE, enabled: booleanOf(value, '_source') };
  if (typeof value === 'string' || Array.isArray(value)) return { ...WHOLE_SOURCE, includes: names(value) };
  if (!isObject(value))
    throw parsingError(`[_source] must be a boolean, a string, an array or an object, but is ${jsonType(value)}`);
  onlyMembers(value, '_source', MEMBERS);
  return {
    enabled: true,
    includes: names(value['includes'] ?? value['include'] ?? []),
    excludes: names(value['excludes'] ?? value['exclude'] ?? []),
  };
}

function names(value: unknown): string[] {
  const found = listOf(value).map((name) => stringOf(name, '_source'));
  if (found.length > searchLimits.fields)
    throw parsingError(`[_source] may name at most ${searchLimits.fields} fields`);
  const long = found.find((name) => name.length > 1024);
  if (long !== undefined) throw parsingError(`[_source] has a name that is too long: [${cut(long)}]`);
  return found;
}

type Source = Readonly<Record<string, unknown>>;

/** Patterns that are compared as quickly as anything is remembered. */
const FEW = 4;
/** Names of which it is remembered whether they fit. */
const MOST_NAMES = 10_000;
const remembered = new WeakMap<readonly string[], Map<string, boolean>>();

/** Whether a name fits one of the patterns. Names repeat from record to record: each is compared with many patterns once. */
function fitsAny(name: string, patterns: readonly string[]): boolean {
  if (patterns.length < FEW) return patterns.some((pattern) => fits(name, pattern));
  let names = remembered.get(patterns);
  if (names === undefined) {
    names = new Map();
    remembered.set(patterns, names);
  }
  const known = names.get(name);
  if (known !== undefined) return known;
  const found = patterns.some((pattern) => fits(name, pattern));
  if (names.size < MOST_NAMES) names.set(name, found);
  return found;
}

/** `source` with what the filter lets through; the very same object when that is everything. */
export function filterSource(source: Source, filter: SourceFilter): Source {
  if (filter.includes.length === 0 && filter.excludes.length === 0) return source;
  return filterObject(source, '', filter, filter.includes.length === 0);
}

/** `included`: an object above is named by the includes, and so everything in it. Documents are at most 64 levels deep. */
function filterObject(source: Source, prefix: string, filter: SourceFilter, included: boolean): Source {
  const kept: [string, unknown][] = [];
  for (const [name, value] of Object.entries(source)) {
    const path = prefix + name;
    if (fitsAny(path, filter.excludes)) continue;
    const named = included || fitsAny(path, filter.includes);
    if (named && filter.excludes.length === 0) {
      kept.push([name, value]);
      continue;
    }
    const inner = filterValue(value, path, filter, named);
    if (inner !== undefined) kept.push([name, inner]);
  }
  return Object.fromEntries(kept);
}

/** Undefined when nothing of `value` remains. */
function filterValue(value: unknown, path: string, filter: SourceFilter, included: boolean): unknown {
  if (Array.isArray(value)) {
    const items = value
      .map((item: unknown) => filterValue(item, path, filter, included))
      .filter((item) => item !== undefined);
    return included || items.length > 0 ? items : undefined;
  }
  if (!isObject(value) || isRawNumber(value)) return included ? value : undefined;
  const inner = filterObject(value, `${path}.`, filter, included);
  return included || Object.keys(inner).length > 0 ? inner : undefined;
}

/** True for a number that is kept digit by digit (`JSON.rawJSON`). */
export function isRawNumber(value: object): boolean {
  return (JSON as unknown as { isRawJSON(value: object): boolean }).isRawJSON(value);
}

/** The values below each dotted name that fits one of `patterns`, as the answer's `fields`. */
export function fieldValues(source: Source, patterns: readonly string[]): Record<string, unknown[]> {
  const found = new Map<string, unknown[]>();
  const visit = (value: unknown, path: string): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, path);
    else if (isObject(value) && !isRawNumber(value)) {
      for (const [name, inner] of Object.entries(value)) visit(inner, path === '' ? name : `${path}.${name}`);
    } else if (value !== null && fitsAny(path, patterns)) {
      const values = found.get(path);
      if (values === undefined) found.set(path, [value]);
      else values.push(value);
    }
  };
  visit(source, '');
  return Object.fromEntries(found);
}
