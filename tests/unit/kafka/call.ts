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
    const context: RequestContext = {
      apiVersion: version,
      clientId: 'test',
      clientHost: requester.host,
      peer: { port: 50_000, software: undefined },
      listener: { name: 'PLAINTEXT', host: 'broker.example', port: 9092 },
      principal: requester.principal,
      session: openSession,
      may: (operation, type, name) => authorizer.authorize(requester, operation, type, name),
      mayAny: (operation, type) => authorizer.authorizeAny(requester, operation, type),
      requestBytes: 0,
      throttle: () => undefined,
      connectionId: 1,
      signal: new AbortController().signal,
      afterSent() {},
    };
    const answer = await handler.handle(decoded, context);
    return decodeResponse(api, version, Buffer.concat(encodeResponse(api, version, answer as never))) as never;
  };
}
