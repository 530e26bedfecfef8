import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StreamReply } from './route.ts';

/** Writes pieces as they come until there are no more, the client goes away or `closing` is aborted; resolves with their bytes. */
export async function sendStream(
  request: IncomingMessage,
  response: ServerResponse,
  reply: StreamReply,
  closing: AbortSignal,
): Promise<number> {
  response.writeHead(reply.status ?? 200, {
    'content-type': reply.contentType,
    'cache-control': 'no-store',
    // Proxies that gather answers would keep the pieces.
    'x-accel-buffering': 'no',
    // Used for nothing else: a server that closes does not wait for it to be idle.
    connection: 'close',
    'x-content-type-options': 'nosniff',
    ...reply.headers,
  });
  response.flushHeaders();
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const ending = AbortSignal.any([gone.signal, closing]);
  let sent = 0;
  if (request.method !== 'HEAD')
    for await (const piece of reply.stream(ending)) {
      if (ending.aborted) break;
      sent += Buffer.byteLength(piece);
      if (!response.write(piece)) await once(response, 'drain', { signal: ending }).catch(() => {});
    }
  response.end();
  return sent;
}
