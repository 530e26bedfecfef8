import * as fs from 'node:fs/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { ObjectStoreUnavailable } from './errors.ts';
import type { S3Sdk } from './s3.ts';

/** Bytes of one part, and the most that is in memory of an upload. S3 wants at least 5 MiB and at most 10,000 parts. */
const PART_BYTES = 8 * 1024 * 1024;
const MAX_PARTS = 10_000;

interface Address {
  readonly Bucket: string;
  readonly Key: string;
}

interface Conditions {
  readonly IfNoneMatch?: string;
  readonly IfMatch?: string;
}

/** Larger files get larger parts. */
function partBytes(size: number): number {
  return Math.max(PART_BYTES, Math.ceil(size / MAX_PARTS));
}

async function readPart(handle: fs.FileHandle, from: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, from + done);
    if (bytesRead === 0) throw new ObjectStoreUnavailable('the file to upload is shorter than announced');
    done += bytesRead;
  }
  return bytes;
}

/** Uploads a local file, in one request when it is small. Returns the etag. Rejects with the SDK's errors. */
export async function uploadParts(
  sdk: S3Sdk,
  client: S3Client,
  address: Address,
  body: { readonly file: string; readonly size: number },
  conditions: Conditions,
): Promise<string | undefined> {
  const handle = await fs.open(body.file, 'r');
  try {
    if (body.size <= PART_BYTES) {
      const Body = await readPart(handle, 0, body.size);
      return (await client.send(new sdk.PutObjectCommand({ ...address, ...conditions, Body }))).ETag;
    }
    return await uploadMultipart(sdk, client, address, handle, body.size, conditions);
  } finally {
    await handle.close();
  }
}

async function uploadMultipart(
  sdk: S3Sdk,
  client: S3Client,
  address: Address,
  handle: fs.FileHandle,
  size: number,
  conditions: Conditions,
): Promise<string | undefined> {
  const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand(address));
  if (UploadId === undefined) throw new ObjectStoreUnavailable('the store gave no upload id');
  try {
    const Parts: { ETag: string | undefined; PartNumber: number }[] = [];
    for (let from = 0; from < size; from += partBytes(size)) {
      const Body = await readPart(handle, from, Math.min(partBytes(size), size - from));
      const PartNumber = Parts.length + 1;
      const { ETag } = await client.send(new sdk.UploadPartCommand({ ...address, UploadId, PartNumber, Body }));
      Parts.push({ ETag, PartNumber });
    }
    const complete = { ...address, UploadId, ...conditions, MultipartUpload: { Parts } };
    return (await client.send(new sdk.CompleteMultipartUploadCommand(complete))).ETag;
  } catch (error) {
    // Parts of an upload that is neither completed nor aborted are paid for. The first error is the one to report.
    await client.send(new sdk.AbortMultipartUploadCommand({ ...address, UploadId })).catch(() => undefined);
    throw error;
  }
}
