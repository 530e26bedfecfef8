import { openAsBlob } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import { ObjectStoreUnavailable } from './errors.ts';
import type { ByteRange, ObjectBody } from './types.ts';

/** How long a server may take to begin an answer, plus what the bytes may take. */
const TIMEOUT_MS = 60_000;
const SLOWEST_BYTES_PER_MS = 256;
/** Of an error's body, what goes into a message. */
const SHOWN_BYTES = 300;

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: ObjectBody | Blob;
  /** Bytes that are expected, for the time that they may take. */
  readonly expected?: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** One request to a server, without retries: a decorator does those. Rejects when no whole answer came. */
export type HttpSend = (request: HttpRequest) => Promise<HttpAnswer>;

/** Bytes of a request's body. */
export function lengthOf(body: ObjectBody | Blob | undefined): number {
  if (body === undefined) return 0;
  return body instanceof Uint8Array ? body.byteLength : body.size;
}

/** What `fetch` sends for a body. */
export async function payload(body: ObjectBody | Blob): Promise<Blob | Uint8Array<ArrayBuffer>> {
  if (body instanceof Uint8Array) return body as Uint8Array<ArrayBuffer>;
  if (body instanceof Blob) return body;
  // Read while it is sent, so that a large file is never in memory; its length is known, as both services want it.
  const blob = await openAsBlob(body.file);
  if (blob.size !== body.size) throw new ObjectStoreUnavailable('the file to upload is not as long as announced');
  return blob;
}

/** Sends with `fetch`, and gives up after a time that grows with the bytes. */
export function httpSend(clock: Clock): HttpSend {
  return async ({ method, url, headers = {}, body, expected = 0 }) => {
    const abort = new AbortController();
    const patience = TIMEOUT_MS + (lengthOf(body) + expected) / SLOWEST_BYTES_PER_MS;
    const timer = clock.after(patience, () => abort.abort());
    try {
      const answer = await fetch(url, {
        method,
        headers,
        redirect: 'error', // A redirect would carry credentials elsewhere.
        signal: abort.signal,
        ...(body !== undefined && { body: await payload(body) }),
      });
      return { status: answer.status, headers: answer.headers, body: new Uint8Array(await answer.arrayBuffer()) };
    } catch (error) {
      // fetch hides the reason ("fetch failed") in the cause.
      const { cause } = error as { cause?: unknown };
      throw cause instanceof Error ? cause : error;
    } finally {
      timer.cancel();
    }
  };
}

/** An answer that is none of those expected, as an error. */
export function unexpected(answer: HttpAnswer): Error {
  const text = Buffer.from(answer.body.subarray(0, SHOWN_BYTES)).toString().replace(/\s+/g, ' ').trim();
  return new ObjectStoreUnavailable(`status ${answer.status}${text === '' ? '' : `: ${text}`}`);
}

/** The value of a Range header. A server that does not know it answers 200 with everything. */
export function rangeHeader(range: ByteRange): string {
  return 'suffix' in range ? `bytes=-${range.suffix}` : `bytes=${range.from}-${range.from + range.length - 1}`;
}

/** The bytes that were asked for; throws when more came. */
export function atMost(bytes: Uint8Array, wanted: number | undefined): Uint8Array {
  if (wanted !== undefined && bytes.byteLength > wanted)
    throw new ObjectStoreUnavailable('more bytes came than asked for');
  return bytes;
}

/** Requests of one call that are under way at once. */
const PARALLEL = 16;

/** Runs `task` for every item, some at a time. Stops at the first failure. */
export async function forEach<T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) await task(items[next++] as T);
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, lane));
}
