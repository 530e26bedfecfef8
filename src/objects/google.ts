import { type Random, uuidToString } from '../base/random.ts';
import { ObjectExists, ObjectNotFound, PreconditionFailed, StorageClassRefused, unavailable } from './errors.ts';
import type { Authorize } from './google-credentials.ts';
import {
  atMost,
  forEach,
  type HttpAnswer,
  type HttpRequest,
  type HttpSend,
  payload,
  rangeHeader,
  unexpected,
} from './http.ts';
import { bodySize, checkKey, checkRange } from './keys.ts';
import { refusedClass } from '../base/storage-classes.ts';
import type { ByteRange, ObjectBody, ObjectInfo, ObjectStore, PutOptions } from './types.ts';

/** What is asked of an object's resource (https://cloud.google.com/storage/docs/json_api/v1/objects). */
interface Resource {
  readonly name: string;
  readonly size: string;
  readonly generation: string;
  readonly updated?: string;
  readonly storageClass?: string;
}
/** Said again when an object is rewritten: what is said of the new one replaces all that was said of the old. */
const CONTENT_TYPE = 'application/octet-stream';
const FIELDS = 'name,size,generation,updated,storageClass';

/** One request with the object's name and its bytes (multipart/related, RFC 2387). The parts of a Blob are read while they are sent. */
function multipart(name: string, content: Blob | Uint8Array<ArrayBuffer>, random: Random) {
  const boundary = uuidToString(random.bytes(16));
  const resource = JSON.stringify({ name, contentType: CONTENT_TYPE });
  const head =
    `--${boundary}\r\ncontent-type: application/json; charset=UTF-8\r\n\r\n${resource}\r\n` +
    `--${boundary}\r\ncontent-type: ${CONTENT_TYPE}\r\n\r\n`;
  const headers = { 'content-type': `multipart/related; boundary="${boundary}"` };
  return { headers, body: new Blob([head, content, `\r\n--${boundary}--`]) };
}

const json = (answer: HttpAnswer): unknown => JSON.parse(Buffer.from(answer.body).toString());

export interface GoogleParts {
  readonly send: HttpSend;
  readonly authorize: Authorize;
  /** For boundaries between parts, which must not occur in them. */
  readonly random: Random;
  /** Such as https://storage.googleapis.com. */
  readonly endpoint: string;
  readonly bucket: string;
  /** Empty, or ends in '/'. */
  readonly prefix: string;
}

/** Objects in a bucket of Google Cloud Storage, by its JSON API. An etag is the object's generation, which every put changes. */
export class GoogleStore implements ObjectStore {
  readonly #parts: GoogleParts;

  constructor(parts: GoogleParts) {
    this.#parts = parts;
  }

  /** `path` below the bucket's resource; `upload` for the door that takes bodies. */
  #url(path: string, query: Readonly<Record<string, string | undefined>>, upload = false): URL {
    const { endpoint, bucket } = this.#parts;
    const url = new URL(`${endpoint}${upload ? '/upload' : ''}/storage/v1/b/${encodeURIComponent(bucket)}/o${path}`);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    return url;
  }

  #path(key: string): string {
    return `/${encodeURIComponent(this.#parts.prefix + key)}`;
  }

  async #send(request: HttpRequest): Promise<HttpAnswer> {
    const authorization = await this.#parts.authorize();
    const headers = { ...request.headers, ...(authorization !== undefined && { authorization }) };
    return this.#parts.send({ ...request, headers });
  }

  /** Runs a request's task and gives whatever goes wrong one of the store's own errors. */
  async #attempt<T>(what: string, task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (error) {
      throw unavailable(what, error);
    }
  }

  #info({ name, size, generation, updated, storageClass }: Resource): ObjectInfo {
    const key = name.slice(this.#parts.prefix.length);
    const modified = Date.parse(updated ?? '') || 0;
    return { key, size: Number(size), etag: generation, modified, ...(storageClass !== undefined && { storageClass }) };
  }

  async put(key: string, body: ObjectBody, options: PutOptions = {}): Promise<ObjectInfo> {
    checkKey(key);
    const ifGenerationMatch = options.ifAbsent === true ? '0' : options.ifMatch;
    const url = this.#url('', { uploadType: 'multipart', fields: FIELDS, ifGenerationMatch }, true);
    return this.#attempt(`cannot store ${key}`, async () => {
      const upload = multipart(this.#parts.prefix + key, await payload(body), this.#parts.random);
      const answer = await this.#send({ method: 'POST', url, ...upload });
      if (answer.status === 200) return { ...this.#info(json(answer) as Resource), key, size: bodySize(body) };
      if (answer.status !== 412) throw unexpected(answer);
      throw options.ifAbsent === true ? new ObjectExists(key) : new PreconditionFailed(key);
    });
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array> {
    checkKey(key);
    if (range !== undefined) checkRange(range);
    const wanted = range === undefined ? undefined : 'suffix' in range ? range.suffix : range.length;
    return this.#attempt(`cannot read ${key}`, async () => {
      if (wanted === 0) return new Uint8Array(0);
      const headers = range === undefined ? {} : { range: rangeHeader(range) };
      const url = this.#url(this.#path(key), { alt: 'media' });
      const answer = await this.#send({ method: 'GET', url, headers, expected: wanted ?? 0 });
      if (answer.status === 200 || answer.status === 206) return atMost(answer.body, wanted);
      if (answer.status === 416) return new Uint8Array(0); // The range starts at or after the end.
      throw await this.#missing(key, answer);
    });
  }

  /** 404 is said of the bucket too, which is no answer about an object. */
  async #missing(key: string, answer: HttpAnswer): Promise<Error> {
    if (answer.status !== 404) return unexpected(answer);
    const bucket = await this.#send({ method: 'GET', url: this.#url('', { maxResults: '1', fields: 'kind' }) });
    return bucket.status === 200 ? new ObjectNotFound(key) : unexpected(bucket);
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    checkKey(key);
    return this.#attempt(`cannot look at ${key}`, async () => {
      const answer = await this.#send({ method: 'GET', url: this.#url(this.#path(key), { fields: FIELDS }) });
      if (answer.status === 200) return this.#info(json(answer) as Resource);
      const error = await this.#missing(key, answer);
      if (error instanceof ObjectNotFound) return undefined;
      throw error;
    });
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) checkKey(key);
    await this.#attempt('cannot delete objects', () =>
      forEach(keys, async (key) => {
        const answer = await this.#send({ method: 'DELETE', url: this.#url(this.#path(key), {}) });
        if (![200, 204, 404].includes(answer.status)) throw unexpected(answer);
      }),
    );
  }

  /** The class changes by a rewrite of the object onto itself, which the service makes, of a large one in several requests. */
  async setStorageClass(key: string, storageClass: string): Promise<void> {
    const refused = refusedClass('gs', storageClass);
    if (refused !== undefined) throw new StorageClassRefused(refused);
    const info = await this.head(key);
    if (info === undefined) throw new ObjectNotFound(key);
    if (info.storageClass === storageClass) return;
    const path = `${this.#path(key)}/rewriteTo/b/${encodeURIComponent(this.#parts.bucket)}/o${this.#path(key)}`;
    const headers = { 'content-type': 'application/json' };
    const body = Buffer.from(JSON.stringify({ storageClass, contentType: CONTENT_TYPE }));
    const generation = { ifSourceGenerationMatch: info.etag, ifGenerationMatch: info.etag };
    await this.#attempt(`cannot move ${key}`, async () => {
      let rewriteToken: string | undefined;
      do {
        const url = this.#url(path, { rewriteToken, ...generation, fields: 'done,rewriteToken' });
        const answer = await this.#send({ method: 'POST', url, headers, body });
        if (answer.status !== 200) throw await this.#missing(key, answer);
        rewriteToken = (json(answer) as { readonly rewriteToken?: string }).rewriteToken || undefined;
      } while (rewriteToken !== undefined);
    });
  }

  async *list(prefix: string, after?: string): AsyncIterable<ObjectInfo> {
    const fields = `nextPageToken,items(${FIELDS})`;
    // Inclusive: the key itself is passed over below.
    const startOffset = after === undefined ? undefined : this.#parts.prefix + after;
    let pageToken: string | undefined;
    do {
      const url = this.#url('', { prefix: this.#parts.prefix + prefix, startOffset, pageToken, fields });
      const page = await this.#attempt(`cannot list ${prefix}`, async () => {
        const answer = await this.#send({ method: 'GET', url });
        if (answer.status !== 200) throw unexpected(answer);
        return json(answer) as { readonly items?: readonly Resource[]; readonly nextPageToken?: string };
      });
      for (const item of page.items ?? []) {
        const info = this.#info(item);
        if (info.key !== after) yield info;
      }
      pageToken = page.nextPageToken || undefined;
    } while (pageToken !== undefined);
  }

  async close(): Promise<void> {}
}
