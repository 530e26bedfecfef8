import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { connect } from 'node:tls';
import { alterUserScramCredentialsApi, saslAuthenticateApi, saslHandshakeApi } from '../../protocol/messages/index.ts';
import {
  type Api,
  decodeResponse,
  decodeResponseHeader,
  encodeRequestFrame,
  type Fields,
  type RequestInputOf,
  type ResponseOutputOf,
} from '../../protocol/schema/index.ts';

const ITERATIONS = 4096;

/** Makes a user of SCRAM-SHA-256 and SCRAM-SHA-512, logged in as the administrator: neither kcat nor kafkajs can. */
export async function makeUser(bootstrap: string, ca: Buffer, user: string, password: string): Promise<void> {
  const [host = '', port = ''] = bootstrap.split(':');
  const socket = connect({ host, port: Number(port), ca });
  const chunks = socket.iterator() as AsyncIterator<Buffer>;
  let received = Buffer.alloc(0);
  const call = async <Q extends Fields, P extends Fields>(
    api: Api<Q, P>,
    version: number,
    body: RequestInputOf<Api<Q, P>>,
  ): Promise<ResponseOutputOf<Api<Q, P>>> => {
    const header = { correlationId: 1, clientId: 'compat' };
    socket.write(Buffer.concat(encodeRequestFrame(api, version, header, body as never)));
    while (received.length < 4 || received.length < 4 + received.readInt32BE(0)) {
      const { value, done } = await chunks.next();
      if (done === true) throw new Error('the broker closed the connection');
      received = Buffer.concat([received, value]);
    }
    const frame = received.subarray(4, 4 + received.readInt32BE(0));
    received = received.subarray(4 + frame.length);
    const { bodyPosition } = decodeResponseHeader(api as unknown as Api, version, frame);
    return decodeResponse(api, version, frame, bodyPosition) as never;
  };
  try {
    await call(saslHandshakeApi, 1, { mechanism: 'PLAIN' });
    await call(saslAuthenticateApi, 1, { authBytes: Buffer.from('\0admin\0admin-secret') });
    const hashes = [
      [1, 'sha256', 32],
      [2, 'sha512', 64],
    ] as const;
    for (const [mechanism, hash, length] of hashes) {
      const salt = randomBytes(16);
      const saltedPassword = pbkdf2Sync(password, salt, ITERATIONS, length, hash);
      const upsertions = [{ name: user, mechanism, iterations: ITERATIONS, salt, saltedPassword }];
      const { results } = await call(alterUserScramCredentialsApi, 0, { deletions: [], upsertions });
      if (results[0]?.errorCode !== 0) throw new Error(`no user: ${results[0]?.errorMessage}`);
    }
  } finally {
    socket.destroy();
  }
}
