import { describe, expect, test } from 'vitest';
import {
  apiByKey,
  apiVersionsApi,
  createTopicsApi,
  heartbeatApi,
  saslHandshakeApi,
} from '../../../../protocol/messages/index.ts';
import {
  DecodeError,
  decodeRequest,
  decodeRequestHeader,
  decodeResponse,
  decodeResponseHeader,
  encodeRequestFrame,
  encodeResponseFrame,
  encodeResponseHeader,
  requestHeaderVersion,
  responseHeaderVersion,
} from '../../../../protocol/schema/index.ts';

const heartbeat = { groupId: 'g', generationId: 1, memberId: 'm' };

describe('headers', () => {
  test('requests have header 1, and 2 from the flexible version on; responses 0 and 1', () => {
    expect([3, 4].map((version) => requestHeaderVersion(heartbeatApi, version))).toEqual([1, 2]);
    expect([3, 4].map((version) => responseHeaderVersion(heartbeatApi, version))).toEqual([0, 1]);
    expect(requestHeaderVersion(saslHandshakeApi, 1)).toBe(1);
  });

  test('an ApiVersions response has header 0 in every version (KIP-511)', () => {
    expect([0, 3, 4].map((version) => responseHeaderVersion(apiVersionsApi, version))).toEqual([0, 0, 0]);
    expect(requestHeaderVersion(apiVersionsApi, 3)).toBe(2);
    expect(encodeResponseHeader(apiVersionsApi, 4, 7)).toHaveLength(4);
    expect(encodeResponseHeader(createTopicsApi, 5, 7)).toHaveLength(5);
  });

  test.each([3, 4])('a request frame of version %i is read back', (version) => {
    const frame = Buffer.concat(
      encodeRequestFrame(heartbeatApi, version, { correlationId: 99, clientId: 'client' }, heartbeat),
    );
    expect(frame.readInt32BE()).toBe(frame.length - 4);
    const header = decodeRequestHeader(frame, apiByKey, 4);
    expect(header).toMatchObject({ apiKey: 12, apiVersion: version, correlationId: 99, clientId: 'client' });
    expect(header.api).toBe(heartbeatApi);
    expect(decodeRequest(heartbeatApi, version, frame, header.bodyPosition)).toMatchObject(heartbeat);
  });

  test.each([3, 4])('a response frame of version %i is read back', (version) => {
    const frame = Buffer.concat(encodeResponseFrame(heartbeatApi, version, 99, { errorCode: 27 }));
    expect(frame.readInt32BE()).toBe(frame.length - 4);
    const header = decodeResponseHeader(heartbeatApi, version, frame, 4);
    expect(header.correlationId).toBe(99);
    expect(decodeResponse(heartbeatApi, version, frame, header.bodyPosition)).toEqual({
      throttleTimeMs: 0,
      errorCode: 27,
    });
  });

  test('the client id may be null, and tagged fields of the header are skipped', () => {
    const frame = Buffer.from('000c' + '0004' + '00000001' + 'ffff' + '01' + '05' + '02aabb', 'hex');
    expect(decodeRequestHeader(frame, apiByKey)).toMatchObject({ clientId: null, bodyPosition: frame.length });
  });

  test('of an API that is not known, key, version and correlation id are read', () => {
    const frame = Buffer.from('7fff' + '0001' + '00000005', 'hex');
    expect(decodeRequestHeader(frame, apiByKey)).toMatchObject({ apiKey: 32_767, correlationId: 5, api: undefined });
  });

  test('half a header is an error', () => {
    expect(() => decodeRequestHeader(Buffer.from('000c0004', 'hex'), apiByKey)).toThrow(DecodeError);
    expect(() => decodeRequestHeader(Buffer.from('000c00040000000100056162', 'hex'), apiByKey)).toThrow(DecodeError);
  });
});
