import { errorCode } from '../../protocol/errors.ts';
import { scheduler } from 'node:timers/promises';
import {
  createTopicsApi,
  findCoordinatorApi,
  initProducerIdApi,
  metadataApi,
  produceApi,
} from '../../protocol/messages/index.ts';
import { batchOf, recordsOf } from './batches.ts';
import type { Api, Fields, RequestInputOf, ResponseOutputOf } from '../../protocol/schema/index.ts';
import { answerOf, type Reply, WireConnection } from './connection.ts';
import { lenient } from './lenient.ts';
import { renderAnswer } from './render.ts';

/** Topics that every broker under test has: partitions by name. */
const TOPICS = { one: 1, two: 2, compacted: 1, stamped: 1 } as const;

/** An id that no topic has. */
export const NO_SUCH_ID = 'bm8tc3VjaC10b3BpY19fXw';

const KNOWN_IDS: ReadonlySet<string> = new Set([`"${NO_SUCH_ID}"`, '"AAAAAAAAAAAAAAAAAAAAAA"']);

/** Time that a change takes at most to be seen everywhere in Apache Kafka, whose answers do not wait for that. */
const SETTLED_MS = 500;

const CONFIGS: Readonly<Record<string, readonly { name: string; value: string }[]>> = {
  compacted: [{ name: 'cleanup.policy', value: 'compact' }],
  stamped: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }],
};

export interface AskOptions {
  /** Fields of the answer to compare beside its error codes. */
  readonly show?: readonly string[];
  readonly clientId?: string | null;
}

type AnyBody = Record<string, unknown>;

/** One broker while cases run against it: sends what they say, and writes down what it answers. */
export class World {
  readonly bootstrap: string;
  readonly #ids = new Map<string, string>();
  #connection: WireConnection;
  #lines: string[] = [];

  private constructor(bootstrap: string) {
    this.bootstrap = bootstrap;
    this.#connection = new WireConnection(bootstrap);
  }

  /** Makes the topics on a broker that has none, with three records in each partition. */
  static async open(bootstrap: string): Promise<World> {
    const world = new World(bootstrap);
    const topics = Object.entries(TOPICS).map(([name, numPartitions]) => ({
      name,
      numPartitions,
      replicationFactor: 1,
      assignments: [],
      configs: CONFIGS[name] ?? [],
    }));
    await world.tell(createTopicsApi, 7, { topics, timeoutMs: 30_000 });
    for (const topic of Object.keys(TOPICS)) await world.learnId(topic);
    for (const keyType of [0, 1]) await world.awaken(keyType, 'wire');
    for (const name of Object.keys(TOPICS))
      for (let index = 0; index < TOPICS[name as keyof typeof TOPICS]; index++) await world.#fill(name, index);
    return world;
  }

  async #fill(name: string, index: number): Promise<void> {
    const records = batchOf(recordsOf('a', 'b', 'c'));
    const request = { acks: -1, timeoutMs: 30_000, topicData: [{ name, partitionData: [{ index, records }] }] };
    await until(`produce to ${name}-${index}`, async () => {
      const { responses } = await this.tell(produceApi, 9, request);
      return responses[0]?.partitionResponses[0]?.errorCode === 0 ? true : undefined;
    });
  }

  /** Apache Kafka makes the topic of a coordinator when somebody asks for one. */
  async awaken(keyType: number, key: string): Promise<void> {
    await until(`find a coordinator of kind ${keyType}`, async () => {
      const { coordinators } = await this.tell(findCoordinatorApi, 6, { keyType, coordinatorKeys: [key] });
      return coordinators[0]?.errorCode === errorCode.COORDINATOR_NOT_AVAILABLE ? undefined : true;
    });
  }

  /** Tries something that Apache Kafka may not be ready for, until it gives a result. */
  retried<T>(what: string, attempt: () => Promise<T | undefined>): Promise<T> {
    return until(what, attempt);
  }

  /** Waits until what was changed is seen everywhere. */
  async settle(): Promise<void> {
    await scheduler.wait(SETTLED_MS);
  }

  /** A new producer id; Apache Kafka has none to give until it has fetched a block of them. */
  producerId(): Promise<number> {
    const request = { transactionalId: null, transactionTimeoutMs: 0, producerId: -1, producerEpoch: -1 };
    return until('get a producer id', async () => {
      const { errorCode, producerId } = await this.tell(initProducerIdApi, 4, request);
      return errorCode === 0 ? producerId : undefined;
    });
  }

  /** Waits until a topic that a case made is known, and learns its id. */
  async learnId(topic: string): Promise<void> {
    await until(`learn the id of ${topic}`, async () => {
      await this.#learn();
      return this.#ids.get(topic);
    });
  }

  /** Asks for the ids of all topics, so that they are told by name in what is written down. */
  async #learn(): Promise<void> {
    const { topics } = await this.tell(metadataApi, 12, { topics: null, includeTopicAuthorizedOperations: false });
    for (const { name, topicId } of topics) if (name !== null) this.#ids.set(name, topicId);
  }

  /** The id of a topic. */
  id(topic: string): string {
    const id = this.#ids.get(topic);
    if (id === undefined) throw new Error(`no id of ${topic}`);
    return id;
  }

  /** Sends a request of which nothing is written down. */
  tell<Q extends Fields, P extends Fields>(
    api: Api<Q, P>,
    version: number,
    body: RequestInputOf<Api<Q, P>>,
  ): Promise<ResponseOutputOf<Api<Q, P>>> {
    return this.#connection.call(api, version, body);
  }

  /** Sends a request, writes down what is answered, and gives the answer. */
  async ask<Q extends Fields, P extends Fields>(
    api: Api<Q, P>,
    version: number,
    body: RequestInputOf<Api<Q, P>>,
    options: AskOptions = {},
  ): Promise<ResponseOutputOf<Api<Q, P>> | undefined> {
    const frame = this.#connection.frame(api, version, body, options.clientId);
    return this.#written(api, version, await this.#connection.exchange(frame), options.show);
  }

  /** As `ask`, with a body that may have null where the protocol has none. */
  async askBroken(api: Api, version: number, body: AnyBody, show?: readonly string[]): Promise<void> {
    const frame = this.#connection.frame(lenient(api), version, body as never);
    this.#written(api, version, await this.#connection.exchange(frame), show);
  }

  /** Sends bytes as they are and writes down what becomes of the connection. */
  async raw(bytes: Uint8Array, patienceMs?: number): Promise<Buffer | undefined> {
    const reply = await this.#connection.exchange(bytes, patienceMs);
    if (typeof reply === 'string') this.#note(reply);
    else this.#lines.push('answered');
    return typeof reply === 'string' ? undefined : reply;
  }

  /** The frame of a request, to be changed before it is sent. */
  frame<Q extends Fields, P extends Fields>(api: Api<Q, P>, version: number, body: RequestInputOf<Api<Q, P>>): Buffer {
    return this.#connection.frame(api, version, body);
  }

  #written<Q extends Fields, P extends Fields>(
    api: Api<Q, P>,
    version: number,
    reply: Reply,
    show?: readonly string[],
  ): ResponseOutputOf<Api<Q, P>> | undefined {
    if (typeof reply === 'string') {
      this.#note(reply);
      return undefined;
    }
    const answer = answerOf(api, version, reply);
    const style = { shown: show ?? [], named: (line: string) => this.#withNames(line) };
    this.#lines.push(...renderAnswer(api as unknown as Api, version, answer, style));
    return answer;
  }

  /** Writes down something that a case has worked out. */
  write(line: string): void {
    this.#lines.push(line);
  }

  #note(reply: string): void {
    this.#lines.push(reply);
    this.#connection.close();
    this.#connection = new WireConnection(this.bootstrap);
  }

  #withNames(line: string): string {
    let text = line;
    for (const [name, id] of this.#ids) text = text.replaceAll(id, `id of ${name}`);
    const fresh = text.replaceAll(/"[\w-]{22}"/g, (id) => (KNOWN_IDS.has(id) ? id : '"a new id"'));
    return fresh.replaceAll(/n{100,}/g, (run) => `n times ${run.length}`);
  }

  /** What was written down since it was asked last. */
  take(): string[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  close(): void {
    this.#connection.close();
  }
}

/** Tries until there is a result; throws when there is none for long. */
async function until<T>(what: string, attempt: () => Promise<T | undefined>): Promise<T> {
  for (let attempts = 0; attempts < 100; attempts++) {
    const result = await attempt();
    if (result !== undefined) return result;
    await scheduler.wait(100);
  }
  throw new Error(`cannot ${what}`);
}
