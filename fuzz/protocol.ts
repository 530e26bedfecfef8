import { isDeepStrictEqual } from 'node:util';
import { apiByKey, apis } from '../protocol/messages/index.ts';
import { decoderOf, encoderOf, type MessageSchema, planOf } from '../protocol/schema/codec.ts';
import { DecodeError, decodeRequestHeader, MAX_ELEMENTS } from '../protocol/schema/index.ts';
import { Reader } from '../protocol/schema/reader.ts';
import { Writer } from '../protocol/schema/writer.ts';
import { assert } from '../src/base/assert.ts';
import { below, type Random } from '../src/base/random.ts';
import { randomMessage } from '../tests/unit/protocol/messages/random-message.ts';

const EXTREMES = [0, 1, 0x7f, 0x80, 0xfe, 0xff];

/** Changes a few bytes, cuts, repeats or appends: mostly at places where lengths and tags lie. */
function mutate(random: Random, bytes: Buffer): Buffer {
  const out = Buffer.from(bytes);
  for (let left = 1 + below(random, 4); left > 0 && out.length > 0; left--) {
    const at = below(random, out.length);
    out[at] = random.float() < 0.5 ? EXTREMES[below(random, EXTREMES.length)]! : below(random, 256);
    if (random.float() < 0.2) out.fill(0xff, at, Math.min(out.length, at + 4));
  }
  const kind = random.float();
  if (kind < 0.25) return out.subarray(0, below(random, out.length + 1));
  if (kind < 0.4) return Buffer.concat([out, Buffer.from(random.bytes(below(random, 30)))]);
  if (kind < 0.5) return Buffer.concat([out.subarray(0, below(random, out.length + 1)), out]);
  return out;
}

/** Array elements and bytes that a decoded value holds: never more than the frame had bytes. */
function weight(value: unknown): number {
  if (value instanceof Uint8Array) return value.length;
  if (Array.isArray(value)) return value.reduce<number>((sum, element) => sum + weight(element), value.length);
  if (value === null || typeof value !== 'object') return 0;
  return Object.values(value).reduce<number>((sum, member) => sum + weight(member), 0);
}

function encode(schema: MessageSchema, version: number, message: object): Buffer {
  const writer = new Writer();
  encoderOf(schema, version)(writer, message);
  return Buffer.concat(writer.finish());
}

function decodeOrRefuse<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** Decodes `bytes`; what is accepted must be in proportion and survive being encoded and decoded again. */
function check(schema: MessageSchema, version: number, bytes: Buffer): void {
  const decode = decoderOf(schema, version);
  const message = decodeOrRefuse(() => decode(new Reader(bytes, 0)));
  if (message === undefined) return;
  assert(weight(message) <= Math.min(bytes.length, MAX_ELEMENTS + bytes.length), `${schema.name} v${version} grew`);
  const again = decode(new Reader(encode(schema, version, message), 0));
  assert(isDeepStrictEqual(again, message), `${schema.name} v${version} changed: ${bytes.toString('hex')}`);
}

function fuzzMessages(pick: (random: Random) => MessageSchema) {
  return (random: Random, iterations: number): void => {
    for (let i = 0; i < iterations; i++) {
      const schema = pick(random);
      const [low, high] = schema.versions;
      const version = low + below(random, high - low + 1);
      const valid = encode(schema, version, randomMessage(random, planOf(schema, version)));
      check(schema, version, i % 10 === 0 ? Buffer.from(random.bytes(below(random, 200))) : mutate(random, valid));
    }
  };
}

function fuzzHeader(random: Random, iterations: number): void {
  for (let i = 0; i < iterations; i++) {
    const valid = Buffer.from('00120003000000010004746573740107' + '02aabb', 'hex');
    valid.writeInt16BE(below(random, 95));
    const bytes = mutate(random, valid);
    const header = decodeOrRefuse(() => decodeRequestHeader(bytes, apiByKey));
    assert(header === undefined || header.bodyPosition <= bytes.length, 'a header beyond its frame');
  }
}

export const targets: { name: string; run(random: Random, iterations: number): void }[] = [
  { name: 'protocol requests', run: fuzzMessages((random) => apis[below(random, apis.length)]!.request) },
  { name: 'protocol responses', run: fuzzMessages((random) => apis[below(random, apis.length)]!.response) },
  { name: 'protocol request header', run: fuzzHeader },
];
