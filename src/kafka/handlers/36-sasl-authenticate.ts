// SaslAuthenticate v0-2: one token of the mechanism that SaslHandshake chose, and the broker's answer to it. A failure is answered after
// connection.failed.authentication.delay.ms, and ends the connection. Deviation: a user that does not exist fails at the last step of SCRAM, not
// at the first, so that nobody can ask which users there are; and a request of another API in the middle of an authentication has no answer (Kafka
// sends one with ILLEGAL_SASL_STATE) before its connection ends.
import { saslAuthenticateApi } from '../../../protocol/messages/index.ts';
import { outOfPlace } from '../authentication.ts';
import { type Handler, handler } from '../handler.ts';

export function saslAuthenticateHandler(): Handler {
  return handler(saslAuthenticateApi, ({ authBytes }, { session: { authentication } }) =>
    authentication === undefined ? outOfPlace : authentication.authenticate(authBytes),
  );
}
