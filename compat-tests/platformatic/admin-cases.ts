import { ConfigResourceTypes, IncrementalAlterConfigOperationTypes } from '@platformatic/kafka';
import { type Case, type CaseContext, eventually, holds, rejects, same } from '../harness.ts';
import { Clients } from './clients.ts';

async function topics(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const admin = clients.admin();
  const topic = context.name('topic');
  const [created] = await admin.createTopics({ topics: [topic], partitions: 3, replicas: 1 });
  same([created?.name, created?.partitions, created?.replicas], [topic, 3, 1], 'created');
  await eventually(async () => (await admin.listTopics()).includes(topic), 'listed');
  await admin.createPartitions({ topics: [{ name: topic, count: 5 }] });
  await eventually(async () => {
    const found = await admin.metadata({ topics: [topic], forceUpdate: true });
    return found.topics.get(topic)?.partitionsCount === 5;
  }, 'five partitions');
  await rejects(admin.createTopics({ topics: [topic], partitions: 1 }), /TOPIC_ALREADY_EXISTS/, 'twice');
  await admin.deleteTopics({ topics: [topic] });
  await eventually(async () => !(await admin.listTopics()).includes(topic), 'gone');
}

async function topicErrors(context: CaseContext): Promise<void> {
  const admin = new Clients(context).admin();
  await rejects(admin.createTopics({ topics: ['a b'], partitions: 1 }), /INVALID_TOPIC/, 'name');
  await rejects(admin.deleteTopics({ topics: [context.name('no')] }), /UNKNOWN_TOPIC_OR_PARTITION/, 'delete');
  const many = { topics: [context.name('t')], partitions: 1, replicas: 9 };
  await rejects(admin.createTopics(many), /INVALID_REPLICATION_FACTOR/, 'replicas');
}

async function configs(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const admin = clients.admin();
  const topic = await clients.topic(1, { 'retention.ms': '5000' });
  const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: topic };
  const get = async (name: string): Promise<string | null | undefined> => {
    const [found] = await admin.describeConfigs({ resources: [resource], includeSynonyms: true });
    return found?.configs.find((one) => one.name === name)?.value;
  };
  same(await get('retention.ms'), '5000', 'set at creation');
  same(await get('max.message.bytes'), '1048588', 'default');
  const change = {
    name: 'max.message.bytes',
    value: '7777',
    configOperation: IncrementalAlterConfigOperationTypes.SET,
  };
  await admin.incrementalAlterConfigs({ resources: [{ ...resource, configs: [change] }] });
  await eventually(async () => (await get('max.message.bytes')) === '7777', 'altered');
  same(await get('retention.ms'), '5000', 'the other stays');
  await admin.alterConfigs({ resources: [{ ...resource, configs: [{ name: 'retention.ms', value: '6000' }] }] });
  await eventually(async () => (await get('retention.ms')) === '6000', 'replaced');
  await eventually(async () => (await get('max.message.bytes')) === '1048588', 'back to its default');
}

async function groups(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const admin = clients.admin();
  const topic = await clients.topic();
  const group = context.name('group');
  const consumer = clients.consumer(group);
  await clients.read(consumer, [topic]);
  const state = async (): Promise<string | undefined> =>
    (await admin.describeGroups({ groups: [group] })).get(group)?.state;
  await eventually(async () => /stable/i.test((await state()) ?? ''), 'stable');
  holds((await admin.listGroups()).has(group), 'listed');
  await rejects(admin.deleteGroups({ groups: [group] }), /NON_EMPTY_GROUP/, 'a living group');
  await consumer.close(true);
  await admin.deleteGroups({ groups: [group] });
  holds(!(await admin.listGroups()).has(group), 'gone');
}

async function removeMember(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const admin = clients.admin();
  const topic = await clients.topic();
  const group = context.name('group');
  await clients.read(clients.consumer(group, { heartbeatInterval: 3000 }), [topic]);
  const members = async (): Promise<string[]> => [
    ...((await admin.describeGroups({ groups: [group] })).get(group)?.members.keys() ?? []),
  ];
  await eventually(async () => (await members()).length === 1, 'a member');
  const [member] = await members();
  await admin.removeMembersFromConsumerGroup({ groupId: group, members: [{ memberId: member ?? '' }] });
  holds(!(await members()).includes(member ?? ''), 'removed');
}

async function groupOffsets(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const admin = clients.admin();
  const topic = await clients.topic(2);
  const groupId = context.name('group');
  const partitionOffsets = [0, 1].map((partition) => ({ partition, offset: BigInt(partition + 4) }));
  await admin.alterConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionOffsets }] });
  const get = async (): Promise<string[]> => {
    const [found] = await admin.listConsumerGroupOffsets({ groups: [groupId] });
    const partitions = found?.topics.flatMap((one) => one.partitions) ?? [];
    return partitions.map((one) => `${one.partitionIndex}:${one.committedOffset}`).sort();
  };
  same(await get(), ['0:4', '1:5'], 'offsets');
  await admin.deleteConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionIndexes: [0] }] });
  same(await get(), ['1:5'], 'after the deletion');
}

async function deleteRecords(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const admin = clients.admin();
  const topic = await clients.topic();
  await clients.fill(topic, 1, 20);
  const [done] = await admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset: 12n }] }] });
  same(String(done?.partitions[0]?.lowWatermark), '12', 'low watermark');
  same(String((await clients.readAll(topic, 8))[0]?.offset), '12', 'first');
}

async function listOffsets(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic();
  await clients.fill(topic, 1, 20);
  const ask = async (timestamp: bigint): Promise<string> => {
    const partitions = [{ partitionIndex: 0, timestamp }];
    const [found] = await clients.admin().listOffsets({ topics: [{ name: topic, partitions }] });
    return String(found?.partitions[0]?.offset);
  };
  same([await ask(-1n), await ask(-2n)], ['20', '0'], 'latest, earliest');
}

async function logDirs(context: CaseContext): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic(2);
  await clients.fill(topic, 2, 20);
  const found = await clients.admin().describeLogDirs({ topics: [{ name: topic, partitions: [0, 1] }] });
  const partitions = found.flatMap((one) => one.results.flatMap((dir) => dir.topics.flatMap((t) => t.partitions)));
  same(partitions.map((one) => `${one.partitionIndex}`).sort(), ['0', '1'], 'partitions');
  holds(
    partitions.every((one) => one.partitionSize > 0n),
    'sizes',
  );
}

async function cluster(context: CaseContext): Promise<void> {
  const admin = new Clients(context).admin();
  const found = await admin.metadata({ topics: [] });
  same(
    [...found.brokers.values()].map((one) => `${one.host}:${one.port}`),
    [context.bootstrap],
    'brokers',
  );
  const keys = [context.name('group')];
  const [coordinator] = await admin.findCoordinator({ keyType: 0, keys });
  same(`${coordinator?.host}:${coordinator?.port}`, context.bootstrap, 'coordinator');
}

export const adminCases: readonly Case[] = [
  { name: 'admin-topics', run: topics },
  { name: 'admin-topic-errors', run: topicErrors },
  { name: 'admin-configs', run: configs },
  { name: 'admin-groups', run: groups },
  { name: 'admin-remove-member', run: removeMember },
  { name: 'admin-group-offsets', run: groupOffsets },
  { name: 'admin-delete-records', run: deleteRecords },
  { name: 'admin-list-offsets', run: listOffsets },
  { name: 'admin-log-dirs', run: logDirs },
  { name: 'admin-cluster', run: cluster },
];
