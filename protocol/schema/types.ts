/** Scalars of the Kafka protocol. `int64` is a safe-integer `number`, `bigint64` all 64 bits, `saturated64` the nearest safe integer. */
export type ScalarKind =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'uint16'
  | 'uint32'
  | 'int64'
  | 'saturated64'
  | 'bigint64'
  | 'float64'
  | 'uuid'
  | 'string'
  | 'bytes'
  | 'records';

export interface ArrayType {
  readonly kind: 'array';
  readonly element: Type;
}

export interface StructType {
  readonly kind: 'struct';
  readonly fields: Fields;
}

export type Type = { readonly kind: ScalarKind } | ArrayType | StructType;

/** What a field may say about itself. Versions are inclusive. */
export interface FieldOptions {
  /** First version that carries the field; 0 unless given. */
  readonly since?: number;
  /** Last version that carries it; the newest unless given. */
  readonly until?: number;
  /** First version in which null is a value. Never unless given. */
  readonly nullableSince?: number;
  /** Last version in which null is a value; the newest unless given. */
  readonly nullableUntil?: number;
  /** KIP-482: carried as a tagged field of this number instead of in sequence. */
  readonly tag?: number;
  /** First version in which it is tagged; `since` unless given. */
  readonly tagSince?: number;
  /** What an absent field means; zero, empty or all-defaults unless given. */
  readonly default?: string | number | bigint | boolean | null;
  /** A version without this field may drop the value silently; otherwise encoding a non-default value throws. */
  readonly ignorable?: boolean;
}

declare const decoded: unique symbol;
declare const encodable: unique symbol;
declare const presence: unique symbol;

/**
 * One field of a message. `Out` is what decoding yields, `In` what encoding takes; a field that every version
 * carries is required when encoding, the others (`since`, `until`, `tag`, `default`) may be left out.
 */
export interface Field<
  Out = unknown,
  In = unknown,
  Presence extends 'required' | 'optional' = 'required' | 'optional',
> {
  readonly type: Type;
  readonly options: FieldOptions;
  readonly [decoded]?: Out;
  readonly [encodable]?: (value: In) => void;
  readonly [presence]?: Presence;
}

// biome-ignore lint/suspicious/noExplicitAny: the variance of `In` forbids `unknown` here.
export type AnyField = Field<any, any>;

export type Fields = Readonly<Record<string, AnyField>>;

export type Nullable<O, T> = O extends { readonly nullableSince: number } ? T | null : T;

export type PresenceOf<O> = O extends
  | { readonly since: number }
  | { readonly until: number }
  | { readonly tag: number }
  | { readonly default: unknown }
  ? 'optional'
  : 'required';

type OutOf<F> = F extends Field<infer Out, infer _In, infer _P> ? Out : never;
type InOf<F> = F extends Field<infer _Out, infer In, infer _P> ? In : never;
type OptionalKeys<F extends Fields> = {
  [K in keyof F]: F[K] extends Field<infer _O, infer _I, infer P> ? ('optional' extends P ? K : never) : never;
}[keyof F];

/** The decoded form of `fields`: every field is there, with its default where the version does not carry it. */
export type Decoded<F extends Fields> = { readonly [K in keyof F]: OutOf<F[K]> };

/** The form that encoding takes: fields that not every version carries, or that have a default, may be left out. */
export type Encodable<F extends Fields> = { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: InOf<F[K]> } & {
  readonly [K in OptionalKeys<F>]?: InOf<F[K]> | undefined;
};

/** A tagged field that the schema does not know; kept on the decoded struct as `unknownTaggedFields` and encoded again. */
export interface UnknownTaggedField {
  readonly tag: number;
  readonly bytes: Uint8Array;
}
