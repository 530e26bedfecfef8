import { scheduler } from 'node:timers/promises';
import type { Consumer } from 'kafkajs';
import { type Case, type CaseContext, eventually, holds, same } from '../harness.ts';
import { Clients, type Received } from './clients.ts';

const valuesOf = (received: readonly Received[]): (string | undefined)[] =>
  received.map(({ message }) => message.value?.toString());

/** Follows what the group gives to a consumer. */
function assignmentOf(consumer: Consumer): { partitions: () => number } {
  let partitions = 0;
  consumer.on('consumer.group_join', ({ payload }) => {
    partitions = Object.values(payload.memberAssignment).reduce((sum, list) => sum + list.length, 0);
  });
  consumer.on('consumer.rebalancing', () => {
    partitions = 0;
  });
  return { partitions: () => partitions };
}

async function twoMembers(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic(4);
  const groupId = context.name('group');
  const [one, two] = [await clients.consumer({ groupId }), await clients.consumer({ groupId })];
  const [first, second] = [assignmentOf(one), assignmentOf(two)];
  const gotOne = await clients.run(one, [topic], true);
  await eventually(() => first.partitions() === 4, 'the first has all');
  const gotTwo = await clients.run(two, [topic], true);
  await eventually(() => first.partitions() === 2 && second.partitions() === 2, 'both share');
  await clients.fill(topic, 4, 40);
  await eventually(() => gotOne.length + gotTwo.length >= 40, 'all records');
  same(new Set([...valuesOf(gotOne), ...valuesOf(gotTwo)]).size, 40, 'different records');
  await two.disconnect();
  await eventually(() => first.partitions() === 4, 'the one that stays has all');
  const before = gotOne.length;
  await clients.fill(topic, 4, 8);
  await eventually(() => gotOne.length >= before + 8, 'records after the rebalance');
}

async function commitAndResume(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic();
  const groupId = context.name('group');
  await clients.fill(topic, 1, 50);
  const one = await clients.consumer({ groupId });
  const seen = await clients.run(one, [topic]);
  await eventually(() => seen.length === 50, 'all records');
  await one.commitOffsets([{ topic, partition: 0, offset: '20', metadata: 'a note' }]);
  await one.disconnect();
  const rest = await clients.run(await clients.consumer({ groupId }), [topic]);
  await eventually(() => rest.length >= 30, 'the rest');
  same(rest[0]?.message.offset, '20', 'first of the rest');
  const admin = await clients.admin();
  const offsets = await admin.fetchOffsets({ groupId, topics: [topic] });
  same(offsets[0]?.partitions, [{ partition: 0, offset: '20', metadata: 'a note' }], 'committed');
}

async function seek(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic();
  await clients.fill(topic, 1, 60);
  const consumer = await clients.consumer({ groupId: context.name('group') });
  const received = await clients.run(consumer, [topic]);
  await eventually(() => received.length === 60, 'all records');
  consumer.seek({ topic, partition: 0, offset: '57' });
  await eventually(() => received.length === 63, 'three again');
  same(valuesOf(received.slice(60)), ['v57', 'v58', 'v59'], 'after the seek');
}

async function seekByTime(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic();
  const producer = await clients.producer();
  const messages = Array.from({ length: 50 }, (_, i) => ({
    value: `v${i}`,
    timestamp: `${1_700_000_000_000 + i * 1000}`,
  }));
  await producer.send({ topic, messages, compression: 1 });
  const admin = await clients.admin();
  const found = await admin.fetchTopicOffsetsByTimestamp(topic, 1_700_000_020_500);
  same(found, [{ partition: 0, offset: '21' }], 'offset');
  const consumer = await clients.consumer({ groupId: context.name('group') });
  const received: Received[] = [];
  await consumer.subscribe({ topics: [topic] });
  await consumer.run({ eachMessage: async (one) => void received.push(one) });
  consumer.seek({ topic, partition: 0, offset: found[0]?.offset ?? '' });
  await eventually(() => received.length >= 29, 'records from there');
  same(received[0]?.message.value?.toString(), 'v21', 'first');
}

async function pauseResume(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic();
  await clients.fill(topic, 1, 10);
  const consumer = await clients.consumer({ groupId: context.name('group') });
  const received = await clients.run(consumer, [topic]);
  await eventually(() => received.length === 10, 'the first records');
  consumer.pause([{ topic }]);
  await scheduler.wait(400);
  await clients.fill(topic, 1, 10);
  await scheduler.wait(800);
  same(received.length, 10, 'paused');
  consumer.resume([{ topic }]);
  await eventually(() => received.length === 20, 'the rest');
}

async function fromEnd(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic();
  await clients.fill(topic, 1, 10);
  const consumer = await clients.consumer({ groupId: context.name('group') });
  const assigned = assignmentOf(consumer);
  const received: Received[] = [];
  await consumer.subscribe({ topics: [topic], fromBeginning: false });
  await consumer.run({ eachMessage: async (one) => void received.push(one) });
  await eventually(() => assigned.partitions() === 1, 'assigned');
  await scheduler.wait(500);
  await clients.fill(topic, 1, 1);
  await eventually(() => received.length > 0, 'the new record');
  same(received[0]?.message.offset, '10', 'first');
}

async function eachBatch(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic(2);
  await clients.fill(topic, 2, 100);
  const consumer = await clients.consumer({ groupId: context.name('group') });
  const seen: string[] = [];
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    eachBatch: async (payload) => {
      const { batch } = payload;
      for (const message of batch.messages) {
        seen.push(`${batch.partition}:${message.offset}`);
        payload.resolveOffset(message.offset);
      }
      same(batch.highWatermark, '50', 'high watermark');
      await payload.heartbeat();
    },
  });
  await eventually(() => seen.length >= 100, 'all records');
  same(new Set(seen).size, 100, 'each once');
}

async function outOfRange(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic();
  const groupId = context.name('group');
  await clients.fill(topic, 1, 10);
  const admin = await clients.admin();
  await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '500' }] });
  const received = await clients.run(await clients.consumer({ groupId }), [topic]);
  await eventually(() => received.length === 10, 'reset to the beginning');
  holds(received[0]?.message.offset === '0', 'first');
}

export const consumeCases: readonly Case[] = [
  { name: 'group-two-members', run: twoMembers },
  { name: 'group-commit-and-resume', run: commitAndResume },
  { name: 'consume-seek', run: seek },
  { name: 'consume-seek-by-time', run: seekByTime },
  { name: 'consume-pause-resume', run: pauseResume },
  { name: 'consume-from-end', run: fromEnd },
  { name: 'consume-each-batch', run: eachBatch },
  { name: 'consume-out-of-range', run: outOfRange },
];
