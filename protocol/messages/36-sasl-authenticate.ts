import { bytes, defineApi, int16, int64, string } from '../schema/index.ts';

/**
 * Carries the tokens of a SASL mechanism (KIP-152). v1 lifetime of the session (KIP-368). v2 flexible.
 */
export const saslAuthenticateApi = defineApi({
  key: 36,
  name: 'SaslAuthenticate',
  versions: [0, 2],
  flexible: 2,
  request: {
    authBytes: bytes(),
  },
  response: {
    errorCode: int16(),
    errorMessage: string({ nullableSince: 0 }),
    authBytes: bytes(),
    sessionLifetimeMs: int64({ since: 1, default: 0, ignorable: true }),
  },
});
