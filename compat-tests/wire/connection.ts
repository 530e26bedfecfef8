import { connect, type Socket } from 'node:net';
import { scheduler } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
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

/** What came back for a frame: another frame, the end of the connection, or nothing in time. */
export type Reply = Buffer | 'closed' | 'no answer';

/** Time after which a broker is taken to answer nothing. */
const PATIENCE_MS = 15_000;

export interface ConnectionOptions {
  readonly clientId?: string;
  /** The authority whose certificates are believed: the connection then is TLS. */
  readonly ca?: Buffer;
}

/** One connection that sends frames as they are and reads frames back. */
export class WireConnection {
  readonly #socket: Socket;
  readonly #clientId: string;
  #received = Buffer.alloc(0);
  readonly #frames: Buffer[] = [];
  #closed = false;
  #wake: (() => void) | undefined;
  #correlation = 0;

  constructor(bootstrap: string, { clientId = 'wire', ca }: ConnectionOptions = {}) {
    const colon = bootstrap.lastIndexOf(':');
    const place = { host: bootstrap.slice(0, colon), port: Number(bootstrap.slice(colon + 1)), noDelay: true };
    this.#clientId = clientId;
    this.#socket = ca === undefined ? connect(place) : connectTls({ ...place, ca });
    this.#socket.on('data', (data: Buffer) => this.#onData(data));
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.#closed = true;
      this.#wake?.();
    });
  }

  #onData(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data]);
    while (this.#received.length >= 4 && this.#received.length >= 4 + this.#received.readInt32BE(0)) {
      const end = 4 + this.#received.readInt32BE(0);
      this.#frames.push(this.#received.subarray(4, end));
      this.#received = this.#received.subarray(end);
    }
    this.#wake?.();
  }

  /** Sends bytes and waits for what comes back first. */
  async exchange(bytes: Uint8Array, patienceMs = PATIENCE_MS): Promise<Reply> {
    this.#socket.write(bytes);
    const timeout = new AbortController();
    const late = scheduler.wait(patienceMs, { signal: timeout.signal }).then(
      () => true,
      () => false,
    );
    while (this.#frames.length === 0 && !this.#closed) {
      const woken = new Promise<boolean>((resolve) => {
        this.#wake = () => resolve(false);
      });
      if (await Promise.race([woken, late])) return 'no answer';
    }
    timeout.abort();
    return this.#frames.shift() ?? 'closed';
  }

  /** The frame of a request, by our own codec. */
  frame<Q extends Fields, P extends Fields>(
    api: Api<Q, P>,
    version: number,
    body: RequestInputOf<Api<Q, P>>,
    clientId: string | null = this.#clientId,
  ): Buffer {
    const header = { correlationId: ++this.#correlation, clientId };
    return Buffer.concat(encodeRequestFrame(api, version, header, body as never));
  }

  /** Sends a request and decodes its answer; throws when there is none. */
  async call<Q extends Fields, P extends Fields>(
    api: Api<Q, P>,
    version: number,
    body: RequestInputOf<Api<Q, P>>,
  ): Promise<ResponseOutputOf<Api<Q, P>>> {
    const reply = await this.exchange(this.frame(api, version, body));
    if (reply === 'closed') throw new Error(`${api.name} v${version}: the connection was closed`);
    if (reply === 'no answer') throw new Error(`${api.name} v${version}: no answer`);
    return answerOf(api, version, reply);
  }

  /** Logs in by SASL PLAIN. Throws when the broker does not take the password. */
  async login(user: string, password: string): Promise<void> {
    await this.call(saslHandshakeApi, 1, { mechanism: 'PLAIN' });
    const authBytes = new TextEncoder().encode(`\0${user}\0${password}`);
    const { errorCode, errorMessage } = await this.call(saslAuthenticateApi, 2, { authBytes });
    if (errorCode !== 0) throw new Error(`${user} cannot log in: ${errorMessage ?? errorCode}`);
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Decodes a frame that came back. */
export function answerOf<Q extends Fields, P extends Fields>(
  api: Api<Q, P>,
  version: number,
  frame: Buffer,
): ResponseOutputOf<Api<Q, P>> {
  const { bodyPosition } = decodeResponseHeader(api as unknown as Api, version, frame);
  return decodeResponse(api, version, frame, bodyPosition) as never;
}
