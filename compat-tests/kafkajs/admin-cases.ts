import { type Case, type CaseContext, eventually, holds, rejects, same } from '../harness.ts';
import { Clients, ConfigResourceTypes } from './clients.ts';

async function topics(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const admin = await clients.admin();
  const topic = await clients.topic(3);
  holds((await admin.listTopics()).includes(topic), 'listed');
  const { topics: found } = await admin.fetchTopicMetadata({ topics: [topic] });
  same(found[0]?.partitions.length, 3, 'partitions');
  same(await admin.createTopics({ topics: [{ topic, numPartitions: 3 }] }), false, 'created twice');
  await admin.createPartitions({ topicPartitions: [{ topic, count: 5 }] });
  await eventually(async () => {
    const again = await admin.fetchTopicMetadata({ topics: [topic] });
    return again.topics[0]?.partitions.length === 5;
  }, 'five partitions');
  await admin.deleteTopics({ topics: [topic] });
  await eventually(async () => !(await admin.listTopics()).includes(topic), 'gone');
}

async function topicErrors(context: CaseContext): Promise<void> {
  const admin = await new Clients(context).admin();
  await rejects(admin.deleteTopics({ topics: [context.name('no')] }), /does not host|UNKNOWN_TOPIC/, 'delete');
  await rejects(admin.createTopics({ topics: [{ topic: 'a b' }] }), /INVALID_TOPIC|invalid/i, 'name');
  const many = [{ topic: context.name('t'), replicationFactor: 9 }];
  await rejects(admin.createTopics({ topics: many }), /INVALID_REPLICATION_FACTOR|replication/i, 'replicas');
}

async function configs(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const admin = await clients.admin();
  const topic = await clients.topic(1, { 'retention.ms': '5000' });
  const type = ConfigResourceTypes.TOPIC;
  const get = async (): Promise<Record<string, string>> => {
    const { resources } = await admin.describeConfigs({ resources: [{ type, name: topic }], includeSynonyms: true });
    return Object.fromEntries((resources[0]?.configEntries ?? []).map((one) => [one.configName, one.configValue]));
  };
  const before = await get();
  same([before['retention.ms'], before['max.message.bytes']], ['5000', '1048588'], 'configs');
  const configEntries = [{ name: 'max.message.bytes', value: '7777' }];
  await admin.alterConfigs({ validateOnly: false, resources: [{ type, name: topic, configEntries }] });
  await eventually(async () => (await get())['max.message.bytes'] === '7777', 'altered');
  same((await get())['retention.ms'], '604800000', 'what was not given is back to its default');
}

async function cluster(context: CaseContext): Promise<void> {
  const found = await (await new Clients(context).admin()).describeCluster();
  same(found.brokers.length, 1, 'brokers');
  same(`${found.brokers[0]?.host}:${found.brokers[0]?.port}`, context.bootstrap, 'address');
  same(found.controller, found.brokers[0]?.nodeId, 'controller');
  holds(found.clusterId !== '', 'cluster id');
}

async function groups(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const admin = await clients.admin();
  const topic = await clients.topic();
  const groupId = context.name('group');
  const consumer = await clients.consumer({ groupId });
  await clients.run(consumer, [topic]);
  await eventually(async () => {
    const { groups: described } = await admin.describeGroups([groupId]);
    return described[0]?.state === 'Stable' && described[0].members.length === 1;
  }, 'stable with a member');
  holds(
    (await admin.listGroups()).groups.some((group) => group.groupId === groupId),
    'listed',
  );
  await rejects(admin.deleteGroups([groupId]), /DeleteGroups/, 'a living group');
  await consumer.disconnect();
  await admin.deleteGroups([groupId]);
  holds(!(await admin.listGroups()).groups.some((group) => group.groupId === groupId), 'gone');
}

async function offsets(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const admin = await clients.admin();
  const topic = await clients.topic();
  const groupId = context.name('group');
  await clients.fill(topic, 1, 20);
  same(await admin.fetchTopicOffsets(topic), [{ partition: 0, offset: '20', high: '20', low: '0' }], 'of the topic');
  await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '8' }] });
  const found = await admin.fetchOffsets({ groupId, topics: [topic] });
  same(found[0]?.partitions[0]?.offset, '8', 'of the group');
  await admin.resetOffsets({ groupId, topic, earliest: true });
  const reset = await admin.fetchOffsets({ groupId, topics: [topic], resolveOffsets: true });
  same(reset[0]?.partitions[0]?.offset, '0', 'after the reset');
}

async function deleteRecords(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const admin = await clients.admin();
  const topic = await clients.topic();
  await clients.fill(topic, 1, 20);
  // kafkajs must have heard of the topic before it deletes from it.
  same((await admin.fetchTopicOffsets(topic))[0]?.low, '0', 'low before');
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '12' }] });
  same((await admin.fetchTopicOffsets(topic))[0]?.low, '12', 'low');
  const rest = await clients.readAll(topic, 8);
  same(rest[0]?.message.offset, '12', 'first');
}

export const adminCases: readonly Case[] = [
  { name: 'admin-offsets', run: offsets },
  { name: 'admin-topics', run: topics },
  { name: 'admin-topic-errors', run: topicErrors },
  { name: 'admin-configs', run: configs },
  { name: 'admin-describe-cluster', run: cluster },
  { name: 'admin-groups', run: groups },
  { name: 'admin-delete-records', run: deleteRecords },
];
