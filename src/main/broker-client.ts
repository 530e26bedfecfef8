import { CommandError, type CommandIo, UsageError } from './command-io.ts';

/** Options of every command that talks to a running broker. */
export const BROKER_OPTIONS = { url: { type: 'string' } } as const;

export const BROKER_USAGE =
  '  --url URL     HTTP address of the broker (default http://127.0.0.1 with QUARRY_HTTP_PORT or 9200);\n' +
  '                who asks is in http://USER:PASSWORD@…, QUARRY_HTTP_USER and QUARRY_HTTP_PASSWORD, or QUARRY_HTTP_TOKEN\n';

const USER_IN_URL = /^(https?:\/\/)([^/@:]+)(?::([^/@]*))?@/;

/** The header that says who asks; none where nobody said so. */
function credentials(url: string, environment: CommandIo['environment']): Readonly<Record<string, string>> {
  const { QUARRY_HTTP_USER: name, QUARRY_HTTP_PASSWORD: secret = '', QUARRY_HTTP_TOKEN: token } = environment;
  const [, , user, password] = USER_IN_URL.exec(url) ?? [];
  const basic = (name: string, secret: string): Readonly<Record<string, string>> => {
    return { authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}` };
  };
  if (user !== undefined)
    return basic(decodeURIComponent(user), password === undefined ? secret : decodeURIComponent(password));
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  return name === undefined ? {} : basic(name, secret);
}

/** A running broker, over its HTTP interface. */
export class BrokerClient {
  readonly #base: string;
  readonly #credentials: Readonly<Record<string, string>>;
  readonly #signal: AbortSignal;
  readonly #onNotice: (notice: string) => void;

  /** `onNotice` is told what an answer lacks, where the broker says so. */
  constructor(
    url: string | undefined,
    io: Pick<CommandIo, 'environment' | 'signal'>,
    onNotice: (notice: string) => void = () => {},
  ) {
    this.#onNotice = onNotice;
    const given = (url ?? `http://127.0.0.1:${io.environment['QUARRY_HTTP_PORT'] ?? '9200'}`).replace(/\/+$/, '');
    if (!/^https?:\/\/[^/]/.test(given)) throw new UsageError(`--url takes http://HOST:PORT, not '${given}'`);
    this.#base = given.replace(USER_IN_URL, '$1');
    this.#credentials = credentials(given, io.environment);
    this.#signal = io.signal;
  }

  get<T>(path: string): Promise<T> {
    return this.#ask<T>('GET', path, undefined);
  }

  post<T>(path: string, body?: object): Promise<T> {
    return this.#ask<T>('POST', path, body);
  }

  /** The bytes of an answer that is no JSON. */
  async postForBytes(path: string, body: object): Promise<Uint8Array> {
    const response = await this.#send('POST', path, body);
    if (!response.ok) throw refused(await parsed(response), response, 'POST', path);
    return response.bytes();
  }

  /** The text of an answer, as it comes. */
  async getText(path: string): Promise<AsyncIterable<string>> {
    const response = await this.#send('GET', path, undefined);
    if (!response.ok) throw refused(await parsed(response), response, 'GET', path);
    return (response.body ?? new ReadableStream<Uint8Array>()).pipeThrough(new TextDecoderStream());
  }

  async #ask<T>(method: string, path: string, body: object | undefined): Promise<T> {
    const response = await this.#send(method, path, body);
    const answer = await parsed(response);
    if (response.ok) return answer as T;
    throw refused(answer, response, method, path);
  }

  /** Rejects with CommandError when nobody answers. */
  async #send(method: string, path: string, body: object | undefined): Promise<Response> {
    const headers = { ...this.#credentials, ...(body !== undefined && { 'content-type': 'application/json' }) };
    const sent = { headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    try {
      const response = await fetch(this.#base + path, { method, signal: this.#signal, ...sent });
      const notice = response.headers.get('quarry-notice');
      if (notice !== null) this.#onNotice(notice);
      return response;
    } catch (error) {
      if (this.#signal.aborted) throw error;
      const cause = (error as Error & { readonly cause?: Error }).cause ?? (error as Error);
      throw new CommandError(`no broker answers at ${this.#base}: ${cause.message}`, { cause: error });
    }
  }
}

/** The broker's own sentence where it says one. */
function refused(answer: unknown, { status }: Response, method: string, path: string): CommandError {
  const reason = (answer as { error?: { reason?: string } }).error?.reason;
  return new CommandError(reason ?? `the broker answered ${status} to ${method} ${path}`);
}

async function parsed(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CommandError(`what answers at ${response.url} is no broker: it does not speak JSON`, { cause: error });
  }
}

/** A topic expression as a path segment. */
export function topicPath(expression: string): string {
  return `/${encodeURIComponent(expression)}`;
}
