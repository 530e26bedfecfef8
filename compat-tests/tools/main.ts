import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Case, type CaseContext, holds, runCases, same } from '../harness.ts';

/** The console tools of Apache Kafka: the class behind each `bin/kafka-….sh`. */
const TOOLS = {
  'kafka-topics': 'org.apache.kafka.tools.TopicCommand',
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-console-producer': 'org.apache.kafka.tools.ConsoleProducer',
  'kafka-console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'kafka-consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'kafka-groups': 'org.apache.kafka.tools.GroupsCommand',
  'kafka-get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
  'kafka-delete-records': 'org.apache.kafka.tools.DeleteRecordsCommand',
  'kafka-log-dirs': 'org.apache.kafka.tools.LogDirsCommand',
  'kafka-producer-perf-test': 'org.apache.kafka.tools.ProducerPerformance',
  'kafka-consumer-perf-test': 'org.apache.kafka.tools.ConsumerPerformance',
  'kafka-broker-api-versions': 'org.apache.kafka.tools.BrokerApiVersionsCommand',
  'kafka-verifiable-producer': 'org.apache.kafka.tools.VerifiableProducer',
  'kafka-verifiable-consumer': 'org.apache.kafka.tools.VerifiableConsumer',
  'kafka-cluster': 'org.apache.kafka.tools.ClusterTool',
  'kafka-e2e-latency': 'org.apache.kafka.tools.EndToEndLatency',
} as const;

const files = mkdtempSync(join(tmpdir(), 'quarry-tools-'));
process.on('exit', () => rmSync(files, { recursive: true, force: true }));
const jars = join(process.env['KAFKA_JARS'] ?? '', '*');
const logging = `-Dlog4j2.configurationFile=${join(import.meta.dirname, '..', 'java', 'log4j2.properties')}`;
const machine = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', logging];

interface Running {
  /** Gives the lines of stdout so far to `enough`; SIGTERM when it says true. */
  readonly enough?: (stdout: string) => boolean;
  readonly input?: string;
  readonly exit?: number;
}

/** Runs a tool to its end and gives its output; throws when the exit code is not the one expected. */
function tool(
  context: CaseContext,
  name: keyof typeof TOOLS,
  args: readonly string[],
  how: Running = {},
): Promise<string> {
  const child = spawn('java', [...machine, '-cp', jars, TOOLS[name], ...args], { stdio: 'pipe' });
  context.defer(async () => child.kill('SIGKILL'));
  let output = '';
  let told = false;
  const onData = (chunk: Buffer): void => {
    output += chunk.toString();
    if (how.enough?.(output) === true && !told) told = child.kill('SIGTERM');
  };
  child.stdout.on('data', onData);
  child.stderr.on('data', onData);
  child.stdin.on('error', () => undefined);
  child.stdin.end(how.input ?? '');
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (told || code === (how.exit ?? 0)) resolve(output);
      else reject(new Error(`${name} ${args.join(' ')} ended with ${code}:\n${output.slice(-1500)}`));
    });
  });
}

const server = (context: CaseContext): string[] => ['--bootstrap-server', context.bootstrap];

async function createTopic(context: CaseContext, partitions: number, ...configs: string[]): Promise<string> {
  const topic = context.name('topic');
  const create = ['--create', '--topic', topic, '--partitions', `${partitions}`];
  await tool(context, 'kafka-topics', [...server(context), ...create, ...configs.flatMap((one) => ['--config', one])]);
  return topic;
}

async function produce(
  context: CaseContext,
  topic: string,
  lines: readonly string[],
  ...args: string[]
): Promise<void> {
  const input = lines.map((line) => `${line}\n`).join('');
  await tool(context, 'kafka-console-producer', [...server(context), '--topic', topic, ...args], { input });
}

function consume(context: CaseContext, topic: string, count: number, ...args: string[]): Promise<string> {
  const limits = ['--max-messages', `${count}`, '--timeout-ms', '15000'];
  return tool(context, 'kafka-console-consumer', [
    ...server(context),
    '--topic',
    topic,
    '--from-beginning',
    ...limits,
    ...args,
  ]);
}

async function topics(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 3, 'retention.ms=60000');
  const described = await tool(context, 'kafka-topics', [...server(context), '--describe', '--topic', topic]);
  holds(/PartitionCount: 3/.test(described), `describe: ${described}`);
  holds(/retention\.ms=60000/.test(described), `describe: ${described}`);
  holds((await tool(context, 'kafka-topics', [...server(context), '--list'])).includes(topic), 'not listed');
  await tool(context, 'kafka-topics', [...server(context), '--alter', '--topic', topic, '--partitions', '5']);
  const more = await tool(context, 'kafka-topics', [...server(context), '--describe', '--topic', topic]);
  holds(/PartitionCount: 5/.test(more), `describe after alter: ${more}`);
  await tool(context, 'kafka-topics', [...server(context), '--delete', '--topic', topic]);
}

async function topicErrors(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 1);
  const twice = ['--create', '--topic', topic];
  holds(/exists/.test(await tool(context, 'kafka-topics', [...server(context), ...twice], { exit: 1 })), 'exists');
  await tool(context, 'kafka-topics', [...server(context), ...twice, '--if-not-exists']);
  const missing = ['--delete', '--topic', context.name('missing')];
  await tool(context, 'kafka-topics', [...server(context), ...missing], { exit: 1 });
}

async function configs(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 1);
  const entity = ['--entity-type', 'topics', '--entity-name', topic];
  const change = ['--alter', '--add-config', 'retention.ms=77000,max.message.bytes=2222'];
  await tool(context, 'kafka-configs', [...server(context), ...entity, ...change]);
  const shown = await tool(context, 'kafka-configs', [...server(context), ...entity, '--describe']);
  holds(/retention\.ms=77000/.test(shown) && /max\.message\.bytes=2222/.test(shown), `describe: ${shown}`);
  await tool(context, 'kafka-configs', [...server(context), ...entity, '--alter', '--delete-config', 'retention.ms']);
  const rest = await tool(context, 'kafka-configs', [...server(context), ...entity, '--describe']);
  holds(!/retention\.ms=77000/.test(rest), `still there: ${rest}`);
  const all = await tool(context, 'kafka-configs', [...server(context), ...entity, '--describe', '--all']);
  holds(/retention\.ms=604800000/.test(all) && /DEFAULT_CONFIG/.test(all), `describe all: ${all}`);
}

async function brokerConfigs(context: CaseContext): Promise<void> {
  const args = ['--entity-type', 'brokers', '--entity-name', '1', '--describe', '--all'];
  const shown = await tool(context, 'kafka-configs', [...server(context), ...args]);
  holds(/num\.partitions=1/.test(shown), `describe: ${shown.slice(0, 500)}`);
}

async function console_(context: CaseContext, codec: string): Promise<void> {
  const topic = await createTopic(context, 1);
  const lines = Array.from({ length: 50 }, (_, i) => `h:${i}\tkey${i}\tvalue ${i}`);
  const parse = ['parse.key=true', 'parse.headers=true'].flatMap((one) => ['--reader-property', one]);
  await produce(context, topic, lines, ...parse, '--compression-codec', codec);
  const print = ['print.key=true', 'print.headers=true', 'print.offset=true'];
  const output = await consume(context, topic, 50, ...print.flatMap((one) => ['--formatter-property', one]));
  const got = output.split('\n').filter((line) => line.startsWith('Offset:'));
  const want = lines.map((line, i) => `Offset:${i}\t${line}`);
  same(got, want, 'lines');
}

async function consumerGroups(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 1);
  const group = context.name('group');
  await produce(
    context,
    topic,
    Array.from({ length: 20 }, (_, i) => `${i}`),
  );
  await consume(context, topic, 12, '--group', group);
  const ask = (...args: string[]): Promise<string> =>
    tool(context, 'kafka-consumer-groups', [...server(context), ...args]);
  holds((await ask('--list')).includes(group), 'not listed');
  const described = await ask('--describe', '--group', group);
  const row = described.split('\n').find((line) => line.startsWith(group));
  same(row?.trim().split(/\s+/).slice(1, 6), [topic, '0', '12', '20', '8'], 'topic, partition, offset, end, lag');
  const reset = ['--reset-offsets', '--group', group, '--topic', topic, '--to-offset', '3', '--execute'];
  holds(/\s3\b/.test(await ask(...reset)), 'reset');
  const again = (await ask('--describe', '--group', group)).split('\n').find((line) => line.startsWith(group));
  same(again?.trim().split(/\s+/)[3], '3', 'offset after the reset');
  holds(/successful/.test(await ask('--delete', '--group', group)), 'delete');
}

async function groupState(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 1);
  const group = context.name('group');
  await produce(context, topic, ['x']);
  await consume(context, topic, 1, '--group', group);
  const args = [...server(context), '--describe', '--state', '--group', group];
  const state = await tool(context, 'kafka-consumer-groups', args);
  holds(/Empty/.test(state), `state: ${state}`);
  holds((await tool(context, 'kafka-groups', [...server(context), '--list'])).includes(group), 'kafka-groups');
}

async function getOffsets(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 2);
  const lines = Array.from({ length: 30 }, (_, i) => `${i}`);
  await produce(context, topic, lines);
  const ask = (time: string): Promise<string> =>
    tool(context, 'kafka-get-offsets', [...server(context), '--topic', topic, '--time', time]);
  const sum = (text: string): number =>
    [...text.matchAll(/:\d+:(\d+)$/gm)].reduce((total, match) => total + Number(match[1]), 0);
  same(sum(await ask('latest')), 30, 'latest');
  same(sum(await ask('earliest')), 0, 'earliest');
}

async function deleteRecords(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 1);
  await produce(context, topic, ['a', 'b', 'c', 'd']);
  const plan = join(files, `${topic}.json`);
  writeFileSync(plan, JSON.stringify({ version: 1, partitions: [{ topic, partition: 0, offset: 3 }] }));
  const output = await tool(context, 'kafka-delete-records', [...server(context), '--offset-json-file', plan]);
  holds(/low_watermark: 3/.test(output), output);
  holds(/^d$/m.test(await consume(context, topic, 1)), 'the rest');
}

async function logDirs(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 1);
  await produce(context, topic, ['x']);
  const output = await tool(context, 'kafka-log-dirs', [...server(context), '--describe', '--topic-list', topic]);
  holds(output.includes(`${topic}-0`), output);
}

async function performance(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 3);
  const load = ['--num-records', '20000', '--record-size', '200', '--throughput', '-1'];
  const made = await tool(context, 'kafka-producer-perf-test', [
    '--topic',
    topic,
    ...load,
    '--bootstrap-server',
    context.bootstrap,
  ]);
  holds(/20000 records sent/.test(made), made);
  const read = ['--topic', topic, '--num-records', '20000', '--timeout', '20000', '--hide-header'];
  const got = await tool(context, 'kafka-consumer-perf-test', [...server(context), ...read]);
  holds(/, 20000, /.test(got), got);
}

async function apiVersions(context: CaseContext): Promise<void> {
  const output = await tool(context, 'kafka-broker-api-versions', server(context));
  for (const api of ['Produce(0): 0 to 13', 'Fetch(1): 4 to 18', 'Metadata(3): 0 to 13', 'ApiVersions(18): 0 to '])
    holds(output.includes(api), `no '${api}' in ${output.slice(0, 600)}`);
}

async function verifiable(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 2);
  const made = await tool(context, 'kafka-verifiable-producer', [
    ...server(context),
    '--topic',
    topic,
    '--max-messages',
    '500',
    '--acks',
    '-1',
  ]);
  same(made.match(/"producer_send_success"/g)?.length, 500, 'acknowledged');
  const read = ['--topic', topic, '--group-id', context.name('group'), '--max-messages', '500'];
  const got = await tool(context, 'kafka-verifiable-consumer', [...server(context), ...read]);
  const counts = [
    ...got.matchAll(/"name":"records_consumed".*?"count":(\d+)|"count":(\d+).*?"name":"records_consumed"/g),
  ];
  const total = counts.reduce((sum, match) => sum + Number(match[1] ?? match[2]), 0);
  same(total, 500, 'consumed');
}

async function cluster(context: CaseContext): Promise<void> {
  const output = await tool(context, 'kafka-cluster', ['cluster-id', ...server(context)]);
  holds(/Cluster ID: \S+/.test(output), output);
}

async function endToEnd(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 1);
  const args = [context.bootstrap, topic, '200', 'all', '100'];
  holds(/99.9th/.test(await tool(context, 'kafka-e2e-latency', args)), 'no percentiles');
}

const cases: Case[] = [
  { name: 'kafka-topics', run: topics },
  { name: 'kafka-topics-errors', run: topicErrors },
  { name: 'kafka-configs', run: configs },
  { name: 'kafka-configs-broker', run: brokerConfigs },
  ...['none', 'gzip', 'snappy', 'lz4', 'zstd'].map(
    (codec): Case => ({ name: `kafka-console-${codec}`, run: (context) => console_(context, codec) }),
  ),
  { name: 'kafka-consumer-groups', run: consumerGroups },
  { name: 'kafka-groups-state', run: groupState },
  { name: 'kafka-get-offsets', run: getOffsets },
  { name: 'kafka-delete-records', run: deleteRecords },
  { name: 'kafka-log-dirs', run: logDirs },
  { name: 'kafka-perf-tests', run: performance },
  { name: 'kafka-broker-api-versions', run: apiVersions },
  { name: 'kafka-verifiable', run: verifiable },
  { name: 'kafka-cluster', run: cluster },
  { name: 'kafka-e2e-latency', run: endToEnd },
].map((one) => ({ ...one, timeoutMs: 60_000 }));

await runCases('java-tools', cases, 2);
