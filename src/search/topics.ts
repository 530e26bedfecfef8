import { illegalArgument, indexNotFound } from './error.ts';
import { cut } from './json.ts';
import { searchLimits } from './limits.ts';

/** A topic as a search may name it. */
export interface CatalogTopic {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: number;
  /** The topic setting `quarry.search`. */
  readonly searchable: boolean;
}

/** The topics that exist; wired to the broker's metadata. */
export interface SearchCatalog {
  topics(): readonly CatalogTopic[];
  topic(name: string): CatalogTopic | undefined;
  /** Whether one may ask for this name; everybody may for every name when it is missing. */
  allows?(name: string): boolean;
}

/** Elasticsearch's rules for names that fit nothing. */
export interface TopicOptions {
  readonly ignoreUnavailable: boolean;
  readonly allowNoIndices: boolean;
}

export const DEFAULT_TOPIC_OPTIONS: TopicOptions = { ignoreUnavailable: false, allowNoIndices: true };

/**
 * The topics that a comma list of names, patterns with `*`, exclusions (`-name` behind a pattern) and `_all` means, by name; an empty
 * list means all. Throws index_not_found_exception (404) for a plain name without a topic unless `ignoreUnavailable`, and for
 * patterns that fit nothing unless `allowNoIndices`.
 */
export function resolveTopics(
  expression: string,
  catalog: SearchCatalog,
  options: TopicOptions,
): readonly CatalogTopic[] {
  const parts = expression.split(',').map((part) => part.trim());
  if (parts.length > searchLimits.topicExpressions) {
    throw illegalArgument(`a topic expression may have at most ${searchLimits.topicExpressions} parts`);
  }
  const named = parts.filter((part) => part !== '');
  const found = new Map<string, CatalogTopic>();
  let wildcard = false;
  for (const part of named.length === 0 ? ['*'] : named) {
    if (part === '_all' || part.includes('*') || (wildcard && part.startsWith('-'))) {
      wildcard = true;
      applyPattern(part === '_all' ? '*' : part, catalog, options, found);
      continue;
    }
    if (options.ignoreUnavailable && catalog.allows?.(part) === false) continue;
    const topic = catalog.topic(part);
    if (topic !== undefined) found.set(topic.name, topic);
    else if (!options.ignoreUnavailable) throw indexNotFound(cut(part, 300));
  }
  if (found.size === 0 && !options.allowNoIndices) throw indexNotFound(cut(expression, 300));
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function applyPattern(
  part: string,
  catalog: SearchCatalog,
  options: TopicOptions,
  found: Map<string, CatalogTopic>,
): void {
  const exclude = part.startsWith('-') && found.size > 0;
  const pattern = exclude ? part.slice(1) : part;
  const fitting = catalog.topics().filter(({ name }) => fits(name, pattern));
  if (fitting.length === 0 && !exclude && !options.allowNoIndices) throw indexNotFound(cut(part, 300));
  for (const topic of fitting) {
    if (exclude) found.delete(topic.name);
    else found.set(topic.name, topic);
  }
}

/** Whether `name` fits a pattern with `*`; linear in both but for the last star. */
export function fits(name: string, pattern: string): boolean {
  let at = 0;
  let star = -1;
  let mark = 0;
  let p = 0;
  while (at < name.length) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p++;
      mark = at;
    } else if (p < pattern.length && pattern[p] === name[at]) {
      p++;
      at++;
    } else if (star >= 0) {
      p = star + 1;
      at = ++mark;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
