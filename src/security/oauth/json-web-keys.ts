import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';

/** A public key that tokens may be signed with. */
export interface VerificationKey {
  readonly id: string | undefined;
  /** The only algorithm that the key is for, where its owner says so. */
  readonly algorithm: string | undefined;
  readonly key: KeyObject;
}

const MIN_RSA_BITS = 2048;

function keyOf(entry: unknown): VerificationKey | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const { kid, alg, use, kty } = entry as Readonly<Record<string, unknown>>;
  // A symmetric key would let everybody who can check tokens make them; keys for encryption sign nothing.
  if ((kty !== 'RSA' && kty !== 'EC') || (use !== undefined && use !== 'sig')) return undefined;
  try {
    const key = createPublicKey({ key: entry as JsonWebKey, format: 'jwk' });
    if (kty === 'RSA' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < MIN_RSA_BITS) return undefined;
    return {
      id: typeof kid === 'string' ? kid : undefined,
      algorithm: typeof alg === 'string' ? alg : undefined,
      key,
    };
  } catch {
    return undefined; // a curve or a form that is not known here; the other keys are good nevertheless
  }
}

/** The keys of a JWKS (RFC 7517) that signatures can be checked with; others are left out. Throws an Error for text that is no JWKS. */
export function parseKeySet(text: string): VerificationKey[] {
  const parsed = JSON.parse(text) as { readonly keys?: unknown } | null;
  if (!Array.isArray(parsed?.keys)) throw new Error('a key set has no list of keys');
  return parsed.keys.flatMap((entry) => keyOf(entry) ?? []);
}
