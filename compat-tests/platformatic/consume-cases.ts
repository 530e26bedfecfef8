import { cooperativeStickyAssigner } from '@platformatic/kafka';
import { scheduler } from 'node:timers/promises';
import { type Case, type CaseContext, eventually, same } from '../harness.ts';
import { type BytesConsumer, Clients, type Received } from './clients.ts';

const owned = (consumer: BytesConsumer): number =>
  (consumer.assignments ?? []).reduce((sum, { partitions }) => sum + partitions.length, 0);
const places = (received: readonly Received[]): string[] => received.map((one) => `${one.partition}:${one.offset}`);

async function twoMembers(context: CaseContext, cooperative: boolean): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic(4);
  const group = context.name('group');
  const options = cooperative
    ? { protocols: [{ name: 'cooperative-sticky', version: 1 }], partitionAssigner: cooperativeStickyAssigner }
    : {};
  const [one, two] = [clients.consumer(group, options), clients.consumer(group, options)];
  const gotOne = await clients.read(one, [topic], { mode: 'committed', fallbackMode: 'earliest' });
  await eventually(() => owned(one) === 4, 'the first has all');
  const gotTwo = await clients.read(two, [topic], { mode: 'committed', fallbackMode: 'earliest' });
  await eventually(() => owned(one) === 2 && owned(two) === 2, 'both share');
  await clients.fill(topic, 4, 40);
  await eventually(() => new Set([...places(gotOne), ...places(gotTwo)]).size >= 40, 'all records');
  await two.close(true);
  await eventually(() => owned(one) === 4, 'the one that stays has all');
  await clients.fill(topic, 4, 8);
  await eventually(() => new Set([...places(gotOne), ...places(gotTwo)]).size >= 48, 'records after the rebalance');
}

async function commitAndResume(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic();
  const group = context.name('group');
  await clients.fill(topic, 1, 50);
  const one = clients.consumer(group);
  const seen = await clients.read(one, [topic], { mode: 'committed', fallbackMode: 'earliest' });
  await eventually(() => seen.length === 50, 'all records');
  await one.commit({ offsets: [{ topic, partition: 0, offset: 20n, leaderEpoch: 0 }] });
  await one.close(true);
  const two = clients.consumer(group);
  const rest = await clients.read(two, [topic], { mode: 'committed', fallbackMode: 'earliest' });
  await eventually(() => rest.length >= 30, 'the rest');
  same(String(rest[0]?.offset), '20', 'first of the rest');
  const committed = await two.listCommittedOffsets({ topics: [{ topic, partitions: [0] }] });
  same(String(committed.get(topic)?.[0]), '20', 'committed');
}

async function autoCommit(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic();
  const group = context.name('group');
  await clients.fill(topic, 1, 30);
  const consumer = clients.consumer(group);
  const seen = await clients.read(consumer, [topic], {
    mode: 'committed',
    fallbackMode: 'earliest',
    autocommit: 100,
  });
  await eventually(() => seen.length === 30, 'all records');
  const admin = clients.admin();
  await eventually(async () => {
    const [found] = await admin.listConsumerGroupOffsets({ groups: [group] });
    return found?.topics[0]?.partitions[0]?.committedOffset === 30n;
  }, 'committed');
}

async function staticMember(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic(2);
  const group = context.name('group');
  const consumer = clients.consumer(group, { groupInstanceId: 'fixed' });
  await clients.read(consumer, [topic]);
  await eventually(() => owned(consumer) === 2, 'assigned');
  const found = await clients.admin().describeGroups({ groups: [group] });
  same(
    [...(found.get(group)?.members.values() ?? [])].map((one) => one.groupInstanceId),
    ['fixed'],
    'members',
  );
}

async function offsets(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic(2);
  await clients.fill(topic, 2, 20);
  const consumer = clients.consumer(context.name('group'));
  same((await consumer.listOffsets({ topics: [topic] })).get(topic)?.map(String), ['10', '10'], 'latest');
  const earliest = await consumer.listOffsets({ topics: [topic], timestamp: -2n });
  same(earliest.get(topic)?.map(String), ['0', '0'], 'earliest');
}

async function byTime(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic();
  const messages = Array.from({ length: 50 }, (_, i) => ({
    topic,
    value: Buffer.from(`v${i}`),
    timestamp: 1_700_000_000_000n + BigInt(i) * 1000n,
  }));
  await clients.producer({ compression: 'gzip' }).send({ messages, acks: -1 });
  const consumer = clients.consumer(context.name('group'));
  const found = await consumer.listOffsetsWithTimestamps({ topics: [topic], timestamp: 1_700_000_020_500n });
  same(String(found.get(topic)?.get(0)?.offset), '21', 'offset');
  const place = { topic, partition: 0, offset: 21n };
  const received = await clients.read(consumer, [topic], { mode: 'manual', offsets: [place] });
  await eventually(() => received.length >= 29, 'records from there');
  same(received[0]?.value.toString(), 'v21', 'first');
}

async function pauseResume(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic();
  await clients.fill(topic, 1, 10);
  const consumer = clients.consumer(context.name('group'));
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
  let count = 0;
  stream.on('data', () => void count++);
  await eventually(() => count === 10, 'the first records');
  stream.pause();
  await clients.fill(topic, 1, 10);
  await scheduler.wait(800);
  same(count, 10, 'paused');
  stream.resume();
  await eventually(() => count === 20, 'the rest');
}

async function latest(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic();
  await clients.fill(topic, 1, 10);
  const received = await clients.read(clients.consumer(context.name('group')), [topic], { mode: 'latest' });
  await scheduler.wait(500);
  await clients.fill(topic, 1, 1);
  await eventually(() => received.length > 0, 'the new record');
  same(String(received[0]?.offset), '10', 'first');
}

async function smallFetches(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic(2);
  for (let i = 0; i < 10; i++) await clients.fill(topic, 2, 20);
  const options = { maxBytes: 500, maxBytesPerPartition: 100 };
  const received = await clients.read(clients.consumer(context.name('group')), [topic], options);
  await eventually(() => received.length >= 200, 'all records');
  same(new Set(places(received)).size, 200, 'each once');
}

export const consumeCases: readonly Case[] = [
  { name: 'group-two-members', run: (context) => twoMembers(context, false) },
  { name: 'group-cooperative-sticky', run: (context) => twoMembers(context, true) },
  { name: 'group-commit-and-resume', run: commitAndResume },
  { name: 'group-auto-commit', run: autoCommit },
  { name: 'group-static-member', run: staticMember },
  { name: 'consume-offsets', run: offsets },
  { name: 'consume-seek-by-time', run: byTime },
  { name: 'consume-pause-resume', run: pauseResume },
  { name: 'consume-latest', run: latest },
  { name: 'consume-small-fetches', run: smallFetches },
];
