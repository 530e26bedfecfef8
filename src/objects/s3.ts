import type { S3Client, StorageClass } from '@aws-sdk/client-s3';
import type { Clock } from '../base/clock.ts';
import {
  ObjectExists,
  ObjectNotFound,
  ObjectStoreUnavailable,
  PreconditionFailed,
  StorageClassRefused,
  unavailable,
} from './errors.ts';
import { bodySize, checkKey, checkRange } from './keys.ts';
import { uploadParts } from './s3-multipart.ts';
import { refusedClass } from '../base/storage-classes.ts';
import type { ByteRange, ObjectBody, ObjectInfo, ObjectStore, PutOptions } from './types.ts';

/** The SDK's module, loaded only when an `s3:` store is opened. */
export type S3Sdk = typeof import('@aws-sdk/client-s3');

const DELETE_BATCH = 1000;

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

/** 404 for the key, and not for the bucket. */
function isMissing(error: unknown): boolean {
  return statusOf(error) === 404 && (error as Error).name !== 'NoSuchBucket';
}

/** Objects in a bucket of S3 or of a server that speaks its protocol. Keys are put under a prefix. */
export class S3Store implements ObjectStore {
  readonly #sdk: S3Sdk;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #clock: Clock;

  /** `prefix` is empty or ends in '/'. The client must not retry: a decorator does. */
  constructor(sdk: S3Sdk, client: S3Client, bucket: string, prefix: string, clock: Clock) {
    this.#sdk = sdk;
    this.#client = client;
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#clock = clock;
  }

  #address(key: string): { Bucket: string; Key: string } {
    checkKey(key);
    return { Bucket: this.#bucket, Key: this.#prefix + key };
  }

  async put(key: string, body: ObjectBody, options: PutOptions = {}): Promise<ObjectInfo> {
    const address = this.#address(key);
    const conditions = {
      ...(options.ifAbsent === true && { IfNoneMatch: '*' }),
      ...(options.ifMatch !== undefined && { IfMatch: options.ifMatch }),
    };
    try {
      const etag =
        body instanceof Uint8Array
          ? (await this.#client.send(new this.#sdk.PutObjectCommand({ ...address, ...conditions, Body: body }))).ETag
          : await uploadParts(this.#sdk, this.#client, address, body, conditions);
      return { key, size: bodySize(body), etag: etag ?? '', modified: this.#clock.now() };
    } catch (error) {
      throw this.#putError(key, error, options);
    }
  }

  /** 409 means that another conditional write is under way: it is for the retry to find out who won. */
  #putError(key: string, error: unknown, options: PutOptions): Error {
    if (statusOf(error) === 412)
      return options.ifAbsent === true
        ? new ObjectExists(key, { cause: error })
        : new PreconditionFailed(key, { cause: error });
    if (options.ifMatch !== undefined && isMissing(error)) return new PreconditionFailed(key, { cause: error });
    return unavailable(`cannot store ${key}`, error);
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array> {
    const address = this.#address(key);
    if (range !== undefined) checkRange(range);
    const wanted = range === undefined ? undefined : 'suffix' in range ? range.suffix : range.length;
    if (wanted === 0) return new Uint8Array(0);
    try {
      const Range =
        range &&
        ('suffix' in range ? `bytes=-${range.suffix}` : `bytes=${range.from}-${range.from + range.length - 1}`);
      const answer = await this.#client.send(
        new this.#sdk.GetObjectCommand({ ...address, ...(Range !== undefined && { Range }) }),
      );
      const bytes = (await answer.Body?.transformToByteArray()) ?? new Uint8Array(0);
      if (answer.ContentLength !== undefined && answer.ContentLength !== bytes.byteLength)
        throw new ObjectStoreUnavailable(
          `cannot read ${key}: ${bytes.byteLength} of ${answer.ContentLength} bytes came`,
        );
      // A server that does not know ranges answers 200 with everything.
      if (wanted !== undefined && bytes.byteLength > wanted)
        throw new ObjectStoreUnavailable(`cannot read ${key}: more bytes came than asked for`);
      return bytes;
    } catch (error) {
      if (statusOf(error) === 416) return new Uint8Array(0); // The range starts at or after the end.
      throw isMissing(error) ? new ObjectNotFound(key, { cause: error }) : unavailable(`cannot read ${key}`, error);
    }
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    const address = this.#address(key);
    try {
      const answer = await this.#client.send(new this.#sdk.HeadObjectCommand(address));
      return {
        key,
        size: answer.ContentLength ?? 0,
        etag: answer.ETag ?? '',
        modified: answer.LastModified?.getTime() ?? 0,
        // Left out where it is the standard one.
        storageClass: answer.StorageClass ?? 'STANDARD',
      };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw unavailable(`cannot look at ${key}`, error);
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    const objects = keys.map((key) => ({ Key: this.#address(key).Key }));
    for (let at = 0; at < objects.length; at += DELETE_BATCH) {
      const Delete = { Objects: objects.slice(at, at + DELETE_BATCH), Quiet: true };
      const answer = await this.#client
        .send(new this.#sdk.DeleteObjectsCommand({ Bucket: this.#bucket, Delete }))
        .catch((error: unknown) => Promise.reject(unavailable('cannot delete objects', error)));
      const failed = answer.Errors?.find((error) => error.Code !== 'NoSuchKey');
      if (failed !== undefined) throw new ObjectStoreUnavailable(`cannot delete ${failed.Key}: ${failed.Code}`);
    }
  }

  /** A copy onto itself, which the service makes; one that names the class which the object has is refused. */
  async setStorageClass(key: string, storageClass: string): Promise<void> {
    const address = this.#address(key);
    const refused = refusedClass('s3', storageClass);
    if (refused !== undefined) throw new StorageClassRefused(refused);
    const info = await this.head(key);
    if (info === undefined) throw new ObjectNotFound(key);
    if (info.storageClass === storageClass) return;
    const { Bucket, Key } = address;
    const CopySource = [Bucket, ...Key.split('/')].map(encodeURIComponent).join('/');
    const StorageClass = storageClass as StorageClass;
    const copy = { ...address, CopySource, CopySourceIfMatch: info.etag, StorageClass };
    try {
      await this.#client.send(new this.#sdk.CopyObjectCommand(copy));
    } catch (error) {
      const { name, message } = error as Error;
      // A server without classes sees a copy that changes nothing.
      if (name === 'InvalidStorageClass' || (name === 'InvalidRequest' && message.includes('to itself')))
        throw new StorageClassRefused(`the store has no class '${storageClass}'`, { cause: error });
      throw isMissing(error) ? new ObjectNotFound(key, { cause: error }) : unavailable(`cannot move ${key}`, error);
    }
  }

  async *list(prefix: string, after?: string): AsyncIterable<ObjectInfo> {
    let startAfter = after === undefined ? undefined : this.#prefix + after;
    for (;;) {
      const answer = await this.#client
        .send(
          new this.#sdk.ListObjectsV2Command({
            Bucket: this.#bucket,
            Prefix: this.#prefix + prefix,
            ...(startAfter !== undefined && { StartAfter: startAfter }),
          }),
        )
        .catch((error: unknown) => Promise.reject(unavailable(`cannot list ${prefix}`, error)));
      for (const { Key = '', Size = 0, ETag = '', LastModified } of answer.Contents ?? []) {
        startAfter = Key;
        yield { key: Key.slice(this.#prefix.length), size: Size, etag: ETag, modified: LastModified?.getTime() ?? 0 };
      }
      if (answer.IsTruncated !== true) return;
    }
  }

  async close(): Promise<void> {
    this.#client.destroy();
  }
}
