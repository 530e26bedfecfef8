import { randomBytes } from 'node:crypto';
import { type CompressionAlgorithmValue } from '@platformatic/kafka';
import { type Case, type CaseContext, holds, rejects, same } from '../harness.ts';
import { Clients, type Outgoing } from './clients.ts';

const bytes = (text: string): Buffer => Buffer.from(text);
const value = (i: number): Buffer | undefined =>
  i % 7 === 0 ? undefined : bytes(`value ${i} ${'abc '.repeat(i % 50)}`);

async function roundTrip(context: CaseContext, compression: CompressionAlgorithmValue): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic(3);
  const messages = Array.from({ length: 300 }, (_, i) => {
    const content = value(i);
    const headers = i % 3 === 0 ? new Map([[bytes('number'), bytes(`${i}`)]]) : new Map<Buffer, Buffer>();
    const base = { topic, key: bytes(`key ${i}`), partition: i % 3, timestamp: BigInt(1_700_000_000_000 + i), headers };
    return content === undefined ? base : { ...base, value: content };
  });
  await clients.producer({ compression }).send({ messages, acks: -1 });
  for (const message of await clients.readAll(topic, 300)) {
    const i = Number(message.offset) * 3 + message.partition;
    same(message.key.toString(), `key ${i}`, 'key');
    same(message.value?.toString() ?? '', value(i)?.toString() ?? '', 'value');
    same(String(message.timestamp), `${1_700_000_000_000 + i}`, 'timestamp');
    same(message.headerEntries.map(String), i % 3 === 0 ? [`number,${i}`] : [], 'headers');
  }
}

async function headersAndKeys(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic();
  const headers = new Map([
    [bytes('a'), bytes('1')],
    [bytes('raw'), Buffer.from([0, 255])],
    [bytes('häder ☃'), bytes('ünïcode 雪')],
  ]);
  const messages: Outgoing[] = [
    { topic, key: Buffer.from([0, 255]), value: Buffer.from([254, 0]), headers },
    { topic, value: bytes('no key'), headers },
    { topic, key: bytes('tombstone') },
  ];
  await clients.producer().send({ messages, acks: -1 });
  const got = await clients.readAll(topic, 3);
  same(got[0]?.key, Buffer.from([0, 255]), 'key');
  same(got[0]?.value, Buffer.from([254, 0]), 'value');
  same(got[0]?.headerEntries, [...headers.entries()], 'headers');
  holds(!got[1]?.key?.length, 'no key');
  holds(!got[2]?.value?.length, 'no value');
}

async function bigMessage(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic();
  const content = randomBytes(900_000);
  await clients.producer().send({ messages: [{ topic, value: content }], acks: -1 });
  holds(content.equals((await clients.readAll(topic, 1))[0]?.value ?? Buffer.alloc(0)), 'changed');
}

async function idempotent(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic(2);
  const producer = clients.producer({ idempotent: true });
  for (let i = 0; i < 30; i++) {
    await producer.send({ messages: [0, 1].map((partition) => ({ topic, partition, value: bytes(`${i}`) })) });
  }
  for (const message of await clients.readAll(topic, 60)) same(message.value.toString(), `${message.offset}`, 'order');
}

async function acks(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic();
  const producer = clients.producer();
  for (const wanted of [1, -1]) {
    const result = await producer.send({ messages: [{ topic, value: bytes('x') }], acks: wanted });
    same(result.offsets?.length, 1, 'offsets in the answer');
  }
  await producer.send({ messages: [{ topic, value: bytes('x') }], acks: 0 });
  await clients.readAll(topic, 3);
}

async function manyTopics(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topics = [await clients.topic(2), await clients.topic()];
  const messages = topics.map((topic) => ({ topic, value: bytes('x'), partition: 0 }));
  const result = await clients.producer().send({ messages, acks: -1 });
  same(result.offsets?.map((one) => `${one.topic}:${one.offset}`).sort(), topics.map((t) => `${t}:0`).sort(), 'acks');
}

async function stream(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic();
  const out = clients.producer({ acks: -1 }).asStream({ batchSize: 20, batchTime: 20 });
  for (let i = 0; i < 100; i++) out.write({ topic, value: bytes(`${i}`) });
  await new Promise<void>((resolve, reject) => {
    out.once('error', reject);
    out.end(() => resolve());
  });
  const got = await clients.readAll(topic, 100);
  same(
    got.map((message) => message.value.toString()),
    Array.from({ length: 100 }, (_, i) => `${i}`),
    'order',
  );
}

async function autoCreate(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = context.name('auto');
  await clients.fill(topic, 1, 3);
  await clients.readAll(topic, 3);
}

async function tooLarge(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic(1, { 'max.message.bytes': '10000' });
  const messages = [{ topic, value: randomBytes(50_000) }];
  await rejects(clients.producer().send({ messages, acks: -1 }), /MESSAGE_TOO_LARGE/, 'send');
}

export const produceCases: readonly Case[] = [
  ...(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const).map(
    (codec): Case => ({ name: `produce-${codec}`, run: (context) => roundTrip(context, codec) }),
  ),
  { name: 'produce-headers-keys-nulls', run: headersAndKeys },
  { name: 'produce-big-message', run: bigMessage },
  { name: 'produce-idempotent', run: idempotent },
  { name: 'produce-acks', run: acks },
  { name: 'produce-many-topics', run: manyTopics },
  { name: 'produce-stream', run: stream },
  { name: 'produce-auto-create', run: autoCreate },
  { name: 'error-message-too-large', run: tooLarge },
];
