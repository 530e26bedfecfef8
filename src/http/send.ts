import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { JsonObject } from '../search/json.ts';
import { filterSource } from '../search/source-filter.ts';
import { acceptsGzip, encodingFor } from './negotiate.ts';
import type { Reply, WholeReply } from './route.ts';
import { sendStream } from './send-stream.ts';

const compress = promisify(gzip);
/** Below this gzip is not worth its header. */
const GZIP_FROM_BYTES = 1024;
const NO_CONTENT = 204;

export interface SendOptions {
  readonly pretty: boolean;
  /** Patterns of `filter_path`; empty shows everything. */
  readonly filterPath: readonly string[];
  /** Aborted when the server closes: answers that have no end of their own end. */
  readonly closing: AbortSignal;
}

/** Writes an answer; resolves with the bytes of its body when they are handed to the system, or when the client went away. */
export async function send(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  options: SendOptions,
): Promise<number> {
  if (response.destroyed || response.headersSent) return 0;
  if ('stream' in reply) return sendStream(request, response, reply, options.closing);
  const { bytes, contentType } = render(request, reply, options);
  const zipped = bytes.length >= GZIP_FROM_BYTES && acceptsGzip(request.headers['accept-encoding']);
  const body = zipped ? await compress(bytes, { level: constants.Z_BEST_SPEED }) : bytes;
  // Of a client that went away meanwhile no other end will be heard.
  if (response.destroyed) return 0;
  const status = reply.status ?? 200;
  response.writeHead(status, {
    // Clients of Elasticsearch refuse to talk to a server that does not say so.
    'X-elastic-product': 'Elasticsearch',
    'content-type': contentType,
    ...(status !== NO_CONTENT && { 'content-length': body.length }),
    vary: 'accept, accept-encoding',
    'x-content-type-options': 'nosniff',
    ...(zipped && { 'content-encoding': 'gzip' }),
    ...reply.headers,
  });
  const closed = new Promise((resolve) => response.once('close', resolve));
  if (request.method === 'HEAD') response.end();
  else response.end(body);
  await closed;
  return request.method === 'HEAD' ? 0 : body.length;
}

function render(
  request: IncomingMessage,
  reply: WholeReply,
  options: SendOptions,
): { bytes: Uint8Array; contentType: string } {
  if ('bytes' in reply) return reply;
  if ('text' in reply) return { bytes: Buffer.from(reply.text), contentType: reply.contentType };
  const encoding = encodingFor(request.headers.accept);
  return {
    bytes: encoding.encode(filtered(reply.body, options.filterPath), options.pretty),
    contentType: encoding.contentType,
  };
}

function filtered(body: unknown, patterns: readonly string[]): unknown {
  if (patterns.length === 0 || typeof body !== 'object' || body === null) return body;
  const filter = {
    enabled: true,
    includes: patterns.filter((pattern) => !pattern.startsWith('-')),
    excludes: patterns.filter((pattern) => pattern.startsWith('-')).map((pattern) => pattern.slice(1)),
  };
  if (Array.isArray(body)) return body.map((item: unknown) => filtered(item, patterns));
  return filterSource(body as JsonObject, filter);
}
