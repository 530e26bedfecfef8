import type { Socket } from 'node:net';
import { DecodeError } from '../../protocol/schema/index.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { type Logger, withCorrelation } from '../base/logger.ts';
import { ConnectionAuthentication } from './authentication.ts';
import type { AuthenticationMetrics } from './authentication-metrics.ts';
import type { MemoryBudget } from './budget.ts';
import type { ConnectionContext, Dispatcher, ResponseFrame } from './dispatch.ts';
import { FrameLengthError, type FramePlace, FrameReader, type FrameSink } from './frames.ts';
import { type AdvertisedListener, CloseConnection, type Peer } from './handler.ts';
import type { CloseReason, RequestMetrics } from './request-metrics.ts';
import type { Slabs } from '../base/slabs.ts';
import type { Authorizer } from '../security/authorizer.ts';
import { type SecurityProtocol, userPrincipal } from '../security/principal.ts';
import type { Identity, SaslTerms } from '../security/sasl/exchange.ts';

/** What all connections of a server share. */
export interface ConnectionServices {
  readonly authorizer: Authorizer;
  readonly dispatcher: Dispatcher;
  /** Bytes of requests. */
  readonly budget: MemoryBudget;
  /** Bytes of answers that clients have not read yet. */
  readonly responses: MemoryBudget;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: RequestMetrics;
  readonly authentications: AuthenticationMetrics;
  readonly maxRequestBytes: number;
  /** Receive buffer of all connections: what was read is dealt with before the next read. */
  readonly receiveBuffer: Uint8Array;
  readonly slabs: Slabs;
}

/** Where a connection came in, and who is known to be at its other end by then. */
export interface Origin {
  readonly host: string;
  readonly port: number;
  readonly listener: AdvertisedListener;
  readonly protocol: SecurityProtocol;
  /** By the certificate of the client, or nobody. */
  readonly principal: string;
  /** How the client has to authenticate before anything else. */
  readonly sasl: SaslTerms | undefined;
}

/** Requests of one connection that may wait for durability at once. */
const MAX_IN_FLIGHT = 128;

/** Answers that leave together are joined up to so many bytes: less work than a vector of them. */
const JOINED_BYTES = 8192;

interface InFlight {
  readonly bytes: number;
  done: boolean;
  frame: ResponseFrame;
  /** Memory of the request, to be given back when it is answered. */
  slab: Uint8Array | undefined;
  /** To be called when the answer was sent, or never will be. */
  readonly sent: (() => void)[];
}

/**
 * One client connection. Requests are taken up one after another, as Kafka does it (a connection is muted until its answer is written);
 * only pipelined ones overlap. Answers leave in request order. While a client does not read its answers, none of its requests is taken up.
 */
export class Connection implements FrameSink {
  readonly id: number;
  readonly clientHost: string;
  readonly #services: ConnectionServices;
  readonly #reader: FrameReader;
  readonly #abort = new AbortController();
  readonly #origin: Origin;
  readonly #authentication: ConnectionAuthentication | undefined;
  readonly #peer: Peer;
  #context: ConnectionContext;
  readonly #onClosed: () => void;
  readonly #inFlight: InFlight[] = [];
  readonly #resumeLater = (): void => this.#resume();
  #socket: Socket | undefined;
  /** The backpressure that was waited for last. */
  #waitedFor: Promise<void> | undefined;
  /** Runs while the client is to be quiet. */
  #quiet: Timer | undefined;
  #quietUntil = 0;
  #pipelined = true;
  #flushing = false;
  /** Bytes of answers that the system has not taken yet. */
  #unread = 0;
  /** How many of them there were at the last look. */
  #left = 0;
  #paused = false;
  #ended = false;
  #draining = false;
  #refused = false;
  #closed = false;
  #lastActive: number;

  constructor(id: number, origin: Origin, services: ConnectionServices, onClosed: () => void) {
    this.id = id;
    this.clientHost = origin.host;
    this.#origin = origin;
    this.#peer = { port: origin.port, software: undefined };
    this.#services = services;
    this.#onClosed = onClosed;
    this.#lastActive = services.clock.monotonic();
    const { receiveBuffer, slabs, maxRequestBytes, budget } = services;
    const maxBytes = origin.sasl?.maxReceiveBytes ?? maxRequestBytes;
    this.#reader = new FrameReader(receiveBuffer, slabs, maxBytes, budget, this);
    this.#authentication = origin.sasl && this.#authenticationBy(origin.sasl);
    this.#context = this.#contextOf(origin.principal, false);
  }

  #authenticationBy(terms: SaslTerms): ConnectionAuthentication {
    const { clock, logger, authentications: metrics } = this.#services;
    const services = { terms, listener: this.#origin.listener.name, clock, logger, metrics };
    return new ConnectionAuthentication(services, this.clientHost, {
      authenticated: (identity) => this.#becomes(identity),
      refused: () => {
        this.#refused = true;
        this.finish();
      },
    });
  }

  /** The client is known: requests from now on are its own, and may be as large as any. */
  #becomes({ name, byToken = false }: Identity): void {
    this.#context = this.#contextOf(userPrincipal(name), byToken);
    this.#reader.maxBytes = this.#services.maxRequestBytes;
  }

  #contextOf(principal: string, byToken: boolean): ConnectionContext {
    const { authorizer } = this.#services;
    const { host, listener, protocol } = this.#origin;
    const requester = { principal, host };
    return {
      clientHost: host,
      peer: this.#peer,
      listener,
      principal,
      session: { protocol, byToken, authentication: this.#authentication },
      may: (operation, type, name) => authorizer.authorize(requester, operation, type, name),
      mayAny: (operation, type) => authorizer.authorizeAny(requester, operation, type),
      throttle: (milliseconds) => this.#throttle(milliseconds),
      connectionId: this.id,
      signal: this.#abort.signal,
    };
  }

  /** Takes up no request for so long; answers go out meanwhile (KIP-219). */
  #throttle(milliseconds: number): void {
    const { clock } = this.#services;
    const until = clock.monotonic() + milliseconds;
    if (this.#closed || until <= this.#quietUntil) return;
    this.#quietUntil = until;
    this.#quiet?.cancel();
    this.#services.budget.giveWay(this.#resumeLater);
    this.#quiet = clock.after(milliseconds, () => {
      this.#quiet = undefined;
      this.#resume();
    });
  }

  /** Milliseconds since the last byte came or went; 0 while a request is in work, or the client has to be quiet. */
  get idleMs(): number {
    return this.#inFlight.length > 0 || this.#quiet !== undefined
      ? 0
      : this.#services.clock.monotonic() - this.#lastActive;
  }

  /** True while a request that is not complete, or could not begin yet, takes memory. */
  get holdsRequest(): boolean {
    return this.#reader.holdsMemory;
  }

  /** True when the client could not authenticate and has been told: it only has to go. */
  get refused(): boolean {
    return this.#refused;
  }

  /** True while the client does not read its answers. */
  get holdsResponse(): boolean {
    return this.#unread > 0;
  }

  /** Within an answer the system does not say how it gets on: what is left is looked at from time to time. */
  lookAtProgress(): void {
    if (this.#unread === 0) return;
    const { _handle: handle } = this.#socket as unknown as { _handle?: { readonly writeQueueSize?: number } | null };
    const left = handle?.writeQueueSize ?? 0;
    if (left !== this.#left) this.#lastActive = this.#services.clock.monotonic();
    this.#left = left;
  }

  /** Ties the connection to its socket, whose bytes then arrive through `target` and `received`. */
  attach(socket: Socket): void {
    this.#socket = socket;
    socket.on('drain', this.#resumeLater);
    socket.on('error', () => this.close('client'));
    socket.on('end', () => this.#onEnd());
    socket.on('close', () => this.close('client'));
  }

  /** Where the next bytes from the socket go. */
  target(): Uint8Array {
    return this.#reader.target();
  }

  /** `count` bytes have arrived in `into`, which `target` gave. */
  received(count: number, into: Uint8Array): void {
    this.#services.metrics.bytesIn.inc(count);
    if (this.#closed) return;
    this.#lastActive = this.#services.clock.monotonic();
    this.#guard(() => this.#reader.received(count, into));
    this.#applyPressure();
  }

  mayStart(): boolean {
    if (!this.#services.budget.exhausted) return true;
    this.#services.budget.whenAvailable(this.#resumeLater);
    return false;
  }

  mayGrow(): boolean {
    const { budget } = this.#services;
    // The request of a client that has to be quiet could not begin now; the end of that time resumes it.
    return this.#quiet !== undefined ? !budget.exhausted : budget.mayGrow(this.#resumeLater);
  }

  accept(frame: Uint8Array, place: FramePlace): boolean {
    if (this.#closed || this.#draining) {
      // Nothing new is begun; the bytes go with the connection.
      this.#services.budget.release(frame.length, this.#resumeLater);
      if (place === 'slab') this.#services.slabs.giveBack(frame);
      return true;
    }
    const authentication = this.#authentication?.settled === false ? this.#authentication : undefined;
    if (authentication?.bareTokens === true) return this.#acceptToken(authentication, frame, place);
    if (!this.#mayBegin(frame)) return false;
    const refused = authentication?.refuses(int16(frame, 0), int16(frame, API_VERSION_AT));
    if (refused !== undefined) return this.#refuse(refused, frame, place);
    const entry: InFlight = { bytes: frame.length, done: false, frame: undefined, slab: undefined, sent: [] };
    this.#pipelined = this.#services.dispatcher.isPipelined(frame);
    this.#inFlight.push(entry);
    withCorrelation(`kafka-${this.id}-${int32(frame, CORRELATION_ID_AT)}`, () => this.#begin(entry, frame, place));
    return true;
  }

  #begin(entry: InFlight, frame: Uint8Array, place: FramePlace): void {
    try {
      const lasting = this.#lasting(entry, frame, place);
      const result = this.#services.dispatcher.dispatch(lasting, this.#context, (done) => entry.sent.push(done));
      if (result instanceof Promise) {
        result.then(
          (response) => this.#finish(entry, response),
          (error: unknown) => this.#fail(entry, error),
        );
      } else this.#finish(entry, result);
    } catch (error) {
      this.#fail(entry, error);
    }
  }

  /** Ends the connection over a request that its client may not make. */
  #refuse(reason: string, frame: Uint8Array, place: FramePlace): boolean {
    this.#services.budget.release(frame.length, this.#resumeLater);
    if (place === 'slab') this.#services.slabs.giveBack(frame);
    const fields = { client: this.clientHost, connection: this.id, listener: this.#origin.listener.name, reason };
    this.#services.logger.info(fields, 'closing a connection: its client is not authenticated');
    this.close('unauthenticated');
    return true;
  }

  /** A token of the old form, which is not a request: it is answered alone. */
  #acceptToken(authentication: ConnectionAuthentication, frame: Uint8Array, place: FramePlace): boolean {
    if (this.#inFlight.length > 0) return false;
    const entry: InFlight = { bytes: frame.length, done: false, frame: undefined, slab: undefined, sent: [] };
    if (place === 'slab') entry.slab = frame;
    this.#pipelined = false;
    this.#inFlight.push(entry);
    authentication.bareToken(frame).then(
      (response) => this.#finish(entry, response),
      (error: unknown) => this.#fail(entry, error),
    );
    return true;
  }

  /** The frame in memory that may be kept as long as its handler may keep it. */
  #lasting(entry: InFlight, frame: Uint8Array, place: FramePlace): Uint8Array {
    const { slabs } = this.#services;
    const keeps = this.#services.dispatcher.keeps(frame);
    if (keeps === 'records' && place === 'receive') {
      entry.slab = slabs.copy(frame);
      return entry.slab;
    }
    // A slab must not live on for the sake of a few bytes that a group remembers.
    if (keeps === 'bytes' && place !== 'own') {
      const copy = new Uint8Array(frame);
      if (place === 'slab') slabs.giveBack(frame);
      return copy;
    }
    if (place === 'slab') entry.slab = frame;
    return frame;
  }

  #mayBegin(frame: Uint8Array): boolean {
    const { dispatcher } = this.#services;
    if (this.#quiet !== undefined || this.#socket?.writableNeedDrain === true) return false;
    if (this.#inFlight.length > 0) {
      if (!this.#pipelined || this.#inFlight.length >= MAX_IN_FLIGHT || !dispatcher.isPipelined(frame)) return false;
    }
    const busy = dispatcher.backpressure(frame);
    if (busy === undefined || busy === this.#waitedFor) return true;
    const settled = (): void => {
      // However it ended: the request is begun now, and gets its own answer.
      this.#waitedFor = busy;
      this.#resume();
    };
    busy.then(settled, settled);
    return false;
  }

  #finish(entry: InFlight, frame: ResponseFrame): void {
    entry.done = true;
    entry.frame = frame;
    this.#services.budget.release(entry.bytes, this.#resumeLater);
    // Records were copied into the tail and are durable: nothing refers to the request any more.
    if (entry.slab !== undefined) this.#services.slabs.giveBack(entry.slab);
    if (this.#closed) forget(entry);
    if (this.#flushing || this.#closed) return;
    this.#flushing = true;
    // Answers that become ready together (one fdatasync answers many requests) leave in one write.
    process.nextTick(() => this.#flush());
  }

  #fail(entry: InFlight, error: unknown): void {
    this.#services.budget.release(entry.bytes, this.#resumeLater);
    entry.done = true;
    if (entry.slab !== undefined) this.#services.slabs.giveBack(entry.slab);
    if (this.#closed) forget(entry);
    this.#closeFor(error);
  }

  #flush(): void {
    this.#flushing = false;
    const socket = this.#socket;
    if (this.#closed || socket === undefined) return;
    const chunks: Uint8Array[] = [];
    const sent: (() => void)[] = [];
    while (this.#inFlight[0]?.done === true) {
      const entry = this.#inFlight.shift()!;
      sent.push(...entry.sent);
      if (entry.frame !== undefined) for (const chunk of entry.frame) chunks.push(chunk);
    }
    if (chunks.length > 0) this.#write(socket, chunks, sent);
    else for (const done of sent) done();
    this.#resume();
    this.#endWhenDone();
  }

  #write(socket: Socket, chunks: readonly Uint8Array[], sent: readonly (() => void)[]): void {
    const { responses, metrics, clock } = this.#services;
    let bytes = 0;
    for (const chunk of chunks) bytes += chunk.length;
    responses.take(bytes);
    this.#unread += bytes;
    // Called too, with an error, when the socket is destroyed before.
    const written = (): void => {
      responses.release(bytes);
      this.#unread -= bytes;
      for (const done of sent) done();
      this.#lastActive = clock.monotonic();
    };
    if (chunks.length === 1) socket.write(chunks[0]!, written);
    else if (bytes <= JOINED_BYTES) socket.write(Buffer.concat(chunks, bytes), written);
    else {
      const last = chunks.length - 1;
      socket.cork();
      for (let i = 0; i < last; i++) socket.write(chunks[i]!);
      socket.write(chunks[last]!, written);
      socket.uncork();
    }
    metrics.bytesOut.inc(bytes);
    this.#lastActive = clock.monotonic();
  }

  /** Something that requests waited for has happened: offer them again. */
  #resume(): void {
    if (this.#closed || !this.#reader.blocked) return;
    this.#guard(() => this.#reader.resume());
    // What waited until now was not the client.
    if (!this.#reader.blocked) this.#lastActive = this.#services.clock.monotonic();
    this.#applyPressure();
  }

  /** Reads on only while nothing that was read waits. */
  #applyPressure(): void {
    if (this.#closed) return;
    if (this.#reader.blocked === this.#paused) return;
    this.#paused = this.#reader.blocked;
    if (this.#paused) this.#socket?.pause();
    else this.#socket?.resume();
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#closeFor(error);
    }
  }

  #closeFor(error: unknown): void {
    const fault = error instanceof DecodeError || error instanceof FrameLengthError || error instanceof CloseConnection;
    const fields = { client: this.clientHost, connection: this.id };
    if (this.#closed) {
      if (!fault)
        this.#services.logger.error({ ...fields, err: error }, 'a request of a connection that has ended failed');
      return;
    }
    if (fault) this.#services.logger.info({ ...fields, reason: error.message }, 'closing a connection: bad request');
    else this.#services.logger.error({ ...fields, err: error }, 'closing a connection: its request failed');
    this.close(fault ? 'malformed' : 'failure');
  }

  /** The client will send nothing more, but may read what it asked for. */
  #onEnd(): void {
    this.#ended = true;
    this.#abort.abort();
    this.#endWhenDone();
  }

  #endWhenDone(): void {
    if (this.#closed || this.#inFlight.length > 0) return;
    if (this.#draining || (this.#ended && !this.#reader.blocked)) this.#socket?.end();
  }

  /** Takes no further request; what is in work is answered, then the connection ends. Long waits are cut short. */
  finish(): void {
    if (this.#closed) return;
    this.#draining = true;
    this.#abort.abort();
    this.#endWhenDone();
  }

  /** Ends the connection at once. */
  close(reason: CloseReason): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#abort.abort();
    this.#quiet?.cancel();
    this.#services.budget.forget(this.#resumeLater);
    this.#reader.close();
    this.#services.metrics.closed(reason);
    this.#socket?.destroy();
    // Those that are still in work come to their end by themselves.
    for (const entry of this.#inFlight) if (entry.done) forget(entry);
    this.#onClosed();
  }
}

/** Where the version of a request lies, behind the number of its API. */
const API_VERSION_AT = 2;
const CORRELATION_ID_AT = 4;

/** A number of a request's header; 0 where the frame ends before it. */
function int32(frame: Uint8Array, at: number): number {
  return ((frame[at] ?? 0) << 24) | ((frame[at + 1] ?? 0) << 16) | ((frame[at + 2] ?? 0) << 8) | (frame[at + 3] ?? 0);
}

/** -1 for a frame that is too short for it. */
function int16(frame: Uint8Array, at: number): number {
  return frame.length < at + 2 ? -1 : ((frame[at]! << 24) >> 16) | frame[at + 1]!;
}

/** The answer will not be sent. */
function forget(entry: InFlight): void {
  for (const done of entry.sent.splice(0)) done();
}
