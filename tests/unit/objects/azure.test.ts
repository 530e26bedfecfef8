import { expect, test } from 'vitest';
import type { Clock } from '../../../src/base/clock.ts';
import { azureAccount, azureSign } from '../../../src/objects/azure-credentials.ts';
import { parseBlobs } from '../../../src/objects/azure-list.ts';
import { ObjectStoreUnavailable } from '../../../src/objects/errors.ts';

const clock: Clock = { now: () => Date.UTC(2024, 0, 2), monotonic: () => 0, after: () => ({ cancel() {} }) };
const url = (query = ''): URLSearchParams => new URLSearchParams(query);

test('the account comes from the URL, variables, or a connection string', () => {
  expect(azureAccount(url('account=one'), { AZURE_STORAGE_KEY: 'aw==', AZURE_STORAGE_ACCOUNT: 'two' })).toEqual({
    account: 'one',
    key: 'aw==',
    endpoint: 'https://one.blob.core.windows.net',
  });
  const AZURE_STORAGE_CONNECTION_STRING =
    'DefaultEndpointsProtocol=https;AccountName=three;AccountKey=a2V5PT0=;EndpointSuffix=core.example';
  expect(azureAccount(url(), { AZURE_STORAGE_CONNECTION_STRING })).toEqual({
    account: 'three',
    key: 'a2V5PT0=',
    endpoint: 'https://three.blob.core.example',
  });
  const BLOBS = 'BlobEndpoint=http://127.0.0.1:1/dev/;AccountName=dev;SharedAccessSignature=sv=1&sig=x%3D';
  expect(azureAccount(url(), { AZURE_STORAGE_CONNECTION_STRING: BLOBS })).toEqual({
    account: 'dev',
    sas: 'sv=1&sig=x%3D',
    endpoint: 'http://127.0.0.1:1/dev',
  });
  expect(() => azureAccount(url(), {})).toThrow(RangeError);
  expect(() => azureAccount(url('account=one'), {})).toThrow(RangeError);
});

test('a shared access signature is added to the query, and nothing is signed', () => {
  const sign = azureSign({ account: 'a', sas: 'sv=1&sig=x%3D%2B', endpoint: 'https://a.example' }, clock);
  const signed = sign({ method: 'GET', url: new URL('https://a.example/c?comp=list') });
  expect(signed.url.searchParams.get('sig')).toBe('x=+');
  expect(signed.url.searchParams.get('comp')).toBe('list');
  expect(signed.headers).not.toHaveProperty('authorization');
});

test('a list is read with names as they are', () => {
  const page = `<?xml version="1.0"?><EnumerationResults><Prefix>x</Prefix><Blobs>
    <Blob><Name>a &amp; b/&lt;c&gt;&#x1F600;&quot;</Name><Properties><Last-Modified>Tue, 02 Jan 2024 00:00:00 GMT</Last-Modified>
    <Etag>0x8D</Etag><Content-Length>12</Content-Length><Content-MD5 /></Properties></Blob>
    <Blob><Name Encoded="true">b%EF%BF%BE%25</Name><Properties><Etag>"q"</Etag><Content-Length>0</Content-Length></Properties></Blob>
    </Blobs><NextMarker>m&amp;2</NextMarker></EnumerationResults>`;
  expect(parseBlobs(page)).toEqual({
    blobs: [
      { key: 'a & b/<c>\u{1F600}"', size: 12, etag: '0x8D', modified: Date.UTC(2024, 0, 2) },
      { key: 'b\uFFFE%', size: 0, etag: 'q', modified: 0 },
    ],
    next: 'm&2',
  });
  expect(parseBlobs('<EnumerationResults><Blobs /><NextMarker /></EnumerationResults>')).toEqual({
    blobs: [],
    next: undefined,
  });
  expect(() => parseBlobs('<html>busy</html>')).toThrow(ObjectStoreUnavailable);
});
