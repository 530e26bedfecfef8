import type { IncomingMessage } from 'node:http';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { ByteBudget } from '../search/byte-budget.ts';
import { badRequest, HttpError } from './error.ts';

/** Bytes of request bodies in memory: of one, and of all together. */
export interface BodyLimits {
  readonly maxBytes: number;
  readonly all: ByteBudget;
}

/** A body in memory; `release` gives its bytes back to the budget. */
export interface Body {
  readonly bytes: Uint8Array;
  release(): void;
}

const DECODERS = { gzip: createGunzip, deflate: createInflate, br: createBrotliDecompress } as const;

/**
 * Reads a body and undoes its content coding, within limits before and after. Throws HttpError: 413 for too much, 429 when the bodies
 * under way take all memory set aside for them, 415 for an unknown coding, 400 for bytes that are not of that coding, 499 when the client
 * went away.
 */
export async function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Body> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > limits.maxBytes) throw tooLarge(limits.maxBytes);
  const coding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (coding !== 'identity' && !Object.hasOwn(DECODERS, coding)) {
    const message = `content coding '${coding.slice(0, 50)}' is not known; known are gzip, deflate, br`;
    throw new HttpError(415, 'unsupported_media_type', message, { 'accept-encoding': 'gzip, deflate, br' });
  }
  const reserved = new Reservation(limits.all);
  try {
    const raw = await readRaw(request, limits.maxBytes, reserved);
    if (coding === 'identity' || raw.length === 0) return { bytes: raw, release: () => reserved.release() };
    const bytes = await decoded(raw, coding as keyof typeof DECODERS, limits.maxBytes, reserved);
    return { bytes, release: () => reserved.release() };
  } catch (error) {
    reserved.release();
    throw error;
  }
}

/** What one body has taken of the budget. */
class Reservation {
  readonly #budget: ByteBudget;
  #taken = 0;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  take(bytes: number): void {
    if (!this.#budget.take(bytes)) {
      throw new HttpError(
        429,
        'circuit_breaking_exception',
        'too many bytes of request bodies are under way; try again',
        {
          'retry-after': '1',
        },
      );
    }
    this.#taken += bytes;
  }

  release(): void {
    this.#budget.release(this.#taken);
    this.#taken = 0;
  }
}

/** The bytes as they come. Past a limit the rest is discarded, so that the answer can still be sent. */
function readRaw(request: IncomingMessage, maxBytes: number, reserved: Reservation): Promise<Uint8Array> {
  // Nothing comes any more of a request whose client went away before somebody listened.
  if (request.destroyed) return Promise.reject(clientGone());
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const chunks: Buffer[] = [];
  let length = 0;
  const onData = (chunk: Buffer): void => {
    try {
      length += chunk.length;
      if (length > maxBytes) throw tooLarge(maxBytes);
      reserved.take(chunk.length);
      chunks.push(chunk);
    } catch (error) {
      request.off('data', onData);
      chunks.length = 0;
      request.resume();
      reject(error as Error);
    }
  };
  request.on('data', onData);
  request.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
  request.once('error', () => reject(clientGone()));
  request.once('close', () => reject(clientGone()));
  return promise;
}

/** Undoes the coding piece by piece, so that what is taken of the budget is what there really is. */
async function decoded(
  raw: Uint8Array,
  coding: keyof typeof DECODERS,
  maxBytes: number,
  reserved: Reservation,
): Promise<Uint8Array> {
  const decoder = DECODERS[coding]();
  decoder.end(raw);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of decoder as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxBytes) throw tooLarge(maxBytes);
      reserved.take(chunk.length);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof HttpError) throw error;
    throw badRequest(`the body is not valid ${coding}: ${(error as Error).message}`);
  }
  return Buffer.concat(chunks);
}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, 'content_too_long_exception', `the request body is larger than ${maxBytes} bytes`, {
    connection: 'close',
  });
}

/** Nobody reads this: it ends the work, and is counted. */
function clientGone(): HttpError {
  return new HttpError(499, 'client_closed_request', 'the client went away before its request was complete');
}

/** The body as parsed JSON, whatever its media type is called (curl calls it a form); undefined when it is empty. Throws HttpError 400. */
export function parseBody(bytes: Uint8Array): unknown {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HttpError(400, 'json_parse_exception', `the body is not valid JSON: ${(error as Error).message}`);
  }
}
