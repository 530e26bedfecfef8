export type { Api, RequestInputOf, RequestOf, ResponseOf, ResponseOutputOf } from './api.ts';
export {
  decodeMessage,
  decodeRequest,
  decodeResponse,
  defineApi,
  defineMessage,
  encodeMessage,
  encodeRequest,
  encodeResponse,
} from './api.ts';
export type { MessageSchema } from './codec.ts';
export { DecodeError, EncodeError } from './errors.ts';
export {
  array,
  bigint64,
  bool,
  bytes,
  float64,
  int8,
  int16,
  int32,
  int64,
  records,
  saturated64,
  string,
  struct,
  uint16,
  uint32,
  uuid,
} from './fields.ts';
export type { RequestHeader } from './header.ts';
export {
  decodeRequestHeader,
  decodeResponseHeader,
  encodeRequestFrame,
  encodeResponseFrame,
  encodeResponseHeader,
  requestHeaderVersion,
  responseHeaderVersion,
} from './header.ts';
export { MAX_ELEMENTS } from './reader.ts';
export type { Decoded, Encodable, Field, FieldOptions, Fields, Type, UnknownTaggedField } from './types.ts';
