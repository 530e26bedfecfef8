import type {
  AnyField,
  Decoded,
  Encodable,
  Field,
  FieldOptions,
  Fields,
  Nullable,
  PresenceOf,
  ScalarKind,
  Type,
} from './types.ts';

type None = Record<never, never>;

type ScalarField<O, T, In = T> = Field<Nullable<O, T>, Nullable<O, In>, PresenceOf<O>>;

function scalar<T, In = T>(kind: ScalarKind) {
  return <const O extends FieldOptions = None>(options?: O): ScalarField<O, T, In> => ({
    type: { kind },
    options: options ?? {},
  });
}

export const bool = scalar<boolean>('bool');
export const int8 = scalar<number>('int8');
export const int16 = scalar<number>('int16');
export const int32 = scalar<number>('int32');
export const uint16 = scalar<number>('uint16');
export const uint32 = scalar<number>('uint32');
/** An offset, time, size or producer id: a `number`, and an error where it is not a safe integer. */
export const int64 = scalar<number>('int64');
/** An int64 that a client may set to anything (`Long.MAX_VALUE` …): decoded as the nearest safe integer. */
export const saturated64 = scalar<number>('saturated64');
/** An int64 of which all bits matter. */
export const bigint64 = scalar<bigint>('bigint64');
export const float64 = scalar<number>('float64');
/** 16 bytes; in messages Kafka's text form of 22 base64url characters. */
export const uuid = scalar<string>('uuid');
export const string = scalar<string>('string');
/** Decoded as a slice of the frame, not a copy. */
export const bytes = scalar<Uint8Array>('bytes');
/** Record batches, opaque: decoded as a slice of the frame; encoded from one slice or a list of slices, without a copy. */
export const records = scalar<Uint8Array, Uint8Array | readonly Uint8Array[]>('records');

type ElementOut<E> = E extends Field<infer Out, infer _In, infer _P> ? Out : E extends Fields ? Decoded<E> : never;
type ElementIn<E> = E extends Field<infer _Out, infer In, infer _P> ? In : E extends Fields ? Encodable<E> : never;

function isField(element: AnyField | Fields): element is AnyField {
  return 'options' in element && 'type' in element && 'kind' in (element.type as object);
}

/** An array of scalars, `array(int32())`, or of structs, `array({ name: string() })`. */
export function array<const E extends AnyField | Fields, const O extends FieldOptions = None>(
  element: E,
  options?: O,
): Field<Nullable<O, readonly ElementOut<E>[]>, Nullable<O, readonly ElementIn<E>[]>, PresenceOf<O>> {
  const type: Type = isField(element) ? element.type : { kind: 'struct', fields: element };
  return { type: { kind: 'array', element: type }, options: options ?? {} };
}

/** A struct within a struct. */
export function struct<const F extends Fields, const O extends FieldOptions = None>(
  fields: F,
  options?: O,
): Field<Nullable<O, Decoded<F>>, Nullable<O, Encodable<F>>, PresenceOf<O>> {
  return { type: { kind: 'struct', fields }, options: options ?? {} };
}
