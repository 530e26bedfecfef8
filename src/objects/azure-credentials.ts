import { createHmac } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { type HttpRequest, lengthOf } from './http.ts';

/** The version of the service's protocol that is spoken; it decides what a signature covers. */
const VERSION = '2021-12-02';

/** Adds to a request who asks. */
export type Sign = (request: HttpRequest) => HttpRequest;

export interface AzureAccount {
  readonly account: string;
  /** Base64. */
  readonly key?: string;
  /** A shared access signature: a query string. */
  readonly sas?: string;
  /** Such as https://ACCOUNT.blob.core.windows.net. */
  readonly endpoint: string;
}

/** Headers that stand in the text to sign by their place, empty where they are missing. */
const PLACED = [
  'content-encoding',
  'content-language',
  'content-length',
  'content-md5',
  'content-type',
  'date',
  'if-modified-since',
  'if-match',
  'if-none-match',
  'if-unmodified-since',
  'range',
] as const;

/** The text that a shared key signs (https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key). */
export function textToSign(
  account: string,
  { method, url }: HttpRequest,
  headers: Readonly<Record<string, string>>,
): string {
  const own = Object.keys(headers)
    .filter((name) => name.startsWith('x-ms-'))
    .sort();
  const query = [...url.searchParams].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    method,
    ...PLACED.map((name) => (name === 'content-length' && headers[name] === '0' ? '' : (headers[name] ?? ''))),
    ...own.map((name) => `${name}:${headers[name]}`),
    [`/${account}${url.pathname}`, ...query.map(([name, value]) => `${name.toLowerCase()}:${value}`)].join('\n'),
  ].join('\n');
}

/** Signs with the account's key, or adds its shared access signature. */
export function azureSign({ account, key, sas }: AzureAccount, clock: Clock): Sign {
  return (request) => {
    const headers: Record<string, string> = { ...request.headers, 'x-ms-version': VERSION };
    if (key === undefined) {
      const url = new URL(request.url);
      for (const [name, value] of new URLSearchParams(sas ?? '')) url.searchParams.set(name, value);
      return { ...request, url, headers };
    }
    headers['x-ms-date'] = new Date(clock.now()).toUTCString();
    const length = request.body === undefined ? {} : { 'content-length': String(lengthOf(request.body)) };
    const text = textToSign(account, request, { ...headers, ...length });
    const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64');
    return { ...request, headers: { ...headers, authorization: `SharedKey ${account}:${signature}` } };
  };
}

/** `Name=value;Name=value`; values may have '='. */
function parseConnectionString(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(';').filter((pair) => pair.includes('='));
  return new Map(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')).trim().toLowerCase(), pair.slice(pair.indexOf('=') + 1)]),
  );
}

/**
 * The account, where Azure's own command looks: AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY or
 * AZURE_STORAGE_SAS_TOKEN; `account` and `endpoint` of the URL go before. Throws a RangeError when they do not suffice.
 */
export function azureAccount(
  url: URLSearchParams,
  environment: Readonly<Record<string, string | undefined>>,
): AzureAccount {
  const connection = parseConnectionString(environment['AZURE_STORAGE_CONNECTION_STRING'] ?? '');
  const account = url.get('account') ?? environment['AZURE_STORAGE_ACCOUNT'] ?? connection.get('accountname');
  const key = environment['AZURE_STORAGE_KEY'] ?? connection.get('accountkey');
  const sas = environment['AZURE_STORAGE_SAS_TOKEN'] ?? connection.get('sharedaccesssignature');
  if (account === undefined || account === '')
    throw new RangeError(
      'az: needs an account: ?account=NAME, AZURE_STORAGE_ACCOUNT or AZURE_STORAGE_CONNECTION_STRING',
    );
  if (key === undefined && sas === undefined)
    throw new RangeError('az: needs AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN or AZURE_STORAGE_CONNECTION_STRING');
  const suffix = connection.get('endpointsuffix') ?? 'core.windows.net';
  const endpoint = url.get('endpoint') ?? connection.get('blobendpoint') ?? `https://${account}.blob.${suffix}`;
  return {
    account,
    endpoint: endpoint.replace(/\/+$/, ''),
    ...(key !== undefined && { key }),
    ...(sas !== undefined && { sas: sas.replace(/^\?/, '') }),
  };
}
