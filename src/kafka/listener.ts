import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from 'node:tls';
import type { Logger } from '../base/logger.ts';
import { ANONYMOUS, type SecurityProtocol } from '../security/principal.ts';
import type { SaslTerms } from '../security/sasl/exchange.ts';
import type { TlsTerms } from '../security/tls/terms.ts';
import type { AuthenticationMetrics } from './authentication-metrics.ts';
import type { AdvertisedListener } from './handler.ts';

/** Where a listener listens, what clients are told, and what they have to do to get in. */
export interface ListenerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Its port 0 means the port listened on. */
  readonly advertised: AdvertisedListener;
  readonly protocol: SecurityProtocol;
  readonly tls: TlsTerms | undefined;
  readonly sasl: SaslTerms | undefined;
}

/** A socket is let in, or ended at once, or kept unread by whoever said so until its time to end comes. */
export type Admission = 'open' | 'refused' | 'held';

/** What a listener does with sockets. */
export interface ListenerSink {
  /** What becomes of a socket that came. Called before anything is read. */
  admit(socket: Socket): Admission;
  /** Takes a socket whose bytes are requests, with the principal that its certificate names. */
  open(socket: Socket | TLSSocket, encrypted: boolean, principal: string, listener: KafkaListener): void;
}

/** One port for Kafka clients, with TLS in front of it where its protocol says so. */
export class KafkaListener {
  readonly options: ListenerOptions;
  #advertised: AdvertisedListener;
  readonly #server: Server;
  readonly #sink: ListenerSink;
  readonly #logger: Logger;
  readonly #metrics: AuthenticationMetrics;
  /** Sockets whose handshake goes on, by their peers. */
  readonly #greeting = new Map<string, Socket>();

  constructor(options: ListenerOptions, sink: ListenerSink, logger: Logger, metrics: AuthenticationMetrics) {
    this.options = options;
    this.#advertised = options.advertised;
    this.#sink = sink;
    this.#logger = logger;
    this.#metrics = metrics;
    const secure = options.tls && this.#tlsServer(options.tls);
    // Paused, so that no byte is read before the connection has its own way of reading.
    const terms = { pauseOnConnect: true, noDelay: true, allowHalfOpen: true };
    this.#server = createServer(terms, (socket) => this.#accept(socket, secure));
  }

  /** What clients of this listener are told. */
  get advertised(): AdvertisedListener {
    return this.#advertised;
  }

  /** Listens; resolves with the port. Rejects with the system's error. */
  async listen(): Promise<number> {
    const { host, port } = this.options;
    const bound = await new Promise<number>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port, backlog: 1024 }, () => {
        this.#server.removeListener('error', reject);
        resolve((this.#server.address() as { port: number }).port);
      });
    });
    this.#server.on('error', (error) => this.#logger.error({ err: error }, 'cannot accept a connection'));
    if (this.#advertised.port === 0) this.#advertised = { ...this.#advertised, port: bound };
    return bound;
  }

  /** Accepts nothing more; resolves when all of its connections have ended. */
  close(): Promise<void> {
    for (const socket of this.#greeting.values()) socket.destroy();
    return new Promise((resolve) => {
      if (this.#server.listening) this.#server.close(() => resolve());
      else resolve();
    });
  }

  #accept(socket: Socket, secure: TlsServer | undefined): void {
    const admission = this.#sink.admit(socket);
    if (admission === 'held') return;
    if (admission === 'refused') return void socket.destroy();
    if (secure === undefined) return this.#sink.open(socket, false, ANONYMOUS, this);
    const peer = peerOf(socket);
    this.#greeting.set(peer, socket);
    socket.once('close', () => {
      if (this.#greeting.get(peer) === socket) this.#greeting.delete(peer);
    });
    secure.emit('connection', socket);
  }

  /** It does not listen: it is handed sockets, so that limits hold before a handshake costs anything. */
  #tlsServer(terms: TlsTerms): TlsServer {
    const server = createTlsServer({ ...terms.serverOptions, allowHalfOpen: true, noDelay: true });
    terms.onChange((context) => server.setSecureContext(context));
    server.on('secureConnection', (socket) => {
      this.#greeting.delete(peerOf(socket));
      try {
        const principal = terms.principalOf(socket);
        this.#sink.open(socket, true, principal, this);
      } catch (error) {
        this.#refuse(socket, (error as Error).message);
      }
    });
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      const reason = (socket.authorizationError as Error | null | undefined) ?? error.code ?? error.message;
      this.#refuse(socket, String(reason));
    });
    return server;
  }

  #refuse(socket: TLSSocket, reason: string): void {
    const { name } = this.options.advertised;
    this.#metrics.handshakeFailed(name);
    this.#logger.info({ client: socket.remoteAddress, listener: name, reason }, 'a TLS handshake failed');
    socket.on('error', () => {});
    socket.destroy();
  }
}

/** The same for a socket and for the one that decrypts it. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? ''} ${remotePort ?? 0}`;
}
