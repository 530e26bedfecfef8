import { buildBatch } from '../../../protocol/records/build.ts';
import * as messages from '../../../protocol/messages/index.ts';
import { errorOf } from '../../../protocol/errors.ts';
import { codecs } from '../../../src/base/compression.ts';
import { sleep, systemClock } from '../../../src/base/clock.ts';
import { crc32c } from '../../../src/base/crc32c.ts';
import { RawClient } from '../../unit/kafka/wire.ts';

const NO_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA';
const PARTITIONS = 2;
/** Words that say how, not what. */
const FLAGS = new Set(['commit', 'abort', 'lost', 'again', 'plain', 'stable', 'add']);
const error = (code: number): string => errorOf(code)?.name ?? String(code);

/** A producer as a client keeps it. */
interface Producer {
  transactionalId: string;
  producerId: number;
  producerEpoch: number;
  /** The next sequence by partition. */
  sequences: Map<string, number>;
}

type Words = Readonly<Record<string, string>>;

/** A partition as scripts write it: `t-0`. */
function partitionOf(text: string): { topic: string; partition: number } {
  const dash = text.lastIndexOf('-');
  return { topic: text.slice(0, dash), partition: Number(text.slice(dash + 1)) };
}

function byTopic<T>(texts: readonly string[], value: (partition: number, text: string) => T): Map<string, T[]> {
  const topics = new Map<string, T[]>();
  for (const text of texts) {
    const { topic, partition } = partitionOf(text.split(':')[0] ?? '');
    topics.set(topic, [...(topics.get(topic) ?? []), value(partition, text.split(':')[1] ?? '')]);
  }
  return topics;
}

/** A broker that scripts may bring down. */
export interface RunsOn {
  /** Ends the process at the next moment of that name. */
  crashAt(moment: string): Promise<void>;
  /** Kills the process, if it lives, and starts it on its data; gives the port. */
  restart(): Promise<number>;
}

/** Runs the commands of one script against a broker. Names of topics, groups and ids get a prefix, so that scripts do not meet. */
export class TransactionScript {
  #client: RawClient;
  readonly #prefix: string;
  readonly #broker: RunsOn | undefined;
  readonly #producers = new Map<string, Producer>();
  readonly #producerIds: number[] = [];
  readonly #topicIds = new Map<string, string>();

  constructor(port: number, prefix: string, broker?: RunsOn) {
    this.#client = new RawClient(port);
    this.#prefix = prefix;
    this.#broker = broker;
  }

  /** The script with the outcome of each command below it. Lines that begin with `=> ` are outcome, not input. */
  async run(script: string): Promise<string> {
    await this.#client.call(messages.apiVersionsApi, 0, {});
    await this.#coordinated();
    const out: string[] = [];
    for (const line of script.trimEnd().split('\n')) {
      if (line.startsWith('=>')) continue;
      out.push(line);
      if (line.trim() === '' || line.startsWith('#')) continue;
      out.push(`=> ${await this.#execute(line).catch((cause: Error) => this.#closed(cause))}`);
    }
    this.#client.socket.destroy();
    return `${out.join('\n')}\n`;
  }

  #closed(cause: Error): string {
    if (!this.#client.closed) throw cause;
    return 'closed';
  }

  async #restart(): Promise<string> {
    this.#client.socket.destroy();
    this.#client = new RawClient((await this.#broker?.restart()) ?? 0);
    await this.#client.call(messages.apiVersionsApi, 0, {});
    return 'done';
  }

  /** Waits until the broker coordinates: Kafka makes the topics for it when somebody asks first. */
  async #coordinated(): Promise<void> {
    const keys = Array.from({ length: 20 }, (_, index) => `${this.#prefix}${index}`);
    for (let i = 0; i < 100; i++) {
      for (const keyType of [0, 1])
        await this.#client.call(messages.findCoordinatorApi, 4, { keyType, coordinatorKeys: keys });
      const described = await this.#client.call(messages.describeTransactionsApi, 0, { transactionalIds: keys });
      if (described.transactionStates.every(({ errorCode }) => error(errorCode) === 'TRANSACTIONAL_ID_NOT_FOUND'))
        return;
      await sleep(systemClock, 100);
    }
  }

  async #execute(line: string): Promise<string> {
    const [verb = '', name = '', ...rest] = line.trim().split(/\s+/);
    const words = Object.fromEntries(
      rest.map((word) => (word.includes('=') ? [word.split('=')[0], word.split('=')[1]] : [word, word])),
    );
    const plain = rest.filter((word) => !word.includes('=') && !FLAGS.has(word));
    switch (verb) {
      case 'topic':
        return this.#createTopic(name);
      case 'delete':
        return this.#deleteTopic(name);
      case 'init':
        return this.#init(name, words);
      case 'add':
        return this.#add(name, plain, words);
      case 'verify':
        return this.#verify(name, plain, words);
      case 'produce':
        return this.#produce(name, plain, words);
      case 'add-offsets':
        return this.#addOffsets(name, plain, words);
      case 'offsets':
        return this.#commitOffsets(name, plain, words);
      case 'end':
        return this.#end(name, words);
      case 'marker':
        return this.#marker(name, plain, words);
      case 'fetch':
        return this.#fetchOffsets(name, plain, words);
      case 'describe':
        return this.#describe(name);
      case 'log':
        return this.#log(name);
      case 'crash':
        await this.#broker?.crashAt(name);
        return 'done';
      case 'restart':
        return this.#restart();
      case 'wait':
        await sleep(systemClock, Number(name));
        return 'done';
      default:
        throw new Error(`unknown command ${verb}`);
    }
  }

  #producer(name: string): Producer {
    let producer = this.#producers.get(name);
    if (producer === undefined) {
      const transactionalId = `${this.#prefix}${name}`;
      producer = { transactionalId, producerId: -1, producerEpoch: -1, sequences: new Map() };
      this.#producers.set(name, producer);
    }
    return producer;
  }

  /** Producer ids differ from run to run: the first is A, the next B. */
  #letter(producerId: number): string {
    if (producerId < 0) return '-';
    if (!this.#producerIds.includes(producerId)) this.#producerIds.push(producerId);
    return String.fromCharCode(65 + this.#producerIds.indexOf(producerId));
  }

  /** Who a command says to be: the actor, unless its words say otherwise. `pid=other` is nobody's id. */
  #identity(producer: Producer, words: Words): { producerId: number; producerEpoch: number } {
    const { pid, epoch } = words as { pid?: string; epoch?: string };
    const letter = pid === undefined ? producer.producerId : this.#producerIds[pid.charCodeAt(0) - 65];
    const producerId = pid === 'other' ? 987_654 : (letter ?? -1);
    if (epoch === undefined) return { producerId, producerEpoch: producer.producerEpoch };
    const isRelative = epoch.startsWith('+') || epoch.startsWith('-');
    return { producerId, producerEpoch: isRelative ? producer.producerEpoch + Number(epoch) : Number(epoch) };
  }

  #become(producer: Producer, producerId: number, producerEpoch: number): void {
    if (producer.producerId !== producerId || producer.producerEpoch !== producerEpoch) producer.sequences.clear();
    Object.assign(producer, { producerId, producerEpoch });
  }

  #id(producer: Producer, words: Words): string {
    const id = words['id'];
    if (id === undefined) return producer.transactionalId;
    return id === '-' ? '' : `${this.#prefix}${id}`;
  }

  async #createTopic(name: string): Promise<string> {
    const topic = `${this.#prefix}${name}`;
    const created = await this.#client.call(messages.createTopicsApi, 7, {
      topics: [{ name: topic, numPartitions: PARTITIONS, replicationFactor: 1, assignments: [], configs: [] }],
      timeoutMs: 30_000,
      validateOnly: false,
    });
    this.#topicIds.set(topic, created.topics[0]?.topicId ?? NO_TOPIC_ID);
    // A topic is known to every part of a broker a moment later.
    await sleep(systemClock, 300);
    return error(created.topics[0]?.errorCode ?? -1);
  }

  async #deleteTopic(name: string): Promise<string> {
    const topics = [{ name: `${this.#prefix}${name}`, topicId: NO_TOPIC_ID }];
    const deleted = await this.#client.call(messages.deleteTopicsApi, 6, { topics, timeoutMs: 30_000 });
    await sleep(systemClock, 300);
    return error(deleted.responses[0]?.errorCode ?? -1);
  }

  async #init(name: string, words: Words): Promise<string> {
    const producer = this.#producer(name);
    const version = Number(words['v'] ?? 5);
    const identity =
      words['pid'] === undefined && words['epoch'] === undefined && words['again'] === undefined
        ? {}
        : this.#identity(producer, words);
    const ask = () =>
      this.#client.call(messages.initProducerIdApi, version, {
        transactionalId: this.#id(producer, words),
        transactionTimeoutMs: Number(words['timeout'] ?? 60_000),
        ...(version >= 3 ? identity : {}),
      });
    let answer = await ask();
    // Kafka fetches producer ids when somebody asks first.
    while (error(answer.errorCode) === 'COORDINATOR_LOAD_IN_PROGRESS') {
      await sleep(systemClock, 50);
      answer = await ask();
    }
    await this.#settled(this.#id(producer, words));
    if (answer.errorCode === 0) this.#become(producer, answer.producerId, answer.producerEpoch);
    return `${error(answer.errorCode)} ${this.#letter(answer.producerId)} ${answer.producerEpoch}`;
  }

  #topics(texts: readonly string[]): { name: string; partitions: number[] }[] {
    return [...byTopic(texts, (partition) => partition)].map(([topic, partitions]) => ({
      name: `${this.#prefix}${topic}`,
      partitions,
    }));
  }

  async #add(name: string, texts: readonly string[], words: Words): Promise<string> {
    const producer = this.#producer(name);
    const { producerId, producerEpoch } = this.#identity(producer, words);
    const answer = await this.#client.call(messages.addPartitionsToTxnApi, Number(words['v'] ?? 3), {
      v3AndBelowTransactionalId: this.#id(producer, words),
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: this.#topics(texts),
    });
    return this.#results(answer.resultsByTopicV3AndBelow);
  }

  async #verify(name: string, texts: readonly string[], words: Words): Promise<string> {
    const producer = this.#producer(name);
    const transaction = {
      transactionalId: this.#id(producer, words),
      ...this.#identity(producer, words),
      verifyOnly: words['add'] === undefined,
      topics: this.#topics(texts),
    };
    const version = Number(words['v'] ?? 4);
    const answer = await this.#client.call(messages.addPartitionsToTxnApi, version, { transactions: [transaction] });
    return answer.resultsByTransaction.map((one) => this.#results(one.topicResults)).join(' ');
  }

  #results(
    topics: readonly {
      name: string;
      resultsByPartition: readonly { partitionIndex: number; partitionErrorCode: number }[];
    }[],
  ): string {
    const all = topics.flatMap(({ name, resultsByPartition }) =>
      resultsByPartition.map((one) => `${this.#plain(name)}-${one.partitionIndex}:${error(one.partitionErrorCode)}`),
    );
    return all.sort().join(' ');
  }

  #plain(name: string): string {
    return name.startsWith(this.#prefix) ? name.slice(this.#prefix.length) : name;
  }

  async #produce(name: string, texts: readonly string[], words: Words): Promise<string> {
    const producer = this.#producer(name);
    const version = Number(words['v'] ?? 12);
    const identity = this.#identity(producer, words);
    const outcomes: string[] = [];
    for (const text of texts) {
      const { topic, partition } = partitionOf(text);
      const fullName = `${this.#prefix}${topic}`;
      const sequence = Number(words['seq'] ?? producer.sequences.get(text) ?? 0);
      const isTransactional = words['plain'] === undefined;
      const records = buildBatch(
        { baseOffset: 0, baseSequence: sequence, isTransactional, ...identity },
        [{ timestamp: systemClock.now(), value: Buffer.from('x') }],
        codecs,
        crc32c,
      );
      const answer = await this.#client.call(messages.produceApi, version, {
        transactionalId: words['id'] === 'null' ? null : this.#id(producer, words),
        acks: -1,
        timeoutMs: 10_000,
        topicData: [
          {
            ...(version >= 13 ? { topicId: this.#topicIds.get(fullName) ?? NO_TOPIC_ID } : { name: fullName }),
            partitionData: [{ index: partition, records }],
          },
        ],
      });
      const done = answer.responses[0]?.partitionResponses[0];
      if (done?.errorCode === 0) producer.sequences.set(text, sequence + 1);
      outcomes.push(`${text}:${error(done?.errorCode ?? -1)}${done?.errorCode === 0 ? `@${done.baseOffset}` : ''}`);
    }
    return outcomes.join(' ');
  }

  async #addOffsets(name: string, texts: readonly string[], words: Words): Promise<string> {
    const producer = this.#producer(name);
    const answer = await this.#client.call(messages.addOffsetsToTxnApi, Number(words['v'] ?? 3), {
      transactionalId: this.#id(producer, words),
      ...this.#identity(producer, words),
      groupId: `${this.#prefix}${texts[0] ?? ''}`,
    });
    return error(answer.errorCode);
  }

  async #commitOffsets(name: string, texts: readonly string[], words: Words): Promise<string> {
    const producer = this.#producer(name);
    const version = Number(words['v'] ?? 5);
    const [group = '', ...offsets] = texts;
    const topics = [
      ...byTopic(offsets, (partitionIndex, offset) => ({
        partitionIndex,
        committedOffset: Number(offset),
        committedMetadata: '',
      })),
    ].map(([topic, partitions]) => ({ name: `${this.#prefix}${topic}`, partitions }));
    const member =
      version >= 3 ? { generationId: Number(words['generation'] ?? -1), memberId: words['member'] ?? '' } : {};
    const answer = await this.#client.call(messages.txnOffsetCommitApi, version, {
      transactionalId: this.#id(producer, words),
      groupId: group === '-' ? '' : `${this.#prefix}${group}`,
      ...this.#identity(producer, words),
      ...member,
      topics,
    });
    const all = answer.topics.flatMap(({ name: topic, partitions }) =>
      partitions.map((one) => `${this.#plain(topic)}-${one.partitionIndex}:${error(one.errorCode)}`),
    );
    return all.sort().join(' ');
  }

  async #end(name: string, words: Words): Promise<string> {
    const producer = this.#producer(name);
    const version = Number(words['v'] ?? 5);
    const request = {
      transactionalId: this.#id(producer, words),
      ...this.#identity(producer, words),
      committed: words['commit'] !== undefined,
    };
    let answer = await this.#client.call(messages.endTxnApi, version, request);
    for (let i = 0; i < 20 && error(answer.errorCode) === 'CONCURRENT_TRANSACTIONS'; i++) {
      await sleep(systemClock, 50);
      answer = await this.#client.call(messages.endTxnApi, version, request);
    }
    await this.#settled(this.#id(producer, words));
    const told = version >= 5 ? ` ${this.#letter(answer.producerId)} ${answer.producerEpoch}` : '';
    if (answer.errorCode === 0 && version >= 5 && answer.producerId >= 0 && words['lost'] === undefined)
      this.#become(producer, answer.producerId, answer.producerEpoch);
    return `${error(answer.errorCode)}${told}`;
  }

  async #marker(name: string, texts: readonly string[], words: Words): Promise<string> {
    const producer = this.#producer(name);
    const topics = this.#topics(texts).map((one) => ({ name: one.name, partitionIndexes: one.partitions }));
    const marker = {
      ...this.#identity(producer, words),
      transactionResult: words['commit'] !== undefined,
      topics,
      coordinatorEpoch: Number(words['coordinator'] ?? 0),
      transactionVersion: Number(words['tv'] ?? 0),
    };
    const answer = await this.#client.call(messages.writeTxnMarkersApi, 2, { markers: [marker] });
    const all = answer.markers.flatMap((one) =>
      one.topics.flatMap((topic) =>
        topic.partitions.map((each) => `${this.#plain(topic.name)}-${each.partitionIndex}:${error(each.errorCode)}`),
      ),
    );
    return all.sort().join(' ');
  }

  async #fetchOffsets(group: string, texts: readonly string[], words: Words): Promise<string> {
    const topics = this.#topics(texts).map((one) => ({ name: one.name, partitionIndexes: one.partitions }));
    const answer = await this.#client.call(messages.offsetFetchApi, 9, {
      groups: [{ groupId: `${this.#prefix}${group}`, topics: texts.length === 0 ? null : topics }],
      requireStable: words['stable'] !== undefined,
    });
    const all = answer.groups.flatMap((one) =>
      one.topics.flatMap(({ name, partitions }) =>
        partitions.map(
          (each) =>
            `${this.#plain(name ?? '')}-${each.partitionIndex}:${each.errorCode === 0 ? each.committedOffset : error(each.errorCode)}`,
        ),
      ),
    );
    return all.sort().join(' ') || 'nothing';
  }

  async #state(transactionalId: string) {
    const answer = await this.#client.call(messages.describeTransactionsApi, 0, {
      transactionalIds: [transactionalId],
    });
    return answer.transactionStates[0];
  }

  async #describe(name: string): Promise<string> {
    const found = await this.#state(this.#producer(name).transactionalId);
    if (found === undefined || found.errorCode !== 0) return error(found?.errorCode ?? -1);
    const topics = found.topics
      .filter(({ topic }) => topic.startsWith(this.#prefix))
      .flatMap(({ topic, partitions }) => partitions.map((partition) => `${this.#plain(topic)}-${partition}`));
    return `${found.transactionState} ${this.#letter(found.producerId)} ${found.producerEpoch} ${topics.sort().join(' ')}`.trimEnd();
  }

  /** Waits until a decision is carried out; Kafka answers before that. */
  async #settled(transactionalId: string): Promise<void> {
    for (let i = 0; i < 200; i++) {
      const found = await this.#state(transactionalId);
      if (found?.transactionState.startsWith('Prepare') !== true) return;
      await sleep(systemClock, 20);
    }
  }

  /** High watermark and last stable offset of a partition. */
  async #log(text: string): Promise<string> {
    const { topic, partition } = partitionOf(text);
    const latest = async (isolationLevel: number): Promise<number> => {
      const answer = await this.#client.call(messages.listOffsetsApi, 7, {
        replicaId: -1,
        isolationLevel,
        topics: [
          {
            name: `${this.#prefix}${topic}`,
            partitions: [{ partitionIndex: partition, currentLeaderEpoch: -1, timestamp: -1 }],
          },
        ],
      });
      return answer.topics[0]?.partitions[0]?.offset ?? -1;
    };
    return `end=${await latest(0)} stable=${await latest(1)}`;
  }
}
