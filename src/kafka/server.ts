import { createServer, type Server, Socket, type SocketConstructorOpts } from 'node:net';
import { type Clock, every, sleep, type Timer } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Metrics } from '../base/metrics.ts';
import { MemoryBudget } from './budget.ts';
import { Connection, type ConnectionServices } from './connection.ts';
import { Dispatcher } from './dispatch.ts';
import type { AdvertisedListener, Handler } from './handler.ts';
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

/** The Kafka front door: accepts connections on one listener and feeds their requests to the handlers. */
export class KafkaServer {
  readonly #settings: KafkaServerSettings;
  readonly #services: ConnectionServices;
  readonly #connections = new Set<Connection>();
  readonly #perIp = new Map<string, number>();
  readonly #server: Server;
  #advertised: AdvertisedListener = { name: 'PLAINTEXT', host: '127.0.0.1', port: 0 };
  #sweep: Timer | undefined;
  #nextId = 1;

  constructor(options: KafkaServerOptions) {
    const { clock, logger, settings } = options;
    const metrics = new RequestMetrics(options.metrics);
    const budget = new MemoryBudget(settings.queuedMaxRequestBytes);
    this.#settings = settings;
    this.#services = {
      authorizer: options.authorizer,
      dispatcher: new Dispatcher(options.handlers, metrics, clock),
      budget,
      responses: options.responseMemory,
      clock,
      logger,
      metrics,
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
    // Paused, so that no byte is read before the connection has its own way of reading.
    this.#server = createServer({ pauseOnConnect: true, noDelay: true, allowHalfOpen: true }, (socket) =>
      this.#accept(socket),
    );
  }

  get connections(): number {
    return this.#connections.size;
  }

  /**
   * Listens on `host`:`port` (0 picks a free port) and resolves with the port. Clients are told `advertised`; its port 0 means the
   * port listened on. Rejects with the system's error.
   */
  async listen(host: string, port: number, advertised?: AdvertisedListener): Promise<number> {
    const bound = await new Promise<number>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port, backlog: 1024 }, () => {
        this.#server.removeListener('error', reject);
        resolve((this.#server.address() as { port: number }).port);
      });
    });
    this.#server.on('error', (error) => this.#services.logger.error({ err: error }, 'cannot accept a connection'));
    const wanted = advertised ?? { name: 'PLAINTEXT', host, port: 0 };
    this.#advertised = { ...wanted, port: wanted.port === 0 ? bound : wanted.port };
    this.#sweep = every(this.#services.clock, SWEEP_MS, () => this.#closeIdle());
    return bound;
  }

  /** Accepts nothing more, lets requests in work finish for at most `graceMs`, and closes all connections. */
  async close(graceMs = 5000): Promise<void> {
    this.#sweep?.cancel();
    const closed = new Promise<void>((resolve) => {
      if (this.#server.listening) this.#server.close(() => resolve());
      else resolve();
    });
    for (const connection of this.#connections) connection.finish();
    const deadline = this.#services.clock.monotonic() + graceMs;
    while (this.#connections.size > 0 && this.#services.clock.monotonic() < deadline) {
      await sleep(this.#services.clock, 5);
    }
    for (const connection of this.#connections) connection.close('shutdown');
    await closed;
  }

  #accept(accepted: Socket): void {
    const address = (accepted.remoteAddress ?? '').replace(/^::ffff:/, '');
    const fromAddress = this.#perIp.get(address) ?? 0;
    const full = this.#connections.size >= this.#settings.maxConnections;
    if (full || fromAddress >= this.#settings.maxConnectionsPerIp) {
      this.#services.metrics.closed('refused');
      accepted.destroy();
      return;
    }
    const connection = new Connection(this.#nextId++, address, this.#advertised, this.#services, () =>
      this.#forget(connection),
    );
    this.#perIp.set(address, fromAddress + 1);
    this.#connections.add(connection);
    const socket = readingInto(accepted, connection);
    connection.attach(socket);
    socket.resume();
  }

  #forget(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    const left = (this.#perIp.get(connection.clientHost) ?? 1) - 1;
    if (left > 0) this.#perIp.set(connection.clientHost, left);
    else this.#perIp.delete(connection.clientHost);
  }

  #closeIdle(): void {
    const { maxIdleMs } = this.#settings;
    const { budget, responses } = this.#services;
    const requestsWait = budget.waiting > 0;
    const answersWait = responses.exhausted;
    for (const connection of this.#connections) {
      const idle = connection.idleMs;
      let reason: CloseReason | undefined;
      if (maxIdleMs >= 0 && idle > maxIdleMs) reason = 'idle';
      else if (idle > STALL_MS && requestsWait && connection.holdsRequest) reason = 'stalled';
      else if (idle > STALL_MS && answersWait && connection.holdsResponse) reason = 'stalled';
      if (reason !== undefined) connection.close(reason);
    }
  }
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
