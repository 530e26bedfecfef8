import type { Sign } from './azure-credentials.ts';
import { bareEtag, parseBlobs } from './azure-list.ts';
import {
  ObjectExists,
  ObjectNotFound,
  ObjectStoreUnavailable,
  PreconditionFailed,
  StorageClassRefused,
  unavailable,
} from './errors.ts';
import { atMost, forEach, type HttpAnswer, type HttpRequest, type HttpSend, rangeHeader, unexpected } from './http.ts';
import { bodySize, checkKey, checkRange, resolveRange } from './keys.ts';
import { refusedClass } from '../base/storage-classes.ts';
import type { ByteRange, ObjectBody, ObjectInfo, ObjectStore, PutOptions } from './types.ts';

export interface AzureParts {
  readonly send: HttpSend;
  readonly sign: Sign;
  /** Such as https://ACCOUNT.blob.core.windows.net, without a '/' at the end. */
  readonly endpoint: string;
  readonly container: string;
  /** Empty, or ends in '/'. */
  readonly prefix: string;
}

/** Objects of one list request. */
const PAGE = '1000';

/** The container may be missing too: that is no answer about a blob. */
const isMissing = (answer: HttpAnswer): boolean =>
  answer.status === 404 && answer.headers.get('x-ms-error-code') === 'BlobNotFound';

function infoOf(key: string, size: number, { headers }: HttpAnswer): ObjectInfo {
  const modified = Date.parse(headers.get('last-modified') ?? '') || 0;
  return { key, size, etag: bareEtag(headers.get('etag') ?? ''), modified };
}

/** Objects as block blobs in a container of Azure Blob Storage, by its REST API. */
export class AzureStore implements ObjectStore {
  readonly #parts: AzureParts;

  constructor(parts: AzureParts) {
    this.#parts = parts;
  }

  #url(key: string): URL {
    checkKey(key);
    const { endpoint, container, prefix } = this.#parts;
    return new URL(`${endpoint}/${container}/${(prefix + key).split('/').map(encodeURIComponent).join('/')}`);
  }

  #send(request: HttpRequest): Promise<HttpAnswer> {
    return this.#parts.send(this.#parts.sign(request));
  }

  /** Runs a request's task and gives whatever goes wrong one of the store's own errors. */
  async #attempt<T>(what: string, task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (error) {
      throw unavailable(what, error);
    }
  }

  async put(key: string, body: ObjectBody, options: PutOptions = {}): Promise<ObjectInfo> {
    const url = this.#url(key);
    const headers = {
      'content-type': 'application/octet-stream',
      'x-ms-blob-type': 'BlockBlob',
      ...(options.ifAbsent === true && { 'if-none-match': '*' }),
      ...(options.ifMatch !== undefined && { 'if-match': `"${options.ifMatch}"` }),
    };
    return this.#attempt(`cannot store ${key}`, async () => {
      const answer = await this.#send({ method: 'PUT', url, headers, body });
      if (answer.status === 201) return infoOf(key, bodySize(body), answer);
      throw this.#putError(key, answer, options);
    });
  }

  /** A blob that is there answers If-None-Match with 409 BlobAlreadyExists, and with 412 when another writer was faster. */
  #putError(key: string, answer: HttpAnswer, options: PutOptions): Error {
    const code = answer.headers.get('x-ms-error-code');
    const refused = answer.status === 412 || code === 'BlobAlreadyExists';
    if (refused && options.ifAbsent === true) return new ObjectExists(key);
    if (options.ifMatch !== undefined && (refused || isMissing(answer))) return new PreconditionFailed(key);
    return unexpected(answer);
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array> {
    const url = this.#url(key);
    if (range !== undefined) checkRange(range);
    return this.#attempt(`cannot read ${key}`, () =>
      range !== undefined && 'suffix' in range ? this.#getSuffix(key, range) : this.#read(key, url, range),
    );
  }

  async #read(key: string, url: URL, range: ByteRange | undefined, etag?: string): Promise<Uint8Array> {
    const wanted = range !== undefined && 'length' in range ? range.length : undefined;
    if (wanted === 0) return new Uint8Array(0);
    const headers = {
      ...(range !== undefined && { range: rangeHeader(range) }),
      ...(etag !== undefined && { 'if-match': `"${etag}"` }),
    };
    const answer = await this.#send({ method: 'GET', url, headers, expected: wanted ?? 0 });
    if (answer.status === 200 || answer.status === 206) return atMost(answer.body, wanted);
    if (answer.status === 416) return new Uint8Array(0); // The range starts at or after the end.
    throw isMissing(answer) ? new ObjectNotFound(key) : unexpected(answer);
  }

  /** The service has no ranges from the end: the size is asked for first, and must still be that of the same content. */
  async #getSuffix(key: string, range: { readonly suffix: number }): Promise<Uint8Array> {
    if (range.suffix === 0) return new Uint8Array(0);
    const info = await this.head(key);
    if (info === undefined) throw new ObjectNotFound(key);
    const { start, end } = resolveRange(range, info.size);
    return this.#read(key, this.#url(key), { from: start, length: end - start }, info.etag);
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    const url = this.#url(key);
    return this.#attempt(`cannot look at ${key}`, async () => {
      const answer = await this.#send({ method: 'HEAD', url });
      if (answer.status === 200) {
        const storageClass = answer.headers.get('x-ms-access-tier') ?? undefined;
        const info = infoOf(key, Number(answer.headers.get('content-length')), answer);
        return { ...info, ...(storageClass !== undefined && { storageClass }) };
      }
      if (isMissing(answer)) return undefined;
      throw unexpected(answer);
    });
  }

  async setStorageClass(key: string, storageClass: string): Promise<void> {
    const url = this.#url(key);
    const refused = refusedClass('az', storageClass);
    if (refused !== undefined) throw new StorageClassRefused(refused);
    url.searchParams.set('comp', 'tier');
    await this.#attempt(`cannot move ${key}`, async () => {
      const headers = { 'x-ms-access-tier': storageClass };
      const answer = await this.#send({ method: 'PUT', url, headers, body: new Uint8Array(0) });
      if (isMissing(answer)) throw new ObjectNotFound(key);
      if (answer.status !== 200 && answer.status !== 202) throw unexpected(answer);
    });
  }

  async delete(keys: readonly string[]): Promise<void> {
    const urls = keys.map((key) => this.#url(key));
    await this.#attempt('cannot delete objects', () =>
      forEach(urls, async (url) => {
        const answer = await this.#send({ method: 'DELETE', url, headers: { 'x-ms-delete-snapshots': 'include' } });
        if (answer.status !== 202 && !isMissing(answer)) throw unexpected(answer);
      }),
    );
  }

  /** The service cannot begin after a name: what comes before `after` is listed and passed over. */
  async *list(prefix: string, after?: string): AsyncIterable<ObjectInfo> {
    const { endpoint, container, prefix: own } = this.#parts;
    let marker: string | undefined;
    do {
      const url = new URL(`${endpoint}/${container}`);
      const query = {
        restype: 'container',
        comp: 'list',
        maxresults: PAGE,
        ...(own + prefix !== '' && { prefix: own + prefix }),
      };
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
      if (marker !== undefined) url.searchParams.set('marker', marker);
      const page = await this.#attempt(`cannot list ${prefix}`, async () => {
        const answer = await this.#send({ method: 'GET', url });
        if (answer.status !== 200) throw unexpected(answer);
        return parseBlobs(Buffer.from(answer.body).toString());
      });
      for (const blob of page.blobs) {
        const key = blob.key.slice(own.length);
        if (after === undefined || Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0) yield { ...blob, key };
      }
      if (page.next !== undefined && page.next === marker) throw new ObjectStoreUnavailable('the list does not end');
      marker = page.next;
    } while (marker !== undefined);
  }

  async close(): Promise<void> {}
}
