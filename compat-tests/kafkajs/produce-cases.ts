import { randomBytes } from 'node:crypto';
import { type Case, type CaseContext, holds, rejects, same } from '../harness.ts';
import { Clients, CompressionTypes } from './clients.ts';

const value = (i: number): string | null => (i % 7 === 0 ? null : `value ${i} ${'abc '.repeat(i % 50)}`);

async function roundTrip(context: CaseContext, compression: number): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic(3);
  const producer = await clients.producer();
  const messages = Array.from({ length: 300 }, (_, i) => ({
    key: `key ${i}`,
    value: value(i),
    partition: i % 3,
    timestamp: `${1_700_000_000_000 + i}`,
    headers: i % 3 === 0 ? { number: `${i}`, empty: '' } : {},
  }));
  await producer.send({ topic, messages, compression });
  for (const { partition, message } of await clients.readAll(topic, 300)) {
    const i = Number(message.offset) * 3 + partition;
    same(message.key?.toString(), `key ${i}`, 'key');
    same(message.value?.toString() ?? null, value(i), 'value');
    same(message.timestamp, `${1_700_000_000_000 + i}`, 'timestamp');
    same(message.headers?.['number']?.toString(), i % 3 === 0 ? `${i}` : undefined, 'header');
  }
}

async function headersKeysNulls(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic();
  const producer = await clients.producer();
  const headers = { a: ['1', '2'], raw: Buffer.from([0, 255]), 'häder ☃': 'ünïcode 雪' };
  const pairs: [Buffer | null, Buffer | null][] = [
    [null, null],
    [Buffer.alloc(0), Buffer.alloc(0)],
    [Buffer.from('k'), null],
    [null, Buffer.from('v')],
    [Buffer.from([0, 255]), Buffer.from([254])],
  ];
  await producer.send({ topic, messages: pairs.map(([key, content]) => ({ key, value: content, headers })) });
  const got = await clients.readAll(topic, pairs.length);
  for (const [i, { message }] of got.entries()) {
    same([message.key, message.value], pairs[i], `pair ${i}`);
    same(message.headers?.['a']?.toString(), '1,2', 'repeated header');
    same(message.headers?.['raw'], Buffer.from([0, 255]), 'raw header');
    same(String(message.headers?.['häder ☃']), 'ünïcode 雪', 'unicode header');
  }
}

async function bigMessage(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic();
  const producer = await clients.producer();
  const content = randomBytes(900_000);
  await producer.send({ topic, messages: [{ value: content }] });
  const [got] = await clients.readAll(topic, 1, { maxBytesPerPartition: 5000 });
  holds(content.equals(got?.message.value ?? Buffer.alloc(0)), 'changed');
}

async function idempotent(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic(2);
  const producer = await clients.producer({ idempotent: true, maxInFlightRequests: 1 });
  for (let i = 0; i < 30; i++) {
    const messages = [0, 1].map((partition) => ({ value: `${i}`, partition }));
    await producer.send({ topic, messages, acks: -1 });
  }
  for (const { message } of await clients.readAll(topic, 60)) same(message.value?.toString(), message.offset, 'order');
}

async function acks(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic();
  const producer = await clients.producer();
  for (const wanted of [0, 1, -1]) await producer.send({ topic, messages: [{ value: `${wanted}` }], acks: wanted });
  await clients.readAll(topic, 3);
}

async function sendBatch(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topics = [await clients.topic(), await clients.topic(2)];
  const producer = await clients.producer();
  const answer = await producer.sendBatch({
    topicMessages: topics.map((topic) => ({ topic, messages: [{ value: 'a', partition: 0 }] })),
  });
  same(
    answer.map((one) => `${one.topicName} ${one.errorCode} ${one.baseOffset}`).sort(),
    topics.map((topic) => `${topic} 0 0`).sort(),
    'acks',
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
  const producer = await clients.producer();
  await rejects(producer.send({ topic, messages: [{ value: randomBytes(50_000) }] }), /MESSAGE_TOO_LARGE/, 'send');
}

async function invalidTopic(context: CaseContext): Promise<void> {
  const producer = await new Clients(context).producer({ retry: { retries: 1 } });
  await rejects(producer.send({ topic: 'not valid!', messages: [{ value: 'x' }] }), /INVALID_TOPIC|invalid/i, 'send');
}

export const produceCases: readonly Case[] = [
  ...Object.entries(CompressionTypes)
    .filter((entry): entry is [string, number] => typeof entry[1] === 'number')
    .map(([name, type]): Case => {
      return { name: `produce-${name.toLowerCase()}`, run: (context) => roundTrip(context, type) };
    }),
  { name: 'produce-headers-keys-nulls', run: headersKeysNulls },
  { name: 'produce-big-message', run: bigMessage },
  { name: 'produce-idempotent', run: idempotent },
  { name: 'produce-acks', run: acks },
  { name: 'produce-batch-of-topics', run: sendBatch },
  { name: 'produce-auto-create', run: autoCreate },
  { name: 'error-message-too-large', run: tooLarge },
  { name: 'error-invalid-topic-name', run: invalidTopic },
];
