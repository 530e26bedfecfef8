import type { Api, RequestOf, ResponseOf } from '../../protocol/schema/index.ts';
import type { AclOperation, ResourceType } from '../security/authorizer.ts';
import type { SecurityProtocol } from '../security/principal.ts';
import type { ConnectionAuthentication } from './authentication.ts';

/** Where clients reach the listener that a connection came in by. */
export interface AdvertisedListener {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** How the client became who it is. */
export interface ClientSession {
  readonly protocol: SecurityProtocol;
  /** It logged in with a delegation token. */
  readonly byToken: boolean;
  /** Undefined on listeners without SASL. */
  readonly authentication: ConnectionAuthentication | undefined;
}

/** The program at the other end of a connection. */
export interface Peer {
  readonly port: number;
  /** As ApiVersions was told (KIP-511); undefined before, and for older clients. */
  software: { readonly name: string; readonly version: string } | undefined;
}

/** What a handler may know about the request beside its body. */
export interface RequestContext {
  readonly apiVersion: number;
  readonly clientId: string | null;
  /** Size of the whole request. */
  readonly requestBytes: number;
  /** Address of the client. */
  readonly clientHost: string;
  readonly peer: Peer;
  readonly listener: AdvertisedListener;
  /** Kafka's text form, `User:ANONYMOUS` for a connection that did not authenticate. */
  readonly principal: string;
  readonly session: ClientSession;
  /** Whether the principal may do so, from this address. */
  readonly may: (operation: AclOperation, type: ResourceType, name: string) => boolean;
  /** Whether the principal may do so on any resource of the kind at all. */
  readonly mayAny: (operation: AclOperation, type: ResourceType) => boolean;
  /** Takes up no further request of the connection for so many ms: its client is above a quota (KIP-219). */
  readonly throttle: (milliseconds: number) => void;
  /** Unique among the connections of this process. */
  readonly connectionId: number;
  /** Aborted when the connection ends or the server stops: whoever waits, answers now with what there is. */
  readonly signal: AbortSignal;
  /** Calls `done` when the system has taken the answer, or there will be none: what the answer refers to may then change. */
  readonly afterSent: (done: () => void) => void;
}

/** The answer to a request that wants none (Produce with acks=0). */
export const noResponse: unique symbol = Symbol('no response');

export type NoResponse = typeof noResponse;

/** Closes the connection instead of answering, for requests that Kafka treats so. Logged as a fault of the client. */
export class CloseConnection extends Error {
  override readonly name = 'CloseConnection';
}

export interface HandlerOptions {
  /**
   * All effects of a request are done when the function returns; its promise waits only for durability. Then the next request of this
   * kind on the same connection starts before the answer to the first is there; answers still leave in order.
   */
  readonly pipelined?: boolean;
  /** Undefined while requests are welcome; else they are left unbegun, and their connections unread, until it resolves. */
  readonly backpressure?: () => Promise<void> | undefined;
  /** Versions to advertise and serve, when not all that the protocol describes. */
  readonly versions?: readonly [number, number];
}

/** One API as the server sees it: see `handler`. */
export interface Handler {
  readonly api: Api;
  readonly versions: readonly [number, number];
  readonly pipelined: boolean;
  backpressure(): Promise<void> | undefined;
  /** `request` is what `decodeRequest(api, …)` gave; the result is what `encodeResponse(api, …)` takes. */
  handle(request: unknown, context: RequestContext): unknown;
}

const noBackpressure = (): undefined => undefined;

/**
 * Declares how an API is answered. The function gets the decoded request (byte fields are slices of a buffer that is never
 * reused, so it may keep them) and returns the response, a promise of it, or `noResponse`. Errors that the protocol has go into the response;
 * what it throws is a bug or a fault of the world: it is logged, and the connection is closed.
 * Requests of one connection are handled one after another, in order.
 */
export function handler<A extends Api>(
  api: A,
  handle: (
    request: RequestOf<A>,
    context: RequestContext,
  ) => ResponseOf<A> | NoResponse | Promise<ResponseOf<A> | NoResponse>,
  options: HandlerOptions = {},
): Handler {
  return {
    api,
    versions: options.versions ?? api.versions,
    pipelined: options.pipelined ?? false,
    backpressure: options.backpressure ?? noBackpressure,
    handle: (request, context) => handle(request as RequestOf<A>, context),
  };
}
