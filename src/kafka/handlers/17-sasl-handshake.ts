// SaslHandshake v0-1: chooses the mechanism of a SASL listener; after v0 the tokens come without requests around them. Elsewhere, and when the
// client is authenticated and need not be again, ILLEGAL_SASL_STATE, as with Apache Kafka.
import { errorCode } from '../../../protocol/errors.ts';
import { saslHandshakeApi } from '../../../protocol/messages/index.ts';
import { type Handler, handler } from '../handler.ts';

export function saslHandshakeHandler(): Handler {
  return handler(saslHandshakeApi, ({ mechanism }, { session: { authentication }, apiVersion }) => {
    if (authentication === undefined) return { errorCode: errorCode.ILLEGAL_SASL_STATE, mechanisms: [] };
    return authentication.handshake(mechanism, apiVersion);
  });
}
