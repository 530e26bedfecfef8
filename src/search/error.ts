/** What Elasticsearch names the kinds of error that a search request can meet. */
export type SearchErrorType =
  | 'parsing_exception'
  | 'x_content_parse_exception'
  | 'json_parse_exception'
  | 'illegal_argument_exception'
  | 'query_shard_exception'
  | 'index_not_found_exception'
  | 'resource_not_found_exception'
  | 'circuit_breaking_exception'
  | 'timeout_exception'
  | 'unavailable_exception'
  | 'security_exception';

/** Facts beside the sentence: `index`, `position` … */
export type ErrorDetails = Readonly<Record<string, string | number>>;

/** A request that is refused, in Elasticsearch's shape. `message` is a sentence for people. */
export class SearchError extends Error {
  override readonly name = 'SearchError';
  readonly type: SearchErrorType;
  /** HTTP status. */
  readonly status: number;
  readonly details: ErrorDetails;

  constructor(type: SearchErrorType, message: string, status = 400, details: ErrorDetails = {}) {
    super(message);
    this.type = type;
    this.status = status;
    this.details = details;
  }
}

/** The JSON of an error, as Elasticsearch answers it. */
export interface ErrorBody {
  readonly error: {
    readonly root_cause: readonly object[];
    readonly type: string;
    readonly reason: string;
    readonly [detail: string]: unknown;
  };
  readonly status: number;
}

/** `error` as the body of an answer. */
export function errorBody(type: string, reason: string, status: number, details: ErrorDetails = {}): ErrorBody {
  const cause = { type, reason, ...details };
  return { error: { root_cause: [cause], ...cause }, status };
}

/** An error in a query or body that does not have the shape it must have. */
export function parsingError(reason: string): SearchError {
  return new SearchError('parsing_exception', reason);
}

/** A value that has the right shape and cannot be used. */
export function illegalArgument(reason: string): SearchError {
  return new SearchError('illegal_argument_exception', reason);
}

/** The answer to one who names a topic that he has no right to. */
export function topicForbidden(topic: string): SearchError {
  return new SearchError('security_exception', `no right to topic [${topic.slice(0, 300)}]`, 403);
}

/** Elasticsearch's answer to a name that no topic has. */
export function indexNotFound(index: string): SearchError {
  return new SearchError('index_not_found_exception', `no such index [${index}]`, 404, {
    'resource.type': 'index_or_alias',
    'resource.id': index,
    index_uuid: '_na_',
    index,
  });
}
