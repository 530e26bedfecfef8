/**
 * Asks Apache Kafka what its cleaner leaves of the logs that the scripts in `tests/golden/compaction` write, and writes its answers into them:
 * `node compat-tests/compaction/record.ts [NAME …]`.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scheduler } from 'node:timers/promises';
import {
  addPartitionsToTxnApi,
  createTopicsApi,
  endTxnApi,
  findCoordinatorApi,
  initProducerIdApi,
  produceApi,
} from '../../protocol/messages/index.ts';
import { buildBatch, batchesOf, type RecordInput } from '../../protocol/records/index.ts';
import { codecs } from '../../src/base/compression.ts';
import { crc32c } from '../../src/base/crc32c.ts';
import { record } from '../../tests/unit/processor/compaction/batches.ts';
import { describeBatches, parseStep, rollRecord, scriptLines } from '../../tests/unit/processor/compaction/script.ts';
import { RawClient } from '../../tests/unit/kafka/wire.ts';
import type { RunningBroker } from '../brokers/broker.ts';
import { startKafka } from '../brokers/kafka.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'tests', 'golden', 'compaction');
const RETENTION_MS = 3000;
/** Times of records: those that begin a segment lie so far after the others that Kafka begins it. */
const ROLL_MS = 600_000;
const PATIENCE_MS = 60_000;

interface Producer {
  readonly id: number;
  readonly epoch: number;
  readonly transactionalId: string | null;
  sequence: number;
  open: boolean;
}

/** A topic of Apache Kafka, and what a script does with it. */
class KafkaTopic {
  readonly #client: RawClient;
  readonly #data: string;
  readonly #name: string;
  readonly #producers = new Map<string, Producer>();
  readonly #start = Date.now();
  #rounds = 0;

  constructor(client: RawClient, data: string, name: string) {
    this.#client = client;
    this.#data = data;
    this.#name = name;
  }

  async create(): Promise<void> {
    const configs = {
      'cleanup.policy': 'compact',
      'segment.ms': '60000',
      'min.cleanable.dirty.ratio': '0.0001',
      'delete.retention.ms': String(RETENTION_MS),
      'message.timestamp.after.max.ms': String(1e15),
    };
    const topic = {
      name: this.#name,
      numPartitions: 1,
      replicationFactor: 1,
      assignments: [],
      configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    };
    const { topics } = await this.#client.call(createTopicsApi, 5, {
      topics: [topic],
      timeoutMs: 10_000,
      validateOnly: false,
    });
    expectNone('CreateTopics', topics[0]?.errorCode);
  }

  async #produce(
    records: readonly RecordInput[],
    producer: Producer | undefined,
    transaction: boolean,
  ): Promise<number> {
    const identity =
      producer === undefined
        ? {}
        : { producerId: producer.id, producerEpoch: producer.epoch, baseSequence: producer.sequence };
    const batch = buildBatch({ ...identity, baseOffset: 0, isTransactional: transaction }, records, codecs, crc32c);
    if (producer !== undefined) producer.sequence += records.length;
    const transactionalId = transaction ? (producer?.transactionalId ?? null) : null;
    const topicData = [{ name: this.#name, partitionData: [{ index: 0, records: batch }] }];
    for (let attempt = 0; ; attempt++) {
      const request = { transactionalId, acks: -1, timeoutMs: 10_000, topicData };
      const answer = await this.#client.call(produceApi, 9, request);
      const partition = answer.responses[0]?.partitionResponses[0];
      // A new topic has its leader a moment later.
      if ((partition?.errorCode === 3 || partition?.errorCode === 6) && attempt < 100) await scheduler.wait(100);
      else {
        expectNone('Produce', partition?.errorCode);
        return partition?.baseOffset ?? -1;
      }
    }
  }

  async #producer(name: string, transaction: boolean): Promise<Producer> {
    const known = this.#producers.get(name);
    if (known !== undefined) return known;
    const transactionalId = transaction ? `${this.#name}-${name}` : null;
    for (let attempt = 0; ; attempt++) {
      // Asking for the coordinator makes its topic.
      if (transactionalId !== null)
        await this.#client.call(findCoordinatorApi, 2, { key: transactionalId, keyType: 1 });
      const request = { transactionalId, transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1 };
      const answer = await this.#client.call(initProducerIdApi, 3, request);
      if (answer.errorCode !== 0 && attempt < 100) {
        await scheduler.wait(200);
        continue;
      }
      expectNone('InitProducerId', answer.errorCode);
      const made = { id: answer.producerId, epoch: answer.producerEpoch, transactionalId, sequence: 0, open: false };
      this.#producers.set(name, made);
      return made;
    }
  }

  async append(name: string | undefined, transaction: boolean, texts: readonly RecordInput[]): Promise<void> {
    const producer = name === undefined ? undefined : await this.#producer(name, transaction);
    if (transaction && producer !== undefined && !producer.open) await this.#begin(producer);
    await this.#produce(texts, producer, transaction);
  }

  async #begin(producer: Producer): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const { resultsByTopicV3AndBelow: results } = await this.#client.call(addPartitionsToTxnApi, 3, {
        v3AndBelowTransactionalId: producer.transactionalId ?? '',
        v3AndBelowProducerId: producer.id,
        v3AndBelowProducerEpoch: producer.epoch,
        v3AndBelowTopics: [{ name: this.#name, partitions: [0] }],
      } as never);
      const code = results[0]?.resultsByPartition[0]?.partitionErrorCode;
      // CONCURRENT_TRANSACTIONS while the transaction before is being completed.
      if (code === 51 && attempt < 100) await scheduler.wait(50);
      else {
        expectNone('AddPartitionsToTxn', code);
        producer.open = true;
        return;
      }
    }
  }

  async end(name: string, committed: boolean): Promise<void> {
    const producer = await this.#producer(name, true);
    const { id: producerId, epoch: producerEpoch, transactionalId } = producer;
    const request = { transactionalId: transactionalId ?? '', producerId, producerEpoch, committed };
    expectNone('EndTxn', (await this.#client.call(endTxnApi, 3, request)).errorCode);
    producer.open = false;
    // The marker is written after the answer.
    await scheduler.wait(300);
  }

  /** Begins a new segment and waits until the cleaner has come to it; what is left below. */
  async clean(): Promise<string[]> {
    const round = ++this.#rounds;
    const end = await this.#produce([record(rollRecord(round), this.#start + round * ROLL_MS)], undefined, false);
    const checkpoint = join(this.#data, 'logs', 'cleaner-offset-checkpoint');
    const done = new RegExp(`^${this.#name} 0 ${end}$`, 'm');
    for (let waited = 0; !done.test(readIfThere(checkpoint)); waited += 100) {
      if (waited > PATIENCE_MS) throw new Error(`the cleaner does not come to ${end}: ${readIfThere(checkpoint)}`);
      await scheduler.wait(100);
    }
    const names = new Map([...this.#producers].map(([name, { id }]) => [id, name]));
    const bytes = this.#bytesBelow(end);
    return describeBatches(bytes, (id) => names.get(id) ?? '?', codecs);
  }

  #bytesBelow(end: number): Uint8Array {
    const folder = join(this.#data, 'logs', `${this.#name}-0`);
    const files = readdirSync(folder).filter((name) => name.endsWith('.log'));
    const all = Buffer.concat(files.sort().map((name) => readFileSync(join(folder, name))));
    const last = [...batchesOf(all)].findLast(({ baseOffset }) => baseOffset < end);
    return all.subarray(0, last === undefined ? 0 : last.position + last.sizeInBytes);
  }

  get start(): number {
    return this.#start;
  }
}

function expectNone(what: string, code: number | undefined): void {
  if (code !== 0) throw new Error(`${what} was answered with ${code}`);
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

async function runScript(text: string, topic: KafkaTopic): Promise<string> {
  await topic.create();
  const lines: string[] = [];
  for (const line of scriptLines(text)) {
    lines.push(line);
    const step = parseStep(line, topic.start);
    if (step?.kind === 'append') await topic.append(step.producer, step.transaction, step.records);
    else if (step?.kind === 'end') await topic.end(step.producer, step.commit);
    else if (step?.kind === 'expire') await scheduler.wait(RETENTION_MS + 500);
    else if (step?.kind === 'clean') lines.push(...(await topic.clean()));
  }
  return `${lines.join('\n')}\n`;
}

async function recordAll(kafka: RunningBroker, names: readonly string[]): Promise<void> {
  const client = new RawClient(Number(kafka.bootstrap.split(':').pop()));
  for (const [at, name] of names.entries()) {
    const path = join(FOLDER, name);
    const topic = new KafkaTopic(client, kafka.data ?? '', `compacted-${at}`);
    writeFileSync(path, await runScript(readFileSync(path, 'utf8'), topic));
    process.stdout.write(`${name}\n`);
  }
  client.socket.destroy();
}

const wanted = process.argv.slice(2);
const scripts = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));
const kafka = await startKafka({
  heap: '256m',
  name: 'kafka-compaction',
  overrides: { 'log.cleaner.backoff.ms': '200', 'log.cleaner.dedupe.buffer.size': '4194304' },
});
try {
  await recordAll(kafka, wanted.length === 0 ? scripts : wanted);
} finally {
  await kafka.stop();
}
