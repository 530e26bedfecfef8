import type { Api, Fields, RequestInputOf, ResponseOutputOf } from '../../../protocol/schema/index.ts';
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from '../../../protocol/schema/index.ts';
import type { ClientSession, Handler, RequestContext } from '../../../src/kafka/handler.ts';
import { type Authorizer, everybodyMay, type Requester } from '../../../src/security/authorizer.ts';

/** A client of a listener without security. */
export const openSession: ClientSession = { protocol: 'PLAINTEXT', byToken: false, authentication: undefined };

/** Sends a request through the codec to its handler, and the answer back through the codec. */
export type Call = <Q extends Fields, P extends Fields>(
  api: Api<Q, P>,
  version: number,
  request: RequestInputOf<Api<Q, P>>,
) => Promise<ResponseOutputOf<Api<Q, P>>>;

/** What a handler is told of a request: a client without a name, on a listener without security, that may do everything; but for `changes`. */
export function requestContext(changes: Partial<RequestContext> & Pick<RequestContext, 'apiVersion'>): RequestContext {
  return {
    clientId: null,
    clientHost: '127.0.0.1',
    peer: { port: 50_000, software: undefined },
    listener: { name: 'PLAINTEXT', host: '127.0.0.1', port: 9092 },
    principal: 'User:ANONYMOUS',
    session: openSession,
    may: () => true,
    mayAny: () => true,
    requestBytes: 0,
    throttle: () => undefined,
    connectionId: 1,
    signal: new AbortController().signal,
    afterSent() {},
    ...changes,
  };
}

const NOBODY: Requester = { principal: 'User:ANONYMOUS', host: '127.0.0.1' };

/** Calls handlers as a connection of `requester` would. */
export function callerOf(
  handlers: readonly Handler[],
  authorizer: Authorizer = everybodyMay,
  requester: Requester = NOBODY,
): Call {
  return async (api, version, request) => {
    const handler = handlers.find((candidate) => candidate.api.key === api.key)!;
    const decoded = decodeRequest(api, version, Buffer.concat(encodeRequest(api, version, request as never)));
    const context = requestContext({
      apiVersion: version,
      clientId: 'test',
      clientHost: requester.host,
      listener: { name: 'PLAINTEXT', host: 'broker.example', port: 9092 },
      principal: requester.principal,
      may: (operation, type, name) => authorizer.authorize(requester, operation, type, name),
      mayAny: (operation, type) => authorizer.authorizeAny(requester, operation, type),
    });
    const answer = await handler.handle(decoded, context);
    return decodeResponse(api, version, Buffer.concat(encodeResponse(api, version, answer as never))) as never;
  };
}
