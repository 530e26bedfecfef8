import { connect, type Socket } from 'node:net';
import { scheduler } from 'node:timers/promises';
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

/** One connection that sends frames as they are and reads frames back. */
export class WireConnection {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  readonly #frames: Buffer[] = [];
  #closed = false;
  #wake: (() => void) | undefined;
  #correlation = 0;

  constructor(bootstrap: string) {
    const colon = bootstrap.lastIndexOf(':');
    this.#socket = connect({
      host: bootstrap.slice(0, colon),
      port: Number(bootstrap.slice(colon + 1)),
      noDelay: true,
    });
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
    clientId: string | null = 'wire',
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
    if (typeof reply === 'string') throw new Error(`${api.name} v${version}: ${reply}`);
    return answerOf(api, version, reply);
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
