import { errorBody, type ErrorBody, type ErrorDetails, SearchError } from '../search/error.ts';

/** A request that is refused before or by a route. `message` is a sentence for people. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  /** What kind of error it is, in Elasticsearch's manner (`…_exception`). */
  readonly type: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, type: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.type = type;
    this.headers = headers;
  }
}

/** The answer to an error. Undefined for one that is a fault of ours: it is to be logged, and told without its details. */
export function knownError(
  error: unknown,
):
  | { readonly status: number; readonly body: ErrorBody; readonly headers: Readonly<Record<string, string>> }
  | undefined {
  if (error instanceof HttpError) {
    const { status, type, message, headers } = error;
    return { status, body: errorBody(type, message, status), headers };
  }
  if (error instanceof SearchError) {
    const { status, type, message } = error;
    const details: ErrorDetails = error.details;
    return { status, body: errorBody(type, message, status, details), headers: {} };
  }
  return undefined;
}

export function badRequest(message: string): HttpError {
  return new HttpError(400, 'illegal_argument_exception', message);
}
