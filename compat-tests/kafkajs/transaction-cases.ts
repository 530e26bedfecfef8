import type { Producer } from 'kafkajs';
import { type Case, type CaseContext, eventually, holds, rejects, same } from '../harness.ts';
import { Clients } from './clients.ts';

/** A producer of transactions, and the id that it has. */
async function transactional(clients: Clients, transactionalId: string): Promise<Producer> {
  return clients.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
}

/** The values of all records that a reader of committed records gets. */
async function committed(clients: Clients, topic: string, count: number): Promise<string[]> {
  const got = await clients.readAll(topic, count, { readUncommitted: false });
  return got.map(({ message }) => message.value?.toString() ?? '').sort();
}

async function commitAndAbort(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic(2);
  const producer = await transactional(clients, context.name('id'));
  for (const [index, commits] of [true, false, true].entries()) {
    const transaction = await producer.transaction();
    const messages = [0, 1].map((partition) => ({ partition, value: `${index}-${partition}` }));
    await transaction.send({ topic, messages });
    await transaction.sendBatch({ topicMessages: [{ topic, messages: [{ partition: 0, value: `${index}-batch` }] }] });
    await (commits ? transaction.commit() : transaction.abort());
  }
  same(await committed(clients, topic, 6), ['0-0', '0-1', '0-batch', '2-0', '2-1', '2-batch'], 'committed records');
  same((await clients.readAll(topic, 9, { readUncommitted: true })).length, 9, 'all records');
}

async function openIsInvisible(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic();
  const producer = await transactional(clients, context.name('id'));
  const transaction = await producer.transaction();
  await transaction.send({ topic, messages: [{ value: 'open' }] });
  const consumer = await clients.consumer({ groupId: context.name('reader'), readUncommitted: false });
  const received = await clients.run(consumer, [topic]);
  await clients.fill(topic, 1, 1);
  await new Promise((resolve) => setTimeout(resolve, 700));
  same(received.length, 0, 'records while the transaction is open');
  await transaction.commit();
  await eventually(() => received.length === 2, 'both records after the commit');
  same(received[0]?.message.value?.toString(), 'open', 'order');
}

async function offsets(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic();
  const groupId = context.name('group');
  const admin = await clients.admin();
  const producer = await transactional(clients, context.name('id'));
  const committedOffset = async (): Promise<string | undefined> =>
    (await admin.fetchOffsets({ groupId, topics: [topic] }))[0]?.partitions[0]?.offset;
  for (const [offset, commits] of [
    ['3', true],
    ['7', false],
    ['9', true],
  ] as const) {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value: offset }] });
    await transaction.sendOffsets({
      consumerGroupId: groupId,
      topics: [{ topic, partitions: [{ partition: 0, offset }] }],
    });
    await (commits ? transaction.commit() : transaction.abort());
    const wanted = commits ? offset : '3';
    await eventually(async () => (await committedOffset()) === wanted, `offset ${wanted}`);
  }
}

async function fenced(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic();
  const id = context.name('id');
  const first = await transactional(clients, id);
  const transaction = await first.transaction();
  await transaction.send({ topic, messages: [{ value: 'first' }] });
  const second = await transactional(clients, id);
  const successor = await second.transaction();
  await successor.send({ topic, messages: [{ value: 'second' }] });
  await rejects(transaction.commit(), /epoch|fenced|INVALID_PRODUCER_EPOCH/i, 'commit of the fenced producer');
  await successor.commit();
  same(await committed(clients, topic, 1), ['second'], 'committed records');
}

/** Exactly once: what is read, its transformation and the place reached go together, also when every other attempt is thrown away. */
async function consumeTransformProduce(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const source = await clients.topic();
  const target = await clients.topic();
  await clients.fill(source, 1, 12);
  const groupId = context.name('group');
  const producer = await transactional(clients, context.name('id'));
  const consumer = await clients.consumer({ groupId, readUncommitted: false });
  await consumer.subscribe({ topics: [source], fromBeginning: true });
  let attempts = 0;
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message }) => {
      const transaction = await producer.transaction();
      await transaction.send({ topic: target, messages: [{ value: `${message.value?.toString()}!` }] });
      const reached = { partition, offset: String(Number(message.offset) + 1) };
      await transaction.sendOffsets({ consumerGroupId: groupId, topics: [{ topic: source, partitions: [reached] }] });
      if (attempts++ % 2 === 0) {
        await transaction.abort();
        consumer.seek({ topic: source, partition, offset: message.offset });
      } else await transaction.commit();
    },
  });
  const got = await committed(clients, target, 12);
  same(got, Array.from({ length: 12 }, (_, i) => `v${i}!`).sort(), 'transformed records');
  holds(attempts >= 24, 'every record was tried twice');
}

export const transactionCases: readonly Case[] = [
  { name: 'txn-commit-and-abort', run: commitAndAbort },
  { name: 'txn-open-is-invisible', run: openIsInvisible },
  { name: 'txn-offsets', run: offsets },
  { name: 'txn-fenced', run: fenced },
  { name: 'txn-consume-transform-produce', run: consumeTransformProduce },
];
