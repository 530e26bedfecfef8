import { connect, type Socket } from 'node:net';
import { decodeResponse, decodeResponseHeader, encodeRequestFrame } from '../../../protocol/schema/index.ts';
import type { Api, Fields, RequestInputOf, ResponseOutputOf } from '../../../protocol/schema/index.ts';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import { type Logger, silentLogger } from '../../../src/base/logger.ts';
import { createMetrics, type Metrics } from '../../../src/base/metrics.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { MemoryBudget } from '../../../src/kafka/budget.ts';
import { FeatureLevels } from '../../../src/kafka/features.ts';
import type { Handler } from '../../../src/kafka/handler.ts';
import type { ListenerOptions } from '../../../src/kafka/listener.ts';
import type { ClientQuotas } from '../../../src/kafka/quotas/client-quotas.ts';
import { kafkaHandlers } from '../../../src/kafka/registry.ts';
import { defaultKafkaServerSettings, KafkaServer, type KafkaServerSettings } from '../../../src/kafka/server.ts';
import { openInlineSqlite } from '../../../src/metadata/sqlite-inline.ts';
import { quotasOf } from './quotas/quota-world.ts';
import { everybodyMay } from '../../../src/security/authorizer.ts';
import { openTransactions } from './transactions.ts';
import { arrayLog, type ArrayPartition } from './array-log.ts';

export interface TestServer {
  readonly port: number;
  readonly server: KafkaServer;
  readonly parts: ArrayPartition[];
  readonly metrics: Metrics;
  readonly responseMemory: MemoryBudget;
}

/** A listener on a free port that asks nothing of clients. */
export const openListener: ListenerOptions = {
  host: '127.0.0.1',
  port: 0,
  advertised: { name: 'PLAINTEXT', host: '127.0.0.1', port: 0 },
  protocol: 'PLAINTEXT',
  tls: undefined,
  sasl: undefined,
};

/** A server with the record handlers over a log in arrays, on a free port. */
export async function startServer(
  settings: Partial<KafkaServerSettings> = {},
  options: {
    others?: readonly Handler[];
    responseBytes?: number;
    listener?: Partial<ListenerOptions>;
    quotas?: ClientQuotas;
    clock?: Clock;
    logger?: Logger;
  } = {},
): Promise<TestServer> {
  const { log, parts } = arrayLog();
  const metrics = createMetrics();
  const responseMemory = new MemoryBudget(options.responseBytes ?? -1);
  let nextProducer = 1000;
  const producerIds = { next: () => Promise.resolve(nextProducer++) };
  const quotas = options.quotas ?? quotasOf();
  const logger = options.logger ?? silentLogger;
  const base = { clock: options.clock ?? systemClock, logger, metrics, responseMemory, quotas };
  const handlers = kafkaHandlers(
    {
      ...base,
      log,
      features: await FeatureLevels.open(openInlineSqlite(':memory:')),
      producerIds,
      transactions: await openTransactions(log, producerIds, metrics),
      random: seededRandom(1),
      fetchMaxBytes: 57_671_680,
      fetchSessionSlots: 10,
    },
    options.others ?? [],
  );
  const server = new KafkaServer({
    ...base,
    authorizer: everybodyMay,
    handlers,
    settings: { ...defaultKafkaServerSettings, ...settings },
  });
  const port = await server.listen({ ...openListener, ...options.listener });
  return { port, server, parts, metrics, responseMemory };
}

/** A raw client: sends frames, and collects the frames that come back. */
export class RawClient {
  readonly socket: Socket;
  closed = false;
  #received = Buffer.alloc(0);
  #frames: Buffer[] = [];
  #wake: (() => void)[] = [];
  #correlation = 0;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (data: Buffer) => {
      this.#received = Buffer.concat([this.#received, data]);
      while (this.#received.length >= 4 && this.#received.length >= 4 + this.#received.readInt32BE(0)) {
        const end = 4 + this.#received.readInt32BE(0);
        this.#frames.push(this.#received.subarray(4, end));
        this.#received = this.#received.subarray(end);
      }
      this.#notify();
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.closed = true;
      this.#notify();
    });
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  /** Sends a request; returns its correlation id. */
  send<Q extends Fields, P extends Fields>(api: Api<Q, P>, version: number, body: RequestInputOf<Api<Q, P>>): number {
    const correlationId = ++this.#correlation;
    const frame = encodeRequestFrame(api, version, { correlationId, clientId: 'test' }, body as never);
    this.socket.write(Buffer.concat(frame));
    return correlationId;
  }

  /** The next frame, or undefined when the connection is closed. */
  async frame(): Promise<Buffer | undefined> {
    while (this.#frames.length === 0 && !this.closed) await new Promise<void>((resolve) => this.#wake.push(resolve));
    return this.#frames.shift();
  }

  /** Frames that are here already. */
  get waiting(): number {
    return this.#frames.length;
  }

  /** Decodes the next frame as a response. */
  async receive<Q extends Fields, P extends Fields>(
    api: Api<Q, P>,
    version: number,
  ): Promise<{ correlationId: number; body: ResponseOutputOf<Api<Q, P>> }> {
    const frame = await this.frame();
    if (frame === undefined) throw new Error('the connection was closed');
    const { correlationId, bodyPosition } = decodeResponseHeader(api as unknown as Api, version, frame);
    return { correlationId, body: decodeResponse(api, version, frame, bodyPosition) as never };
  }

  async call<Q extends Fields, P extends Fields>(
    api: Api<Q, P>,
    version: number,
    body: RequestInputOf<Api<Q, P>>,
  ): Promise<ResponseOutputOf<Api<Q, P>>> {
    this.send(api, version, body);
    return (await this.receive(api, version)).body;
  }

  /** Resolves when the server has closed the connection. */
  async ended(): Promise<void> {
    while (!this.closed) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }
}
