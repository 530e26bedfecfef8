import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { type Logger, withCorrelation } from '../base/logger.ts';
import { AnswerBudget } from '../search/answer-budget.ts';
import { type Authorizer, CLUSTER_NAME, type Requester } from '../security/authorizer.ts';
import { ByteBudget } from '../search/byte-budget.ts';
import { errorBody } from '../search/error.ts';
import { ANONYMOUS } from '../security/principal.ts';
import type { TlsTerms } from '../security/tls/terms.ts';
import type { HttpGate } from './access.ts';
import { badRequest, HttpError, knownError } from './error.ts';
import { readBody, parseBody } from './body.ts';
import type { RequestMetrics } from './request-metrics.ts';
import { COMMON_PARAMETERS, type Reply, type Route, type RouteRequest } from './route.ts';
import { type RouteMatch, Router } from './router.ts';
import { send, type SendOptions } from './send.ts';

/** Bounds of one HTTP listener. */
export interface HttpLimits {
  /** Largest request body, before and after decompression. */
  readonly maxBodyBytes: number;
  /** Request bodies in memory at once, all together. */
  readonly maxBodiesBytes: number;
  /** Records in one answer. */
  readonly maxAnswerBytes: number;
  /** Records in all answers under way. */
  readonly maxAnswersBytes: number;
  readonly maxConnections: number;
  /** Requests under way at once; health and metrics are answered beyond it. */
  readonly maxRequests: number;
  /** Time for a request to arrive, and again for it to be answered, in ms. */
  readonly requestTimeoutMs: number;
}

export interface HttpServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly routes: readonly Route[];
  readonly authorizer: Authorizer;
  readonly limits: HttpLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Shared by all listeners. */
  readonly metrics: RequestMetrics;
  readonly gate: HttpGate;
  /** HTTPS instead of HTTP. */
  readonly tls: TlsTerms | undefined;
}

const NOBODY: Requester = { principal: ANONYMOUS, host: '' };
const NO_OPTIONS = { pretty: false, filterPath: [] };
const MAX_HEADER_BYTES = 16 * 1024;
const KEEP_ALIVE_MS = 30_000;
const MAX_OPAQUE_ID = 200;

/** The requests of this process are counted: their number is what their log lines have in common. */
let lastRequest = 0;

/** What the client calls its request, as clients of Elasticsearch do; its answer says it too. */
function opaqueId({ headers }: IncomingMessage): string | undefined {
  const given = headers['x-opaque-id'];
  return typeof given === 'string' && given !== '' ? given.slice(0, MAX_OPAQUE_ID) : undefined;
}

/** One HTTP listener: finds the route, reads the body, calls, answers; every error is an answer in JSON. */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #router: Router;
  readonly #server: Server;
  readonly #bodies: ByteBudget;
  readonly #answers: ByteBudget;
  readonly #metrics: RequestMetrics;
  #underWay = 0;
  readonly #closing = new AbortController();

  constructor(options: HttpServerOptions) {
    const { limits } = options;
    this.#options = options;
    this.#router = new Router(options.routes);
    this.#bodies = new ByteBudget(limits.maxBodiesBytes);
    this.#answers = new ByteBudget(limits.maxAnswersBytes);
    this.#metrics = options.metrics;
    this.#server = serverOf(options.tls, {
      maxHeaderSize: MAX_HEADER_BYTES,
      requestTimeout: limits.requestTimeoutMs,
      headersTimeout: Math.min(limits.requestTimeoutMs, 15_000),
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 1000,
    });
    this.#server.maxConnections = limits.maxConnections;
    // Ends connections whose client no longer reads its answer.
    this.#server.timeout = limits.requestTimeoutMs + KEEP_ALIVE_MS;
    this.#server.on('request', (request, response) => {
      const given = opaqueId(request);
      if (given !== undefined) response.setHeader('x-opaque-id', given);
      void withCorrelation(given ?? `http-${++lastRequest}`, () => this.#serve(request, response));
    });
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => this.#refuse(error, socket));
    this.#server.on('drop', () => this.#metrics.dropped());
  }

  /** Listens; resolves with the address. Rejects when the port is taken. */
  listen(): Promise<{ readonly host: string; readonly port: number }> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port, this.#options.host, () => {
        this.#server.off('error', reject);
        this.#server.on('error', (err) => this.#options.logger.error({ err }, 'the HTTP listener failed'));
        const { port } = this.#server.address() as AddressInfo;
        resolve({ host: this.#options.host, port });
      });
    });
  }

  /** Takes no more connections, lets requests under way end for at most `graceMs`, then closes what is left. */
  async close(graceMs: number): Promise<void> {
    this.#closing.abort();
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const timer = this.#options.clock.after(graceMs, () => this.#server.closeAllConnections());
    await closed;
    timer.cancel();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const started = this.#options.clock.monotonic();
    const { path, query } = target(request.url ?? '/');
    const budget = new AnswerBudget(this.#options.limits.maxAnswerBytes, this.#answers);
    let route: Route | undefined;
    let options: Omit<SendOptions, 'closing'> = NO_OPTIONS;
    let status = 500;
    let sent = 0;
    this.#underWay++;
    this.#metrics.began();
    try {
      let reply: Reply;
      try {
        options = sendOptions(query);
        if (request.method === 'OPTIONS')
          reply = { status: 204, text: '', contentType: 'text/plain', headers: { allow: this.#router.methods(path) } };
        else {
          const match = this.#router.find(request.method ?? '', path);
          route = match.route;
          reply = await this.#answer(request, response, match, query, budget);
        }
      } catch (error) {
        reply = this.#failed(error, request, route ?? this.#router.neighbour(path));
      }
      status = reply.status ?? 200;
      if (this.#closing.signal.aborted) response.setHeader('connection', 'close');
      sent = await send(request, response, reply, { ...options, closing: this.#closing.signal });
    } catch (error) {
      this.#options.logger.error({ err: error, path: path.slice(0, 200) }, 'an HTTP answer could not be written');
      response.destroy();
    } finally {
      this.#underWay--;
      budget.release();
      const seconds = (this.#options.clock.monotonic() - started) / 1000;
      this.#metrics.answered(route?.path ?? 'none', request.method ?? '', status, seconds, sent);
    }
  }

  /** The route's answer, or a timeout; whichever is first. */
  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    match: RouteMatch,
    query: ReadonlyMap<string, string>,
    budget: AnswerBudget,
  ): Promise<Reply> {
    const { route } = match;
    const { limits, clock } = this.#options;
    if (this.#underWay > limits.maxRequests && route.always !== true) {
      throw new HttpError(429, 'es_rejected_execution_exception', 'too many requests are under way; try again', {
        'retry-after': '1',
      });
    }
    if (route.changes === true) refuseForeignPages(request);
    const requester = route.open === true ? NOBODY : await this.#options.gate.requesterOf(request);
    const may = this.#rightsOf(requester);
    if (route.needs !== undefined && !may(route.needs, 'cluster', CLUSTER_NAME)) throw lacking(route.needs);
    checkParameters(route, query, request.url ?? '/');
    const body = await readBody(request, { maxBytes: limits.maxBodyBytes, all: this.#bodies });
    const aborted = new AbortController();
    const onClose = (): void => aborted.abort();
    response.once('close', onClose);
    const late = Promise.withResolvers<never>();
    const timer = clock.after(limits.requestTimeoutMs, () => {
      aborted.abort();
      late.reject(
        new HttpError(504, 'timeout_exception', `the request was not answered within ${limits.requestTimeoutMs} ms`),
      );
    });
    try {
      const handled = route.handle({
        method: request.method as RouteRequest['method'],
        params: match.params,
        query,
        headers: request.headers,
        bytes: body.bytes,
        json: () => parseBody(body.bytes),
        may,
        requester,
        signal: aborted.signal,
        budget,
      });
      return await Promise.race([handled, late.promise]);
    } finally {
      timer.cancel();
      response.off('close', onClose);
      body.release();
    }
  }

  #rightsOf(requester: Requester): RouteRequest['may'] {
    const { authorizer } = this.#options;
    return (operation, type, name) => authorizer.authorize(requester, operation, type, name);
  }

  #failed(error: unknown, request: IncomingMessage, route: Route | undefined): Reply {
    const known = knownError(error);
    if (known !== undefined) {
      const { type, reason } = known.body.error;
      return route?.refusal?.(new HttpError(known.status, type, reason, known.headers)) ?? known;
    }
    this.#options.logger.error(
      { err: error, method: request.method, path: (request.url ?? '').slice(0, 200) },
      'an HTTP request failed',
    );
    const fault = new HttpError(500, 'internal_error', 'the request failed inside the server; its log says why');
    return route?.refusal?.(fault) ?? { status: 500, body: errorBody(fault.type, fault.message, 500) };
  }

  /** Bytes that are not HTTP, headers that are too long or too slow: an answer where one can still be written. */
  #refuse(error: NodeJS.ErrnoException, socket: Socket): void {
    this.#metrics.malformed();
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const [status, text, reason] = refusal(error.code);
    const body = JSON.stringify(errorBody('illegal_argument_exception', reason, status));
    const head = `HTTP/1.1 ${status} ${text}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
    socket.end(head + body, () => socket.destroy());
  }
}

function serverOf(tls: TlsTerms | undefined, options: ServerOptions): Server {
  if (tls === undefined) return createServer(options);
  const server = createTlsServer({ ...options, ...tls.serverOptions });
  tls.onChange((context) => server.setSecureContext(context));
  return server;
}

function refusal(code: string | undefined): readonly [number, string, string] {
  if (code === 'HPE_HEADER_OVERFLOW')
    return [431, 'Request Header Fields Too Large', `headers are longer than ${MAX_HEADER_BYTES} bytes`];
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return [408, 'Request Timeout', 'the request did not arrive in time'];
  return [400, 'Bad Request', 'the bytes are not an HTTP request'];
}

function lacking(right: string): HttpError {
  return new HttpError(403, 'security_exception', `this needs the right to ${right} the cluster`);
}

/** Who speaks to a proxy sends the whole address (RFC 9112, section 3.2.2). */
const ORIGIN = /^https?:\/\/[^/?]*/i;

function target(address: string): { readonly path: string; readonly query: ReadonlyMap<string, string> } {
  const url = address.replace(ORIGIN, '');
  const at = url.indexOf('?');
  if (at < 0) return { path: url, query: new Map() };
  return { path: url.slice(0, at), query: new Map(new URLSearchParams(url.slice(at + 1))) };
}

function sendOptions(query: ReadonlyMap<string, string>): Omit<SendOptions, 'closing'> {
  const pretty = query.get('pretty');
  const paths = (query.get('filter_path') ?? '').split(',').filter((path) => path !== '');
  if (paths.length > 100) throw badRequest('[filter_path] takes at most 100 paths');
  return { pretty: pretty === '' || pretty === 'true', filterPath: paths };
}

function checkParameters(route: Route, query: ReadonlyMap<string, string>, url: string): void {
  for (const name of query.keys()) {
    const known = [...COMMON_PARAMETERS, ...(route.query ?? [])].some((parameter) => parameter.name === name);
    if (!known)
      throw badRequest(
        `request [${url.split('?')[0]?.slice(0, 200) ?? ''}] contains unrecognized parameter: [${name.slice(0, 100)}]`,
      );
  }
}

/** A page of another origin may send simple requests unasked: it may not change anything. */
function refuseForeignPages(request: IncomingMessage): void {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const foreign = origin !== undefined && origin.replace(/^https?:\/\//, '') !== host;
  if (!foreign && (site === undefined || site === 'same-origin' || site === 'none')) return;
  throw new HttpError(403, 'security_exception', 'a web page of another origin may not change anything here');
}
