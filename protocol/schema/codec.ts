import { compileDecode, type Decode } from './compile-decode.ts';
import { compileEncode, type Encode } from './compile-encode.ts';
import { DecodeError, EncodeError } from './errors.ts';
import { planStruct, type StructPlan } from './plan.ts';
import type { Fields } from './types.ts';

/** A message in all its versions: a request or response body, a header, or a struct that is embedded in bytes. */
export interface MessageSchema<F extends Fields = Fields> {
  readonly name: string;
  /** Lowest and highest version, inclusive. */
  readonly versions: readonly [number, number];
  /** First flexible version (KIP-482); Infinity when none is. */
  readonly flexible: number;
  readonly fields: F;
}

interface Codec {
  plan: StructPlan;
  decode: Decode | undefined;
  encode: Encode | undefined;
}

const codecs = new WeakMap<MessageSchema, (Codec | undefined)[]>();

function codecOf(schema: MessageSchema, version: number): Codec {
  let perVersion = codecs.get(schema);
  if (perVersion === undefined) {
    perVersion = [];
    codecs.set(schema, perVersion);
  }
  const known = perVersion[version];
  if (known !== undefined) return known;
  const plan = planStruct(schema.fields, version, version >= schema.flexible);
  const codec: Codec = { plan, decode: undefined, encode: undefined };
  perVersion[version] = codec;
  return codec;
}

function isVersionOf(schema: MessageSchema, version: number): boolean {
  return Number.isInteger(version) && version >= schema.versions[0] && version <= schema.versions[1];
}

/** The fields of `schema` as `version` has them. */
export function planOf(schema: MessageSchema, version: number): StructPlan {
  return codecOf(schema, version).plan;
}

/** The compiled decoder, made on first use. Throws DecodeError for a version that the schema does not have. */
export function decoderOf(schema: MessageSchema, version: number): Decode {
  if (!isVersionOf(schema, version)) throw new DecodeError(`${schema.name} has no version ${version}`);
  const codec = codecOf(schema, version);
  codec.decode ??= compileDecode(codec.plan);
  return codec.decode;
}

/** The compiled encoder, made on first use. Throws EncodeError for a version that the schema does not have. */
export function encoderOf(schema: MessageSchema, version: number): Encode {
  if (!isVersionOf(schema, version)) throw new EncodeError(`${schema.name} has no version ${version}`);
  const codec = codecOf(schema, version);
  codec.encode ??= compileEncode(codec.plan);
  return codec.encode;
}
