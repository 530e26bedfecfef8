import { randomFillSync } from 'node:crypto';

/** Randomness as the program may see it: seeded in simulations. */
export interface Random {
  /** A float in [0, 1). */
  float(): number;
  /** `length` random bytes. */
  bytes(length: number): Uint8Array;
}

/** The machine's randomness (cryptographic). */
export const systemRandom: Random = {
  float: () => Math.random(),
  bytes: (length) => randomFillSync(new Uint8Array(length)),
};

/** A reproducible generator (mulberry32): the same seed gives the same sequence. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const float = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    float,
    bytes(length) {
      const out = new Uint8Array(length);
      for (let i = 0; i < length; i++) out[i] = Math.floor(float() * 256);
      return out;
    },
  };
}

/** An integer in [0, bound). */
export function below(random: Random, bound: number): number {
  return Math.floor(random.float() * bound);
}

/** A random (version 4) UUID as 16 bytes. Never one that Kafka reserves (all zero, or 0…01), nor one whose base64 starts with '-'. */
export function randomUuid(random: Random): Uint8Array {
  for (;;) {
    const bytes = random.bytes(16);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    if (uuidToString(bytes)[0] !== '-') return bytes;
  }
}

/** Kafka's text form of a UUID: URL-safe base64 without padding, 22 characters. */
export function uuidToString(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString('base64url');
}

/** Reverse of `uuidToString`. Throws a RangeError on anything but 22 base64url characters. */
export function uuidFromString(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== 16) throw new RangeError(`'${text}' is not a Kafka UUID (22 base64url characters)`);
  return new Uint8Array(bytes);
}
