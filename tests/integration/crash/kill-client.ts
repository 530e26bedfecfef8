import { createTopicsApi, fetchApi, initProducerIdApi, produceApi } from '../../../protocol/messages/index.ts';
import { decodeRecords, batchesOf, type RecordView } from '../../../protocol/records/index.ts';
import { codecs } from '../../../src/base/compression.ts';
import { batch } from '../../unit/log/log-fixture.ts';
import { RawClient } from '../../unit/kafka/wire.ts';

export const TOPIC = 'killed';
const PRODUCE_VERSION = 9;
const FETCH_VERSION = 11;
const IN_FLIGHT = 5;

interface Sent {
  readonly values: readonly string[];
  readonly sequence: number;
}

/** Creates the topic; fine when it is there. */
export async function createTopic(port: number, partitions: number): Promise<void> {
  const client = new RawClient(port);
  const topic = { name: TOPIC, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] };
  await client.call(createTopicsApi, 5, { topics: [topic], timeoutMs: 10_000, validateOnly: false });
  client.socket.destroy();
}

/** An idempotent producer of one partition that keeps five requests in flight, and sends again what was not acknowledged. */
export class KillProducer {
  readonly partition: number;
  /** Acknowledged values by offset. */
  readonly acknowledged = new Map<number, string>();
  /** Errors that an idempotent producer must never see. */
  readonly refusals: string[] = [];
  #id = -1;
  #epoch = -1;
  #sequence = 0;
  #count = 0;
  #open: Sent[] = [];

  constructor(partition: number) {
    this.partition = partition;
  }

  /** Sends to the broker at `port` until the connection ends, or until `stop` and everything is acknowledged. */
  async run(port: number, stop: () => boolean): Promise<void> {
    const client = new RawClient(port);
    try {
      if (this.#id < 0) await this.#begin(client);
      let sent = 0;
      for (;;) {
        while (sent < IN_FLIGHT && (sent < this.#open.length || !stop())) {
          if (sent === this.#open.length) this.#open.push(this.#next());
          this.#send(client, this.#open[sent]!);
          sent += 1;
        }
        if (sent === 0) return;
        if (!(await this.#take(client))) return;
        sent -= 1;
      }
    } catch (error) {
      if (!client.closed) throw error;
    } finally {
      client.socket.destroy();
    }
  }

  get done(): boolean {
    return this.#open.length === 0;
  }

  async #begin(client: RawClient): Promise<void> {
    const answer = await client.call(initProducerIdApi, 1, { transactionalId: null, transactionTimeoutMs: 1000 });
    if (answer.errorCode !== 0) throw new Error(`no producer id: ${answer.errorCode}`);
    this.#id = answer.producerId;
    this.#epoch = answer.producerEpoch;
  }

  #next(): Sent {
    const values = Array.from({ length: 1 + (this.#count % 3) }, () => `${this.partition}:${this.#count++}`);
    const sequence = this.#sequence;
    this.#sequence += values.length;
    return { values, sequence };
  }

  #send(client: RawClient, { values, sequence }: Sent): void {
    const size = sequence % 11 === 0 ? 20_000 : 30 * (sequence % 7);
    const producer = { producerId: this.#id, producerEpoch: this.#epoch, baseSequence: sequence };
    const records = batch(
      values.map((value) => `${value} `.padEnd(size, 'x')),
      producer,
    );
    client.send(produceApi, PRODUCE_VERSION, {
      acks: -1,
      timeoutMs: 30_000,
      topicData: [{ name: TOPIC, partitionData: [{ index: this.partition, records }] }],
    });
  }

  /** Takes the next answer; false when all that is in flight has to be sent again. */
  async #take(client: RawClient): Promise<boolean> {
    const { body } = await client.receive(produceApi, PRODUCE_VERSION);
    const { errorCode, baseOffset } = body.responses[0]!.partitionResponses[0]!;
    if (errorCode !== 0) {
      this.refusals.push(`${this.#open[0]?.values[0]}: error ${errorCode}`);
      return false;
    }
    const { values } = this.#open.shift()!;
    for (const [i, value] of values.entries()) this.acknowledged.set(baseOffset + i, value);
    return true;
  }
}

/** All of a partition, by offset. */
export async function readAll(port: number, partition: number): Promise<Map<number, string>> {
  const client = new RawClient(port);
  const found = new Map<number, string>();
  for (let next = 0; ; ) {
    const answer = await client.call(fetchApi, FETCH_VERSION, {
      maxWaitMs: 0,
      minBytes: 1,
      topics: [{ topic: TOPIC, partitions: [{ partition, fetchOffset: next, partitionMaxBytes: 1 << 20 }] }],
    });
    const { errorCode, records, highWatermark } = answer.responses[0]!.partitions[0]!;
    if (errorCode !== 0) throw new Error(`fetch at ${next} gives error ${errorCode}`);
    if (next >= highWatermark) break;
    const before = next;
    for (const header of batchesOf(records!)) {
      const take = (record: RecordView): void => {
        found.set(record.offset, Buffer.from(record.value!).toString().split(' ')[0]!);
        next = record.offset + 1;
      };
      decodeRecords(records!.subarray(header.position, header.position + header.sizeInBytes), codecs, 1 << 24, take);
    }
    if (next === before) throw new Error(`fetch at ${next} gives nothing below ${highWatermark}`);
  }
  client.socket.destroy();
  return found;
}
