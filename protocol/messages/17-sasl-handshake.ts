import { array, defineApi, int16, string } from '../schema/index.ts';

/**
 * Chooses a SASL mechanism (KIP-43). v1: what follows goes by SaslAuthenticate (KIP-152).
 */
export const saslHandshakeApi = defineApi({
  key: 17,
  name: 'SaslHandshake',
  versions: [0, 1],
  request: {
    mechanism: string(),
  },
  response: {
    errorCode: int16(),
    mechanisms: array(string()),
  },
});
