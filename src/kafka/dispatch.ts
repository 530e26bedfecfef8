import { errorCode } from '../../protocol/errors.ts';
import { apiVersionsApi } from '../../protocol/messages/index.ts';
import {
  type Api,
  decodeRequest,
  decodeRequestHeader,
  encodeResponseFrame,
  type Fields,
  type RequestHeader,
  type Type,
} from '../../protocol/schema/index.ts';
import type { Clock } from '../base/clock.ts';
import { CloseConnection, type Handler, noResponse, type RequestContext } from './handler.ts';
import type { ClientQuotas } from './quotas/client-quotas.ts';
import type { ApiMetrics, RequestMetrics } from './request-metrics.ts';

/** A response as it goes to the socket; undefined for none. */
export type ResponseFrame = readonly Uint8Array[] | undefined;

/** What the dispatcher needs to know of the connection. */
export type ConnectionContext = Omit<RequestContext, 'apiVersion' | 'clientId' | 'requestBytes' | 'afterSent'>;

/** Which slices of its frame a decoded request may hold: none, records (which the log keeps for a while), or bytes (kept for ever). */
export type Keeps = 'nothing' | 'records' | 'bytes';

interface Route {
  readonly handler: Handler;
  readonly metrics: ApiMetrics;
  readonly keeps: Keeps;
}

const EMPTY_UNSUPPORTED = [
  { apiKey: apiVersionsApi.key, minVersion: apiVersionsApi.versions[0], maxVersion: apiVersionsApi.versions[1] },
];

function keptBy(type: Type): Keeps {
  switch (type.kind) {
    case 'bytes':
    case 'records':
      return type.kind;
    case 'array':
      return keptBy(type.element);
    case 'struct':
      return keptByFields(type.fields);
    default:
      return 'nothing';
  }
}

function keptByFields(fields: Fields): Keeps {
  const all = Object.values(fields).map((field) => keptBy(field.type));
  if (all.includes('bytes')) return 'bytes';
  return all.includes('records') ? 'records' : 'nothing';
}

/** Finds the handler of a frame, decodes, calls, encodes. Knows nothing of sockets. */
export class Dispatcher {
  readonly #routes = new Map<number, Route>();
  readonly #apis = new Map<number, Api>();
  readonly #quotas: ClientQuotas;
  readonly #clock: Clock;

  constructor(handlers: readonly Handler[], quotas: ClientQuotas, metrics: RequestMetrics, clock: Clock) {
    this.#quotas = quotas;
    this.#clock = clock;
    for (const handler of handlers) {
      const { api } = handler;
      if (this.#routes.has(api.key)) throw new Error(`two handlers for ${api.name}`);
      this.#routes.set(api.key, {
        handler,
        metrics: metrics.of(api),
        keeps: keptByFields(api.request.fields),
      });
      this.#apis.set(api.key, api);
    }
  }

  /** Whether the request may start while earlier ones of this kind wait for durability. */
  isPipelined(frame: Uint8Array): boolean {
    return this.#routeOf(frame)?.handler.pipelined ?? false;
  }

  /** Not undefined: the request may not begin before it resolves. */
  backpressure(frame: Uint8Array): Promise<void> | undefined {
    return this.#routeOf(frame)?.handler.backpressure();
  }

  /** What the handler of the request may keep of its frame. */
  keeps(frame: Uint8Array): Keeps {
    return this.#routeOf(frame)?.keeps ?? 'nothing';
  }

  #routeOf(frame: Uint8Array): Route | undefined {
    return frame.length < 2 ? undefined : this.#routes.get(((frame[0]! << 24) >> 16) | frame[1]!);
  }

  /**
   * Handles one request. Its effects are in order with those of earlier calls as far as the handler works synchronously. Throws or
   * rejects with DecodeError or CloseConnection for what closes the connection in Kafka, with anything else for a bug.
   */
  dispatch(
    frame: Uint8Array,
    connection: ConnectionContext,
    afterSent: RequestContext['afterSent'],
  ): ResponseFrame | Promise<ResponseFrame> {
    const started = this.#clock.monotonic();
    const header = decodeRequestHeader(frame, this.#apis);
    const route = this.#routes.get(header.apiKey);
    if (route === undefined || header.api === undefined) {
      throw new CloseConnection(`API key ${header.apiKey} is not served`);
    }
    const { versions } = route.handler;
    if (header.apiVersion < versions[0] || header.apiVersion > versions[1]) {
      return unsupportedVersion(header, route, this.#clock.monotonic() - started);
    }
    const request = decodeRequest(header.api, header.apiVersion, frame, header.bodyPosition);
    const { apiVersion, clientId } = header;
    const context = { ...connection, apiVersion, clientId, requestBytes: frame.length, afterSent };
    const response = route.handler.handle(request, context);
    // What comes after a wait is not measured: it is little beside reading and handling the request.
    const busyMs = this.#quotas.measuresTime ? this.#clock.monotonic() - started : 0;
    const answer = (value: unknown): ResponseFrame => {
      route.metrics.answered((this.#clock.monotonic() - started) / 1000);
      if (value === noResponse) return undefined;
      return this.#answer(route, header, this.#throttled(value as object, context, busyMs));
    };
    return response instanceof Promise ? response.then(answer) : answer(response);
  }

  #answer(route: Route, header: RequestHeader, response: object): ResponseFrame {
    route.metrics.errors(response);
    return encodeResponseFrame(route.handler.api, header.apiVersion, header.correlationId, response);
  }

  /**
   * The answer of a client that is above a quota says how long the client should be quiet; it leaves at once, and the connection
   * is not read for so long (KIP-219). Handlers say what quotas of their own make of it.
   */
  #throttled(response: { readonly throttleTimeMs?: number }, context: RequestContext, busyMs: number): object {
    const own = response.throttleTimeMs ?? 0;
    const forTime = busyMs > 0 ? this.#quotas.tookMs(context, busyMs) : 0;
    const throttleTimeMs = Math.max(own, forTime);
    if (throttleTimeMs === 0) return response;
    context.throttle(throttleTimeMs);
    return own === throttleTimeMs ? response : { ...response, throttleTimeMs };
  }
}

/** Only ApiVersions has an answer that a client of another version understands (KIP-511); Kafka closes the connection for all others. */
function unsupportedVersion(header: RequestHeader, route: Route, milliseconds: number): ResponseFrame {
  if (header.apiKey !== apiVersionsApi.key) {
    throw new CloseConnection(`${route.handler.api.name} v${header.apiVersion} is not served`);
  }
  const response = { errorCode: errorCode.UNSUPPORTED_VERSION, apiKeys: EMPTY_UNSUPPORTED };
  route.metrics.answered(milliseconds / 1000);
  route.metrics.errors(response);
  return encodeResponseFrame(apiVersionsApi, 0, header.correlationId, response);
}
