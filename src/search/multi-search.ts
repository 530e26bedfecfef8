import { errorBody, parsingError, SearchError } from './error.ts';
import { cut, isObject, jsonType, listOf, stringOf } from './json.ts';
import { searchLimits } from './limits.ts';
import { parseSearchRequest, type SearchRequest, type UrlParameters } from './request.ts';
import type { SearchAnswer, SearchOutcome } from './service.ts';

/** One search of an `_msearch`: a header line and a body line. */
interface SearchLines {
  readonly topics: string;
  readonly url: UrlParameters;
  readonly body: unknown;
}

/** Searches that run at once. */
const PARALLEL = 4;

/** Header members that are parameters of a URL elsewhere. */
const HEADER_FLAGS = ['ignore_unavailable', 'allow_no_indices'];
const HEADER_IGNORED = [
  'preference',
  'routing',
  'search_type',
  'expand_wildcards',
  'request_cache',
  'allow_partial_search_results',
  'ccs_minimize_roundtrips',
];

/**
 * Parses the NDJSON of `_msearch`; `topics` stands for headers that name none, `url` for what they do not say. Throws SearchError.
 */
export function parseMultiSearch(text: string, topics: string, url: UrlParameters): SearchLines[] {
  const lines = text.split('\n');
  if (lines.at(-1)?.trim() === '') lines.pop();
  if (lines.length > 2 * searchLimits.searches) {
    throw parsingError(`_msearch takes at most ${searchLimits.searches} searches`);
  }
  if (lines.length === 0) throw parsingError('no requests added: the body of _msearch is empty');
  if (lines.length % 2 !== 0) throw parsingError('the body of _msearch must have a body line after each header line');
  const searches: SearchLines[] = [];
  for (let at = 0; at < lines.length; at += 2) {
    const header = lines[at]!.trim() === '' ? {} : parseLine(lines[at]!, at + 1);
    if (!isObject(header))
      throw parsingError(`line ${at + 1} of _msearch must be an object, but is ${jsonType(header)}`);
    searches.push({ ...headerOf(header, topics, url), body: parseLine(lines[at + 1]!, at + 2) });
  }
  return searches;
}

function parseLine(line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw parsingError(`line ${number} of _msearch is not JSON: ${(error as Error).message}`);
  }
}

function headerOf(
  header: Readonly<Record<string, unknown>>,
  topics: string,
  shared: UrlParameters,
): Pick<SearchLines, 'topics' | 'url'> {
  const url = new Map(shared);
  let named = topics;
  for (const [name, value] of Object.entries(header)) {
    if (name === 'index' || name === 'indices')
      named = listOf(value)
        .map((one) => stringOf(one, name))
        .join(',');
    else if (HEADER_FLAGS.includes(name)) url.set(name, stringOf(value, name));
    else if (!HEADER_IGNORED.includes(name))
      throw parsingError(`key [${cut(name)}] is not supported in the metadata section`);
  }
  return { topics: named, url };
}

/** Runs the searches by `search`, a few at a time; each has its own answer or error, in order. */
export async function runMultiSearch(
  searches: readonly SearchLines[],
  search: (topics: string, request: SearchRequest) => Promise<SearchAnswer>,
  now: number,
): Promise<SearchOutcome[]> {
  const outcomes: SearchOutcome[] = new Array<SearchOutcome>(searches.length);
  let next = 0;
  const run = async ({ url, body, topics }: SearchLines): Promise<SearchOutcome> => {
    try {
      return { ...(await search(topics, parseSearchRequest(url, body, now))), status: 200 };
    } catch (error) {
      if (!(error instanceof SearchError)) throw error;
      return errorBody(error.type, error.message, error.status, error.details);
    }
  };
  const worker = async (): Promise<void> => {
    for (let at = next++; at < searches.length; at = next++) outcomes[at] = await run(searches[at]!);
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, searches.length) }, worker));
  return outcomes;
}
