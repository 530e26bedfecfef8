import { connect, type Socket } from 'node:net';
import { scheduler } from 'node:timers/promises';
import { saslAuthenticateApi, saslHandshakeApi } from '../../protocol/messages/index.ts';
import {
  type Api,
  decodeResponse,
  decodeResponseHeader,
  encodeRequestFrame,
  type Fields,
  type RequestInputOf,
  type ResponseOutputOf,
} from '../../protocol/schema/index.ts';

/** After so long no answer will come. */
const PATIENCE_MS = 8000;

/** A connection that authenticates by SASL PLAIN and sends requests one after another. */
export class Session {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #closed = false;
  #wake: () => void = () => undefined;
  #correlation = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (data: Buffer) => {
      this.#received = Buffer.concat([this.#received, data]);
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** Connects to `HOST:PORT` as a user. Throws when the broker does not take the password. */
  static async open(bootstrap: string, user: string, password: string): Promise<Session> {
    const [host = '', port] = bootstrap.split(':');
    const session = new Session(connect({ host, port: Number(port), noDelay: true }));
    await session.call(saslHandshakeApi, 1, { mechanism: 'PLAIN' });
    const authBytes = new TextEncoder().encode(`\0${user}\0${password}`);
    const { errorCode, errorMessage } = await session.call(saslAuthenticateApi, 2, { authBytes });
    if (errorCode !== 0) throw new Error(`${user} cannot log in: ${errorMessage ?? errorCode}`);
    return session;
  }

  /** The answer to a request. Throws when the broker closes the connection instead. */
  async call<Q extends Fields, P extends Fields>(
    api: Api<Q, P>,
    version: number,
    body: RequestInputOf<Api<Q, P>>,
  ): Promise<ResponseOutputOf<Api<Q, P>>> {
    const header = { correlationId: ++this.#correlation, clientId: 'rights' };
    this.#socket.write(Buffer.concat(encodeRequestFrame(api, version, header, body as never)));
    const answered = new AbortController();
    const late = scheduler.wait(PATIENCE_MS, { signal: answered.signal }).then(
      () => 'late' as const,
      () => undefined,
    );
    const frame = await Promise.race([this.#frame(), late]);
    answered.abort();
    if (frame === 'late') throw new Error(`${api.name} v${version}: no answer`);
    if (frame === undefined) throw new Error(`${api.name} v${version}: the connection was closed`);
    const { bodyPosition } = decodeResponseHeader(api as unknown as Api, version, frame);
    return decodeResponse(api, version, frame, bodyPosition) as never;
  }

  async #frame(): Promise<Buffer | undefined> {
    for (;;) {
      if (this.#received.length >= 4) {
        const end = 4 + this.#received.readInt32BE(0);
        if (this.#received.length >= end) {
          const frame = this.#received.subarray(4, end);
          this.#received = this.#received.subarray(end);
          return frame;
        }
      }
      if (this.#closed) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}
