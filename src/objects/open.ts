import type { Clock } from '../base/clock.ts';
import type { Disk } from '../base/disk.ts';
import type { Metrics } from '../base/metrics.ts';
import type { Random } from '../base/random.ts';
import { cached } from './cached.ts';
import { openFileStore } from './file.ts';
import { httpSend } from './http.ts';
import { memoryStore } from './memory.ts';
import { metered } from './metered.ts';
import { type RetryPolicy, retrying } from './retry.ts';
import { S3Store } from './s3.ts';
import type { ObjectStore } from './types.ts';

export interface StoreParts {
  readonly clock: Clock;
  readonly random: Random;
  /** Remove what a crash left of uploads to a `file:` store. Only for who opens it first. */
  readonly cleanUp?: boolean;
  /** How long an S3 server may say nothing, and take nothing, before a request is given up; a minute when missing. */
  readonly silenceMs?: number;
}

/** How long an S3 server may take to accept a connection. */
const CONNECTION_TIMEOUT_MS = 5000;
const SILENCE_MS = 60_000;

/**
 * Opens the store that a URL names, without decorators: `memory:`, `file:PATH`, `s3://BUCKET/PREFIX?endpoint=…&region=…&path-style=true`,
 * `gs://BUCKET/PREFIX?endpoint=…` or `az://CONTAINER/PREFIX?account=…&endpoint=…`.
 * Credentials, region and endpoint of S3 come from the standard AWS environment and files unless the URL says otherwise.
 * Rejects with a RangeError for other URLs, and with ObjectStoreUnavailable.
 */
export async function openObjectStore(url: string, parts: StoreParts): Promise<ObjectStore> {
  if (url === 'memory:') return memoryStore(parts.clock);
  if (url.startsWith('file:') && url.length > 5) return openFileStore(filePath(url), parts);
  if (url.startsWith('s3://')) return openS3(url, parts);
  if (url.startsWith('gs://')) return openGoogle(url, parts);
  if (url.startsWith('az://')) return openAzure(url, parts.clock);
  throw new RangeError(
    `object store '${url}' is not supported: use file:PATH, memory:, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://CONTAINER/PREFIX`,
  );
}

/** The bucket, the prefix (empty, or ending in '/') and the options of a remote store's URL. */
function remoteParts(url: string): { bucket: string; prefix: string; searchParams: URLSearchParams } {
  if (!URL.canParse(url)) throw new RangeError(`object store '${url}' is no URL`);
  const { hostname: bucket, pathname, searchParams } = new URL(url);
  if (bucket === '') throw new RangeError(`object store '${url}' names no bucket`);
  const path = unescaped(pathname);
  if (path === undefined) throw new RangeError(`object store '${url}' has a bare % in its path: write %25`);
  const prefix = path.replace(/^\/+|\/+$/g, '');
  return { bucket, prefix: prefix === '' ? '' : `${prefix}/`, searchParams };
}

function unescaped(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** `gs://BUCKET/PREFIX?endpoint=…`. Another endpoint, also by STORAGE_EMULATOR_HOST, is asked without credentials unless a key file is named. */
async function openGoogle(url: string, { clock, random }: StoreParts): Promise<ObjectStore> {
  const { bucket, prefix, searchParams } = remoteParts(url);
  const { GoogleStore } = await import('./google.ts');
  const { googleCredentials } = await import('./google-credentials.ts');
  const emulator = searchParams.get('endpoint') ?? process.env['STORAGE_EMULATOR_HOST'];
  const endpoint = (emulator ?? 'https://storage.googleapis.com').replace(/\/+$/, '');
  const send = httpSend(clock);
  const authorize = googleCredentials(process.env, send, clock, emulator !== undefined);
  return new GoogleStore({
    send,
    authorize,
    random,
    bucket,
    prefix,
    endpoint: /^https?:/.test(endpoint) ? endpoint : `http://${endpoint}`,
  });
}

/** `az://CONTAINER/PREFIX?account=…&endpoint=…`. */
async function openAzure(url: string, clock: Clock): Promise<ObjectStore> {
  const { bucket: container, prefix, searchParams } = remoteParts(url);
  const { AzureStore } = await import('./azure.ts');
  const { azureAccount, azureSign } = await import('./azure-credentials.ts');
  const account = azureAccount(searchParams, process.env);
  const sign = azureSign(account, clock);
  return new AzureStore({ send: httpSend(clock), sign, endpoint: account.endpoint, container, prefix });
}

/** `file:relative`, `file:/absolute` and `file:///absolute`. */
function filePath(url: string): string {
  const path = url.slice('file:'.length);
  return path.startsWith('///') ? decodeURIComponent(path.slice(2)) : path;
}

async function openS3(url: string, { clock, silenceMs = SILENCE_MS }: StoreParts): Promise<ObjectStore> {
  const { bucket, prefix, searchParams } = remoteParts(url);
  const sdk = await import('@aws-sdk/client-s3');
  const endpoint =
    searchParams.get('endpoint') ?? process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL'];
  const region =
    searchParams.get('region') ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? 'us-east-1';
  const pathStyle = searchParams.get('path-style');
  const client = new sdk.S3Client({
    region,
    ...(endpoint !== undefined && { endpoint }),
    // Servers other than Amazon's are usually reached by an address that cannot have the bucket in front.
    forcePathStyle: pathStyle === null ? endpoint !== undefined : pathStyle === 'true',
    maxAttempts: 1,
    // Its `requestTimeout` would only warn, and count the time of a large upload that gets on.
    requestHandler: { connectionTimeout: CONNECTION_TIMEOUT_MS, socketTimeout: silenceMs },
    // Our formats carry their own checksums, and many servers do not know the newer ones of S3.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  return new S3Store(sdk, client, bucket, prefix, clock);
}

export interface StackOptions extends StoreParts {
  readonly disk: Disk;
  readonly metrics: Metrics;
  readonly retry: RetryPolicy;
  /** Used for remote stores only, when `maxBytes` is not 0. */
  readonly cache?: { readonly folder: string; readonly maxBytes: number };
}

const CACHE_BLOCK_BYTES = 256 * 1024;

/** The store that a URL names, with metrics, retries and, for a remote one, a cache on the local disk. */
export async function openStoreStack(url: string, options: StackOptions): Promise<ObjectStore> {
  const { clock, random, metrics, disk, cache } = options;
  const base = await openObjectStore(url, options);
  const store = retrying(metered(base, metrics, clock), options.retry, clock, random);
  if (cache === undefined || cache.maxBytes === 0 || !/^(s3|gs|az):/.test(url)) return store;
  return cached(store, { ...cache, disk, metrics, blockBytes: CACHE_BLOCK_BYTES });
}
