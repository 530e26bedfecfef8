import { decoderOf, encoderOf, type MessageSchema } from './codec.ts';
import { DecodeError, EncodeError } from './errors.ts';
import { Reader } from './reader.ts';
import type { Decoded, Encodable, Fields } from './types.ts';
import { Writer } from './writer.ts';

/** One API of the Kafka protocol: a key and its two messages. */
export interface Api<Q extends Fields = Fields, P extends Fields = Fields> {
  readonly key: number;
  readonly name: string;
  /** Versions that are advertised and served, inclusive. */
  readonly versions: readonly [number, number];
  /** First flexible version (KIP-482); Infinity when none is. */
  readonly flexible: number;
  readonly request: MessageSchema<Q>;
  readonly response: MessageSchema<P>;
}

/** A decoded request. */
export type RequestOf<A> = A extends Api<infer Q, infer _P> ? Decoded<Q> : never;
/** A response to encode: what not every version carries may be left out. */
export type ResponseOf<A> = A extends Api<infer _Q, infer P> ? Encodable<P> : never;
/** A request to encode (tests, clients). */
export type RequestInputOf<A> = A extends Api<infer Q, infer _P> ? Encodable<Q> : never;
/** A decoded response (tests, clients). */
export type ResponseOutputOf<A> = A extends Api<infer _Q, infer P> ? Decoded<P> : never;

/** Declares an API. `flexible` left out means that no version is flexible. */
export function defineApi<const Q extends Fields, const P extends Fields>(definition: {
  readonly key: number;
  readonly name: string;
  readonly versions: readonly [number, number];
  readonly flexible?: number;
  readonly request: Q;
  readonly response: P;
}): Api<Q, P> {
  const { key, name, versions, flexible = Infinity } = definition;
  return {
    key,
    name,
    versions,
    flexible,
    request: { name: `${name} request`, versions, flexible, fields: definition.request },
    response: { name: `${name} response`, versions, flexible, fields: definition.response },
  };
}

/** Declares a message that is no request: a struct that clients embed in bytes. */
export function defineMessage<const F extends Fields>(definition: {
  readonly name: string;
  readonly versions: readonly [number, number];
  readonly flexible?: number;
  readonly fields: F;
}): MessageSchema<F> {
  return { flexible: Infinity, ...definition };
}

/** Decodes a message at `position`. Byte fields are slices of `bytes`. Throws DecodeError. */
export function decodeMessage<F extends Fields>(
  schema: MessageSchema<F>,
  version: number,
  bytes: Uint8Array,
  position = 0,
): Decoded<F> {
  const decode = decoderOf(schema, version);
  try {
    return decode(new Reader(bytes, position)) as Decoded<F>;
  } catch (error) {
    if (error instanceof DecodeError) error.message = `${schema.name} v${version}: ${error.message}`;
    throw error;
  }
}

/** Encodes `message` into `writer`. Throws EncodeError where the version cannot carry what it says. */
export function writeMessage<F extends Fields>(
  writer: Writer,
  schema: MessageSchema<F>,
  version: number,
  message: Encodable<F>,
): void {
  const encode = encoderOf(schema, version);
  try {
    encode(writer, message);
  } catch (error) {
    if (error instanceof EncodeError) error.message = `${schema.name} v${version}: ${error.message}`;
    throw error;
  }
}

/** Encodes a message into a list of buffers, in which large byte fields are referenced, not copied. Throws EncodeError. */
export function encodeMessage<F extends Fields>(
  schema: MessageSchema<F>,
  version: number,
  message: Encodable<F>,
): Uint8Array[] {
  const writer = new Writer();
  writeMessage(writer, schema, version, message);
  return writer.finish();
}

/** Decodes a request body. Throws DecodeError. */
export function decodeRequest<Q extends Fields, P extends Fields>(
  api: Api<Q, P>,
  version: number,
  bytes: Uint8Array,
  position = 0,
): Decoded<Q> {
  return decodeMessage(api.request, version, bytes, position);
}

/** Encodes a response body, without header. Throws EncodeError. */
export function encodeResponse<Q extends Fields, P extends Fields>(
  api: Api<Q, P>,
  version: number,
  message: Encodable<P>,
): Uint8Array[] {
  return encodeMessage(api.response, version, message);
}

/** Encodes a request body, without header (tests, clients). Throws EncodeError. */
export function encodeRequest<Q extends Fields, P extends Fields>(
  api: Api<Q, P>,
  version: number,
  message: Encodable<Q>,
): Uint8Array[] {
  return encodeMessage(api.request, version, message);
}

/** Decodes a response body (tests, clients). Throws DecodeError. */
export function decodeResponse<Q extends Fields, P extends Fields>(
  api: Api<Q, P>,
  version: number,
  bytes: Uint8Array,
  position = 0,
): Decoded<P> {
  return decodeMessage(api.response, version, bytes, position);
}
