import { type Api, writeMessage } from './api.ts';
import { DecodeError } from './errors.ts';
import { Reader } from './reader.ts';
import type { Encodable, Fields } from './types.ts';
import { Writer } from './writer.ts';

const API_VERSIONS_KEY = 18;

/** What precedes a request body. */
export interface RequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  /** Undefined for an API that is not served: then only key, version and correlation id were read. */
  readonly api: Api | undefined;
  /** Where the body starts. */
  readonly bodyPosition: number;
}

/** 1, or 2 (with tagged fields) for a flexible version. Version 0 was only ever used between brokers. */
export function requestHeaderVersion(api: Api, version: number): number {
  return version >= api.flexible ? 2 : 1;
}

/** 0, or 1 (with tagged fields) for a flexible version; ApiVersions is always 0, as its client cannot know ours yet (KIP-511). */
export function responseHeaderVersion(api: Api, version: number): number {
  return api.key !== API_VERSIONS_KEY && version >= api.flexible ? 1 : 0;
}

function skipTaggedFields(reader: Reader): void {
  for (let left = reader.uvarint(), previous = -1; left > 0; left--) {
    const tag = reader.uvarint();
    reader.position = reader.tagEnd(previous, tag);
    previous = tag;
  }
}

/** Decodes a request header at `position`; `apis` tells by key which versions are flexible. Throws DecodeError. */
export function decodeRequestHeader(
  bytes: Uint8Array,
  apis: { get(key: number): Api | undefined },
  position = 0,
): RequestHeader {
  const reader = new Reader(bytes, position);
  const apiKey = reader.int16();
  const apiVersion = reader.int16();
  const correlationId = reader.int32();
  const api = apis.get(apiKey);
  if (api === undefined) {
    return { apiKey, apiVersion, correlationId, clientId: null, api, bodyPosition: reader.position };
  }
  // The client id keeps its two-byte length in every version, so that any header can be read up to here.
  const clientId = reader.nullableString(false);
  if (requestHeaderVersion(api, apiVersion) === 2) skipTaggedFields(reader);
  return { apiKey, apiVersion, correlationId, clientId, api, bodyPosition: reader.position };
}

function writeResponseHeader(writer: Writer, api: Api, version: number, correlationId: number): void {
  writer.int32(correlationId);
  if (responseHeaderVersion(api, version) === 1) writer.uvarint(0);
}

/** A response header. */
export function encodeResponseHeader(api: Api, version: number, correlationId: number): Uint8Array {
  const writer = new Writer(5);
  writeResponseHeader(writer, api, version, correlationId);
  return Buffer.concat(writer.finish());
}

/** A whole response as it goes to the socket: length, header, body. Throws EncodeError. */
export function encodeResponseFrame<Q extends Fields, P extends Fields>(
  api: Api<Q, P>,
  version: number,
  correlationId: number,
  message: Encodable<P>,
): Uint8Array[] {
  const writer = new Writer();
  writer.int32(0);
  writeResponseHeader(writer, api as unknown as Api, version, correlationId);
  writeMessage(writer, api.response, version, message);
  writer.patchLength();
  return writer.finish();
}

/** A whole request as it goes to the socket: length, header, body (tests, clients). Throws EncodeError. */
export function encodeRequestFrame<Q extends Fields, P extends Fields>(
  api: Api<Q, P>,
  version: number,
  header: { readonly correlationId: number; readonly clientId: string | null },
  message: Encodable<Q>,
): Uint8Array[] {
  const writer = new Writer();
  writer.int32(0);
  writer.int16(api.key);
  writer.int16(version);
  writer.int32(header.correlationId);
  writer.nullableString(header.clientId, false);
  if (version >= api.flexible) writer.uvarint(0);
  writeMessage(writer, api.request, version, message);
  writer.patchLength();
  return writer.finish();
}

/** Decodes a response header at `position`: the correlation id and where the body starts (tests, clients). Throws DecodeError. */
export function decodeResponseHeader(
  api: Api,
  version: number,
  bytes: Uint8Array,
  position = 0,
): { readonly correlationId: number; readonly bodyPosition: number } {
  const reader = new Reader(bytes, position);
  const correlationId = reader.int32();
  if (responseHeaderVersion(api, version) === 1) skipTaggedFields(reader);
  if (reader.position > bytes.length) throw new DecodeError('a response header beyond its frame');
  return { correlationId, bodyPosition: reader.position };
}
