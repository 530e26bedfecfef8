import { Socket, type SocketConstructorOpts } from 'node:net';
import { type Clock, every, sleep, type Timer } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Metrics } from '../base/metrics.ts';
import { AuthenticationMetrics } from './authentication-metrics.ts';
import { MemoryBudget } from './budget.ts';
import { Connection, type ConnectionServices } from './connection.ts';
import { Dispatcher } from './dispatch.ts';
import type { Handler } from './handler.ts';
import { type Admission, KafkaListener, type ListenerOptions } from './listener.ts';
import type { ClientQuotas } from './quotas/client-quotas.ts';
import { type CloseReason, RequestMetrics } from './request-metrics.ts';
import { Slabs } from '../base/slabs.ts';
import type { Authorizer } from '../security/authorizer.ts';

/** The settings of the Kafka server, by Kafka's names. */
export interface KafkaServerSettings {
  /** `socket.request.max.bytes`. */
  readonly maxRequestBytes: number;
  /** `queued.max.request.bytes`; -1 is none. */
  readonly queuedMaxRequestBytes: number;
  /** `max.connections` and `max.connections.per.ip`. */
  readonly maxConnections: number;
  readonly maxConnectionsPerIp: number;
  /** `connections.max.idle.ms`; -1 is never. */
  readonly maxIdleMs: number;
}

/** Kafka's defaults, but for the bound on queued bytes, which Kafka leaves open. */
export const defaultKafkaServerSettings: KafkaServerSettings = {
  maxRequestBytes: 104_857_600,
  queuedMaxRequestBytes: 268_435_456,
  maxConnections: 10_000,
  maxConnectionsPerIp: 10_000,
  maxIdleMs: 600_000,
};

export interface KafkaServerOptions {
  readonly authorizer: Authorizer;
  readonly handlers: readonly Handler[];
  readonly quotas: ClientQuotas;
  readonly settings: KafkaServerSettings;
  /** Bytes of answers on their way; shared with the fetch handler, which gives less when it is exhausted. */
  readonly responseMemory: MemoryBudget;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

const RECEIVE_BYTES = 128 * 1024;
const SWEEP_MS = 1000;
/** While others wait for memory, a half-sent request, or a half-read answer, that does not go on for so long is given up. */
const STALL_MS = 10_000;

/** The Kafka front door: accepts connections on its listeners and feeds their requests to the handlers. */
export class KafkaServer {
  readonly #settings: KafkaServerSettings;
  readonly #services: ConnectionServices;
  readonly #connections = new Set<Connection>();
  readonly #perIp = new Map<string, number>();
  /** Sockets that were let in, those in a TLS handshake included. */
  #sockets = 0;
  readonly #listeners: KafkaListener[] = [];
  readonly #quotas: ClientQuotas;
  /** Sockets of addresses that open too many. */
  readonly #held = new Set<Socket>();
  #sweep: Timer | undefined;
  #nextId = 1;

  constructor(options: KafkaServerOptions) {
    const { clock, logger, settings } = options;
    const metrics = new RequestMetrics(options.metrics);
    const budget = new MemoryBudget(settings.queuedMaxRequestBytes);
    this.#settings = settings;
    this.#quotas = options.quotas;
    this.#services = {
      authorizer: options.authorizer,
      dispatcher: new Dispatcher(options.handlers, options.quotas, metrics, clock),
      budget,
      responses: options.responseMemory,
      clock,
      logger,
      metrics,
      authentications: new AuthenticationMetrics(options.metrics),
      maxRequestBytes: settings.maxRequestBytes,
      receiveBuffer: Buffer.allocUnsafeSlow(RECEIVE_BYTES),
      slabs: new Slabs(),
    };
    options.metrics.gaugeFrom('quarry_kafka_connections', 'Open Kafka connections.', () => this.#connections.size);
    options.metrics.gaugeFrom('quarry_kafka_queued_request_bytes', 'Bytes of requests held.', () => budget.used);
    options.metrics.gaugeFrom(
      'quarry_kafka_unread_response_bytes',
      'Bytes of answers that clients have not read yet.',
      () => options.responseMemory.used,
    );
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Listens on one more port; resolves with it. Rejects with the system's error. */
  async listen(options: ListenerOptions): Promise<number> {
    const sink = {
      admit: (socket: Socket) => this.#admit(socket),
      open: this.#open.bind(this),
    };
    const listener = new KafkaListener(options, sink, this.#services.logger, this.#services.authentications);
    const port = await listener.listen();
    this.#listeners.push(listener);
    this.#sweep ??= every(this.#services.clock, SWEEP_MS, () => this.#closeIdle());
    return port;
  }

  /** Accepts nothing more, lets requests in work finish for at most `graceMs`, and closes all connections. */
  async close(graceMs: number): Promise<void> {
    this.#sweep?.cancel();
    const closed = Promise.all(this.#listeners.map((listener) => listener.close()));
    for (const socket of this.#held) socket.destroy();
    for (const connection of this.#connections) connection.finish();
    const deadline = this.#services.clock.monotonic() + graceMs;
    while (this.#connections.size > 0 && this.#services.clock.monotonic() < deadline) {
      await sleep(this.#services.clock, 5);
    }
    for (const connection of this.#connections) connection.close('shutdown');
    await closed;
  }

  /** Counts a socket until it is closed, unless there are too many. */
  #admit(socket: Socket): Admission {
    const address = addressOf(socket);
    const fromAddress = this.#perIp.get(address) ?? 0;
    const full = this.#sockets >= this.#settings.maxConnections;
    if (full || fromAddress >= this.#settings.maxConnectionsPerIp) {
      this.#services.metrics.closed('refused');
      return 'refused';
    }
    this.#sockets++;
    this.#perIp.set(address, fromAddress + 1);
    socket.once('close', () => {
      this.#sockets--;
      const left = (this.#perIp.get(address) ?? 1) - 1;
      if (left > 0) this.#perIp.set(address, left);
      else this.#perIp.delete(address);
    });
    return this.#holdsBack(socket, address) ? 'held' : 'open';
  }

  /** Whether the address opens connections above its quota. Such a one is never read, and is ended when the address may go on. */
  #holdsBack(socket: Socket, address: string): boolean {
    const delay = this.#quotas.connected(address);
    if (delay === 0) return false;
    socket.on('error', () => {});
    const timer = this.#services.clock.after(delay, () => {
      this.#services.metrics.closed('refused');
      socket.destroy();
    });
    socket.once('close', () => timer.cancel());
    this.#held.add(socket);
    socket.once('close', () => this.#held.delete(socket));
    return true;
  }

  #open(accepted: Socket, encrypted: boolean, principal: string, { options, advertised }: KafkaListener): void {
    const { protocol, sasl } = options;
    const host = addressOf(accepted);
    const origin = { host, port: accepted.remotePort ?? 0, listener: advertised, protocol, principal, sasl };
    const connection = new Connection(this.#nextId++, origin, this.#services, () => {
      this.#connections.delete(connection);
    });
    this.#connections.add(connection);
    const socket = encrypted ? decryptingInto(accepted, connection) : readingInto(accepted, connection);
    connection.attach(socket);
    socket.resume();
  }

  #closeIdle(): void {
    const { maxIdleMs } = this.#settings;
    const { budget, responses } = this.#services;
    const requestsWait = budget.waiting > 0;
    const answersWait = responses.exhausted;
    for (const connection of this.#connections) {
      connection.lookAtProgress();
      const idle = connection.idleMs;
      let reason: CloseReason | undefined;
      if (connection.refused && idle > SWEEP_MS) reason = 'unauthenticated';
      else if (maxIdleMs >= 0 && idle > maxIdleMs) reason = 'idle';
      else if (idle > STALL_MS && requestsWait && connection.holdsRequest) reason = 'stalled';
      else if (idle > STALL_MS && answersWait && connection.holdsResponse) reason = 'stalled';
      if (reason !== undefined) connection.close(reason);
    }
  }
}

function addressOf(socket: Socket): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
}

/** TLS gives what it has decrypted in buffers of its own, from which the connection's are filled. */
function decryptingInto(socket: Socket, connection: Connection): Socket {
  socket.on('data', (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; ) {
      const into = connection.target();
      const count = Math.min(into.length, chunk.length - at);
      into.set(chunk.subarray(at, at + count));
      at += count;
      connection.received(count, into);
    }
  });
  return socket;
}

/**
 * A socket over the connection that `accepted` holds, which reads into the connection's own buffers. `net` offers `onread` only where it
 * makes the socket itself, so the handle moves to a new one; the old one is left without.
 */
function readingInto(accepted: Socket, connection: Connection): Socket {
  const holder = accepted as unknown as { _handle: unknown };
  const handle = holder._handle;
  holder._handle = null;
  const socket = new Socket({
    handle: handle as SocketConstructorOpts['handle'],
    allowHalfOpen: true,
    readable: true,
    writable: true,
    onread: {
      buffer: () => connection.target(),
      callback: (count: number, into: Uint8Array) => {
        connection.received(count, into);
        return true;
      },
    },
  } as SocketConstructorOpts);
  // Counts down what `server.close` waits for.
  socket.once('close', () => accepted.destroy());
  return socket;
}
