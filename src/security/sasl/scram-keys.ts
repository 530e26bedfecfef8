import { createHash, createHmac, pbkdf2, pbkdf2Sync } from 'node:crypto';
import { promisify } from 'node:util';

/** What a broker keeps of a password (RFC 5802): enough to check a proof, too little to make one. */
export interface ScramCredential {
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

/** One of the two mechanisms with its hash, and its number in the protocol. */
export interface ScramHash {
  readonly mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly code: number;
  readonly hash: 'sha256' | 'sha512';
  readonly bytes: number;
}

export const SCRAM_SHA_256: ScramHash = { mechanism: 'SCRAM-SHA-256', code: 1, hash: 'sha256', bytes: 32 };
export const SCRAM_SHA_512: ScramHash = { mechanism: 'SCRAM-SHA-512', code: 2, hash: 'sha512', bytes: 64 };
export const SCRAM_HASHES: readonly ScramHash[] = [SCRAM_SHA_256, SCRAM_SHA_512];

/** Bounds of Kafka: fewer are too easy to guess, more cost the broker and its clients too much. */
export const MIN_ITERATIONS = 4096;
export const MAX_ITERATIONS = 16_384;

const derive = promisify(pbkdf2);

export function hmac({ hash }: ScramHash, key: Uint8Array, text: string): Uint8Array {
  return createHmac(hash, key).update(text, 'utf8').digest();
}

export function digest({ hash }: ScramHash, bytes: Uint8Array): Uint8Array {
  return createHash(hash).update(bytes).digest();
}

/** Bitwise; both have the same length. */
export function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, at) => byte ^ (b[at] ?? 0));
}

/** `Hi` of the RFC, in the thread pool: it takes milliseconds. Passwords are not normalized, as in Kafka. */
export function saltPassword(
  scram: ScramHash,
  password: string,
  salt: Uint8Array,
  iterations: number,
): Promise<Uint8Array> {
  return derive(password, salt, iterations, scram.bytes, scram.hash);
}

/** `saltPassword` at once. */
export function saltPasswordSync(scram: ScramHash, password: string, salt: Uint8Array, iterations: number): Uint8Array {
  return pbkdf2Sync(password, salt, iterations, scram.bytes, scram.hash);
}

/** What is kept of a salted password. */
export function credentialOf(
  scram: ScramHash,
  saltedPassword: Uint8Array,
  salt: Uint8Array,
  iterations: number,
): ScramCredential {
  const storedKey = digest(scram, hmac(scram, saltedPassword, 'Client Key'));
  return { salt, iterations, storedKey, serverKey: hmac(scram, saltedPassword, 'Server Key') };
}
