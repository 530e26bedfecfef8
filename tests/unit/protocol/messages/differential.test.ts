import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { randomMessage } from './random-message.ts';
import { apis } from '../../../../protocol/messages/index.ts';
import { decoderOf, encoderOf, type MessageSchema, planOf } from '../../../../protocol/schema/codec.ts';
import { DecodeError, EncodeError } from '../../../../protocol/schema/errors.ts';
import { interpretDecode, interpretEncode } from '../../../../protocol/schema/interpreter.ts';
import { Reader } from '../../../../protocol/schema/reader.ts';
import { Writer } from '../../../../protocol/schema/writer.ts';
import { below, type Random, seededRandom } from '../../../../src/base/random.ts';

const MESSAGES_EACH = 4;

function encoded(write: (writer: Writer) => void): Buffer | string {
  const writer = new Writer();
  try {
    write(writer);
  } catch (error) {
    if (error instanceof EncodeError) return error.message;
    throw error;
  }
  return Buffer.concat(writer.finish());
}

function decoded(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
}

function spoil(random: Random, bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes.subarray(0, bytes.length - below(random, Math.min(bytes.length, 20) + 1)));
  if (copy.length > 0) copy[below(random, copy.length)] = below(random, 256);
  return copy;
}

/** `toEqual` for what is equal nearly always: it compares bytes one by one and is asked only for its report. */
function same(actual: unknown, wanted: unknown): void {
  if (Buffer.isBuffer(actual) && Buffer.isBuffer(wanted) && actual.equals(wanted)) return;
  if (!isDeepStrictEqual(actual, wanted)) expect(actual).toEqual(wanted);
}

function compare(schema: MessageSchema, version: number, random: Random): void {
  const plan = planOf(schema, version);
  const encode = encoderOf(schema, version);
  const decode = decoderOf(schema, version);
  const message = randomMessage(random, plan);
  const bytes = encoded((writer) => encode(writer, message));
  same(
    encoded((writer) => interpretEncode(writer, plan, message)),
    bytes,
  );
  if (typeof bytes === 'string') throw new Error(bytes);
  same(decode(new Reader(bytes, 0)), message);
  same(interpretDecode(new Reader(bytes, 0), plan), message);

  const spoilt = spoil(random, bytes);
  same(
    decoded(() => decode(new Reader(spoilt, 0))),
    decoded(() => interpretDecode(new Reader(spoilt, 0), plan)),
  );

  // A message of another version: most often one that this version cannot carry.
  const [low, high] = schema.versions;
  const foreign = randomMessage(random, planOf(schema, low + below(random, high - low + 1)));
  same(
    encoded((writer) => encode(writer, foreign)),
    encoded((writer) => interpretEncode(writer, plan, foreign)),
  );
}

describe('compiled codec and interpreter', () => {
  for (const api of apis) {
    test(`agree on random, spoilt and foreign messages of ${api.name}`, () => {
      const [low, high] = api.versions;
      for (let version = low; version <= high; version++) {
        for (let seed = 0; seed < MESSAGES_EACH; seed++) {
          compare(api.request, version, seededRandom(seed * 1000 + version));
          compare(api.response, version, seededRandom(seed * 1000 + version + 500));
        }
      }
    });
  }
});
