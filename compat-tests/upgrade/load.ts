import { Kafka, logLevel, Partitioners } from 'kafkajs';

/** What an earlier version can do, beside keeping records and offsets. */
export interface Abilities {
  /** It has transactions. */
  readonly transactions: boolean;
}

export const TOPIC = 'kept';
export const GROUP = 'readers';
export const PARTITIONS = 2;
/** Records of each partition that are sent while the broker runs on: most of them are packed before it is ended. */
const EARLY = 300;
/** Records of each partition that are in the log alone when the broker is killed. */
const LATE = 25;
const TIME = 1_700_000_000_000;
/** The offset that the group has committed in each partition. */
export const COMMITTED = 123;

/** A record as it was sent. */
export interface SentRecord {
  readonly key: string | null;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestamp: string;
}

function recordOf(partition: number, n: number): SentRecord {
  const words = Array.from({ length: 40 }, (_none, at) => `word${(n * 31 + at * 17 + partition) % 997}`);
  return {
    key: n % 5 === 0 ? null : `key-${n % 50}`,
    value: JSON.stringify({ number: n, partition, text: words.join(' ') }),
    headers: n % 3 === 0 ? { origin: `sender ${n}` } : {},
    timestamp: String(TIME + n * 1000),
  };
}

const transactional = (what: string, partition: number): SentRecord => ({
  key: what,
  value: JSON.stringify({ what, partition }),
  headers: {},
  timestamp: String(TIME),
});

/** The records of a partition that a reader of committed records gets, in order. */
export function expectedRecords(partition: number, { transactions }: Abilities): SentRecord[] {
  const early = Array.from({ length: EARLY }, (_none, n) => recordOf(partition, n));
  const late = Array.from({ length: LATE }, (_none, n) => recordOf(partition, EARLY + n));
  return [...early, ...(transactions ? [transactional('committed', partition)] : []), ...late];
}

const client = (bootstrap: string): Kafka => new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });

async function send(kafka: Kafka, records: (partition: number) => readonly SentRecord[]): Promise<void> {
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const messages = records(partition).map((record) => ({ ...record, headers: { ...record.headers }, partition }));
    // Small batches: more of everything that has to be read again.
    for (let from = 0; from < messages.length; from += 20)
      await producer.send({ topic: TOPIC, messages: messages.slice(from, from + 20) });
  }
  await producer.disconnect();
}

async function transact(kafka: Kafka): Promise<void> {
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    transactionalId: 'transactor',
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  for (const what of ['committed', 'aborted']) {
    const transaction = await producer.transaction();
    for (let partition = 0; partition < PARTITIONS; partition++)
      await transaction.send({
        topic: TOPIC,
        messages: [{ ...transactional(what, partition), headers: {}, partition }],
      });
    await (what === 'committed' ? transaction.commit() : transaction.abort());
  }
  await producer.disconnect();
}

/** Fills a broker. `settled` is awaited when all but the last records are there. */
export async function fill(bootstrap: string, abilities: Abilities, settled: () => Promise<void>): Promise<void> {
  const kafka = client(bootstrap);
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: PARTITIONS }] });
  const early = (partition: number): SentRecord[] =>
    Array.from({ length: EARLY }, (_none, n) => recordOf(partition, n));
  await send(kafka, early);
  const partitions = Array.from({ length: PARTITIONS }, (_none, partition) => ({
    partition,
    offset: String(COMMITTED),
  }));
  await admin.setOffsets({ groupId: GROUP, topic: TOPIC, partitions });
  if (abilities.transactions) await transact(kafka);
  await settled();
  await send(kafka, (partition) => Array.from({ length: LATE }, (_none, n) => recordOf(partition, EARLY + n)));
  await admin.disconnect();
}
