import { type Case, type CaseContext, eventually, holds, same } from '../harness.ts';
import { createTopic, fileWith, row, server, tool } from './toolbox.ts';

async function configs(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 1);
  const entity = ['--entity-type', 'topics', '--entity-name', topic];
  const change = ['--alter', '--add-config', 'retention.ms=77000,max.message.bytes=2222'];
  await tool('kafka-configs', [...server(context), ...entity, ...change]);
  const shown = await tool('kafka-configs', [...server(context), ...entity, '--describe']);
  holds(/retention\.ms=77000/.test(shown) && /max\.message\.bytes=2222/.test(shown), `describe: ${shown}`);
  await tool('kafka-configs', [...server(context), ...entity, '--alter', '--delete-config', 'retention.ms']);
  const rest = await tool('kafka-configs', [...server(context), ...entity, '--describe']);
  holds(!/retention\.ms=77000/.test(rest), `still there: ${rest}`);
  const all = await tool('kafka-configs', [...server(context), ...entity, '--describe', '--all']);
  holds(/retention\.ms=604800000/.test(all) && /DEFAULT_CONFIG/.test(all), `describe all: ${all}`);
}

async function brokerConfigs(context: CaseContext): Promise<void> {
  const args = ['--entity-type', 'brokers', '--entity-name', '1', '--describe', '--all'];
  const shown = await tool('kafka-configs', [...server(context), ...args]);
  holds(/num\.partitions=1/.test(shown), `describe: ${shown.slice(0, 500)}`);
}

async function apiVersions(context: CaseContext): Promise<void> {
  const output = await tool('kafka-broker-api-versions', server(context));
  for (const api of ['Produce(0): 0 to 13', 'Fetch(1): 4 to 18', 'Metadata(3): 0 to 13', 'ApiVersions(18): 0 to '])
    holds(output.includes(api), `no '${api}' in ${output.slice(0, 600)}`);
}

async function cluster(context: CaseContext): Promise<void> {
  const output = await tool('kafka-cluster', ['cluster-id', ...server(context)]);
  holds(/Cluster ID: \S+/.test(output), output);
}

/** Sets, shows and removes a config of an entity by kafka-configs. */
function configured(entity: (context: CaseContext) => string[], name: string, value: string): Case['run'] {
  return async (context) => {
    const flags = [...server(context), ...entity(context)];
    const described = (): Promise<string> => tool('kafka-configs', [...flags, '--describe']);
    const shows = async (): Promise<boolean> => (await described()).includes(`${name}=${value}`);
    holds(!(await shows()), 'it is set before');
    await tool('kafka-configs', [...flags, '--alter', '--add-config', `${name}=${value}`]);
    await eventually(shows, `describe shows ${name}`);
    await tool('kafka-configs', [...flags, '--alter', '--delete-config', name]);
    await eventually(async () => !(await shows()), `${name} is gone`);
  };
}

const entity =
  (type: string) =>
  (context: CaseContext): string[] => ['--entity-type', type, '--entity-name', context.name(type)];

async function loggers(context: CaseContext): Promise<void> {
  const flags = [...server(context), '--broker-logger', '1'];
  const shown = await tool('kafka-configs', [...flags, '--describe']);
  const name = /^\s*(\S+)=(?:INFO|WARN|ERROR)/m.exec(shown)?.[1];
  holds(name !== undefined, `no logger: ${shown.slice(0, 500)}`);
  await tool('kafka-configs', [...flags, '--alter', '--add-config', `${name}=ERROR`]);
  holds((await tool('kafka-configs', [...flags, '--describe'])).includes(`${name}=ERROR`), 'the level is set');
}

async function scramUsers(context: CaseContext): Promise<void> {
  const flags = [...server(context), ...entity('users')(context)];
  const added = await tool('kafka-configs', [...flags, '--alter', '--add-config', 'SCRAM-SHA-256=[password=pencil]']);
  holds(/Completed updating/.test(added), added);
  const shows = async (): Promise<boolean> =>
    /SCRAM-SHA-256=iterations=4096/.test(await tool('kafka-configs', [...flags, '--describe']));
  await eventually(shows, 'described');
  await tool('kafka-configs', [...flags, '--alter', '--delete-config', 'SCRAM-SHA-256']);
  await eventually(async () => !(await shows()), 'gone');
}

async function features(context: CaseContext): Promise<void> {
  const output = await tool('kafka-features', [...server(context), 'describe']);
  const level = (name: string): string | undefined =>
    new RegExp(`Feature: ${name}\\s.*FinalizedVersionLevel: (\\S+)`).exec(output)?.[1];
  same([level('transaction.version'), level('group.version'), level('share.version')], ['2', '1', '1'], output);
  const dry = ['downgrade', '--feature', 'share.version=0', '--dry-run'];
  holds(/can be downgraded to 0/.test(await tool('kafka-features', [...server(context), ...dry])), 'dry run');
  const wrong = ['upgrade', '--feature', 'share.version=9', '--dry-run'];
  await tool('kafka-features', [...server(context), ...wrong], { exit: 1 });
}

async function quorum(context: CaseContext): Promise<void> {
  const status = await tool('kafka-metadata-quorum', [...server(context), 'describe', '--status']);
  holds(/LeaderId:\s+1\b/.test(status) && /CurrentVoters/.test(status), status);
  const replication = await tool('kafka-metadata-quorum', [...server(context), 'describe', '--replication']);
  holds(/^1\s.*Leader/m.test(replication), replication);
}

async function elections(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 1);
  const one = ['--election-type', 'preferred', '--topic', topic, '--partition', '0'];
  const output = await tool('kafka-leader-election', [...server(context), ...one]);
  holds(/Valid replica already elected/.test(output), output);
  await tool('kafka-leader-election', [...server(context), '--election-type', 'preferred', '--all-topic-partitions']);
}

async function reassign(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 2);
  const topics = fileWith(`${topic}-topics.json`, JSON.stringify({ version: 1, topics: [{ topic }] }));
  const ask = (...args: string[]): Promise<string> => tool('kafka-reassign-partitions', [...server(context), ...args]);
  const generated = await ask('--generate', '--topics-to-move-json-file', topics, '--broker-list', '1');
  const proposed = generated.trim().split('\n').at(-1) ?? '';
  const plan = fileWith(`${topic}-plan.json`, proposed);
  const executed = await ask('--execute', '--reassignment-json-file', plan);
  holds(/Successfully started partition reassignments/.test(executed), executed);
  const verified = await ask('--verify', '--reassignment-json-file', plan);
  holds((verified.match(/is completed/g)?.length ?? 0) === 2, verified);
  holds(/No partition reassignments found/.test(await ask('--list')), 'list');
}

async function clientMetrics(context: CaseContext): Promise<void> {
  const name = context.name('metrics');
  const ask = (...args: string[]): Promise<string> => tool('kafka-client-metrics', [...server(context), ...args]);
  const what = ['--metrics', 'org.apache.kafka.', '--interval', '5000', '--match', 'client_software_name=none'];
  await ask('--alter', '--name', name, ...what);
  await eventually(async () => (await ask('--list')).includes(name), 'listed');
  holds(/interval\.ms=5000/.test(await ask('--describe', '--name', name)), 'described');
  await ask('--delete', '--name', name);
  await eventually(async () => !(await ask('--list')).includes(name), 'deleted');
}

async function transactions(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 1);
  const id = context.name('id');
  const ask = (...args: string[]): Promise<string> => tool('kafka-transactions', [...server(context), ...args]);
  // One transaction that stays open for longer than the case takes: a record now and then.
  const load = ['--num-records', '100', '--record-size', '10', '--throughput', '10'];
  const transaction = ['--transactional-id', id, '--transaction-duration-ms', '600000'];
  const where = ['--topic', topic, '--bootstrap-server', context.bootstrap];
  const producer = tool('kafka-producer-perf-test', [...where, ...load, ...transaction]).catch(
    () => 'ended by the abort',
  );
  await eventually(async () => row(await ask('list'), id)[3] === 'Ongoing', 'listed as ongoing');
  const described = row(await ask('describe', '--transactional-id', id), '1');
  same([described[1], described.at(-1)], [id, `${topic}-0`], 'describe');
  const producers = ['describe-producers', '--topic', topic, '--partition', '0'];
  const open = async (): Promise<string | undefined> =>
    (await ask(...producers)).trim().split('\n').at(-1)?.trim().split(/\s+/).at(-1);
  await eventually(async () => (await open()) === '0', 'describe-producers shows the start of the transaction');
  holds(!(await ask('find-hanging', '--topic', topic, '--partition', '0')).includes(id), 'it hangs');
  await ask('abort', '--topic', topic, '--partition', '0', '--start-offset', '0');
  await eventually(async () => (await open()) !== '0', 'aborted');
  await producer;
}

async function terminate(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 1);
  const id = context.name('id');
  const load = ['--num-records', '10', '--record-size', '10', '--throughput', '-1'];
  const where = ['--topic', topic, '--bootstrap-server', context.bootstrap];
  await tool('kafka-producer-perf-test', [...where, ...load, '--transactional-id', id]);
  const args = [...server(context), 'forceTerminateTransaction', '--transactionalId', id];
  await tool('kafka-transactions', args);
}

async function endpoints(context: CaseContext): Promise<void> {
  const output = await tool('kafka-cluster', ['list-endpoints', ...server(context)]);
  const [host, port] = context.bootstrap.split(':');
  same(row(output, '1').slice(0, 3), ['1', host, port], output);
}

const broker = (): string[] => ['--entity-type', 'brokers', '--entity-name', '1'];
const everyBroker = (): string[] => ['--entity-type', 'brokers', '--entity-default'];

/** Configs of every kind, and what concerns the cluster. */
export const clusterCases: readonly Case[] = [
  { name: 'kafka-configs', run: configs },
  { name: 'kafka-configs-broker', run: brokerConfigs },
  { name: 'kafka-configs-broker-set', run: configured(broker, 'max.connections', '98765') },
  {
    name: 'kafka-configs-brokers-set',
    run: configured(everyBroker, 'log.message.timestamp.before.max.ms', '9876543210'),
  },
  { name: 'kafka-configs-loggers', run: loggers },
  { name: 'kafka-configs-groups', run: configured(entity('groups'), 'consumer.session.timeout.ms', '46000') },
  { name: 'kafka-configs-client-metrics', run: configured(entity('client-metrics'), 'interval.ms', '6000') },
  { name: 'kafka-configs-clients', run: configured(entity('clients'), 'producer_byte_rate', '1000.0') },
  { name: 'kafka-configs-users', run: configured(entity('users'), 'consumer_byte_rate', '2000.0') },
  {
    name: 'kafka-configs-ips',
    run: configured(() => ['--entity-type', 'ips', '--entity-name', '10.9.8.7'], 'connection_creation_rate', '10.0'),
  },
  { name: 'kafka-configs-scram', run: scramUsers },
  { name: 'kafka-features', run: features },
  { name: 'kafka-metadata-quorum', run: quorum },
  { name: 'kafka-leader-election', run: elections },
  { name: 'kafka-reassign-partitions', run: reassign },
  { name: 'kafka-client-metrics', run: clientMetrics },
  { name: 'kafka-transactions', run: transactions },
  { name: 'kafka-transactions-force-terminate', run: terminate },
  { name: 'kafka-broker-api-versions', run: apiVersions },
  { name: 'kafka-cluster', run: cluster },
  { name: 'kafka-cluster-endpoints', run: endpoints },
];
