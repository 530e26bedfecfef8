import { type Case, type CaseContext, holds, same } from '../harness.ts';
import { consume, createTopic, fileWith, produce, server, tool, toolUntil } from './toolbox.ts';

async function topics(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 3, 'retention.ms=60000');
  const described = await tool('kafka-topics', [...server(context), '--describe', '--topic', topic]);
  holds(/PartitionCount: 3/.test(described), `describe: ${described}`);
  holds(/retention\.ms=60000/.test(described), `describe: ${described}`);
  holds((await tool('kafka-topics', [...server(context), '--list'])).includes(topic), 'not listed');
  await tool('kafka-topics', [...server(context), '--alter', '--topic', topic, '--partitions', '5']);
  const more = await tool('kafka-topics', [...server(context), '--describe', '--topic', topic]);
  holds(/PartitionCount: 5/.test(more), `describe after alter: ${more}`);
  await tool('kafka-topics', [...server(context), '--delete', '--topic', topic]);
}

async function topicErrors(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 1);
  const twice = ['--create', '--topic', topic];
  holds(/exists/.test(await tool('kafka-topics', [...server(context), ...twice], { exit: 1 })), 'exists');
  await tool('kafka-topics', [...server(context), ...twice, '--if-not-exists']);
  const missing = ['--delete', '--topic', context.name('missing')];
  await tool('kafka-topics', [...server(context), ...missing], { exit: 1 });
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

async function getOffsets(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 2);
  const lines = Array.from({ length: 30 }, (_, i) => `${i}`);
  await produce(context, topic, lines);
  const ask = (time: string): Promise<string> =>
    tool('kafka-get-offsets', [...server(context), '--topic', topic, '--time', time]);
  const sum = (text: string): number =>
    [...text.matchAll(/:\d+:(\d+)$/gm)].reduce((total, match) => total + Number(match[1]), 0);
  same(sum(await ask('latest')), 30, 'latest');
  same(sum(await ask('earliest')), 0, 'earliest');
}

async function deleteRecords(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 1);
  await produce(context, topic, ['a', 'b', 'c', 'd']);
  const content = JSON.stringify({ version: 1, partitions: [{ topic, partition: 0, offset: 3 }] });
  const plan = fileWith(`${topic}.json`, content);
  const output = await tool('kafka-delete-records', [...server(context), '--offset-json-file', plan]);
  holds(/low_watermark: 3/.test(output), output);
  holds(/^d$/m.test(await consume(context, topic, 1)), 'the rest');
}

async function logDirs(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 1);
  await produce(context, topic, ['x']);
  const output = await tool('kafka-log-dirs', [...server(context), '--describe', '--topic-list', topic]);
  holds(output.includes(`${topic}-0`), output);
}

async function performance(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 3);
  const load = ['--num-records', '20000', '--record-size', '200', '--throughput', '-1'];
  const made = await tool('kafka-producer-perf-test', [
    '--topic',
    topic,
    ...load,
    '--bootstrap-server',
    context.bootstrap,
  ]);
  holds(/20000 records sent/.test(made), made);
  const read = ['--topic', topic, '--num-records', '20000', '--timeout', '20000', '--hide-header'];
  const got = await tool('kafka-consumer-perf-test', [...server(context), ...read]);
  holds(/, 20000, /.test(got), got);
}

async function verifiable(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 2);
  const load = ['--topic', topic, '--max-messages', '500', '--acks', '-1'];
  // It ends with a hook of the Java machine, so it runs in a process of its own.
  const ended = (output: string): boolean => output.includes('"tool_data"');
  const made = await toolUntil(context, 'kafka-verifiable-producer', [...server(context), ...load], ended);
  same(made.match(/"producer_send_success"/g)?.length, 500, 'acknowledged');
  const read = ['--topic', topic, '--group-id', context.name('group'), '--max-messages', '500'];
  const got = await tool('kafka-verifiable-consumer', [...server(context), ...read]);
  const counts = [
    ...got.matchAll(/"name":"records_consumed".*?"count":(\d+)|"count":(\d+).*?"name":"records_consumed"/g),
  ];
  const total = counts.reduce((sum, match) => sum + Number(match[1] ?? match[2]), 0);
  same(total, 500, 'consumed');
}

async function endToEnd(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 1);
  const args = [context.bootstrap, topic, '200', 'all', '100'];
  holds(/99.9th/.test(await tool('kafka-e2e-latency', args)), 'no percentiles');
}

async function topicFilters(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 1, 'retention.ms=60000');
  const described = (...args: string[]): Promise<string> =>
    tool('kafka-topics', [...server(context), '--describe', '--topic', topic, ...args]);
  const overridden = await described('--topics-with-overrides');
  holds(overridden.includes(topic), 'with overrides');
  for (const filter of ['--under-replicated-partitions', '--unavailable-partitions', '--under-min-isr-partitions'])
    holds(!(await described(filter)).includes(topic), `${filter} names a healthy topic`);
  holds((await described('--at-min-isr-partitions')).includes(topic), 'one replica is what the minimum is');
  const id = /TopicId: (\S+)/.exec(await described())?.[1] ?? '';
  const byId = await tool('kafka-topics', [...server(context), '--describe', '--topic-id', id]);
  holds(byId.includes(topic), 'described by its id');
}

async function offsetsByTime(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 1);
  await produce(context, topic, ['a', 'b', 'c']);
  const ask = async (...args: string[]): Promise<string> =>
    (await tool('kafka-get-offsets', [...server(context), ...args])).trim();
  same(await ask('--topic', topic, '--time', 'latest'), `${topic}:0:3`, 'latest');
  same(await ask('--topic', topic, '--time', 'earliest-local'), `${topic}:0:0`, 'earliest-local');
  holds(/:0:[0-2]$/.test(await ask('--topic', topic, '--time', 'max-timestamp')), 'max-timestamp');
  same(await ask('--topic', topic, '--time', '1'), `${topic}:0:0`, 'the first after a time');
  same(await ask('--topic-partitions', `${topic}:0`), `${topic}:0:3`, 'of named partitions');
}

async function transactionalPerformance(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 2);
  const load = ['--num-records', '5000', '--record-size', '100', '--throughput', '-1'];
  const transaction = ['--transactional-id', context.name('id'), '--transaction-duration-ms', '100'];
  const where = ['--topic', topic, '--bootstrap-server', context.bootstrap];
  const made = await tool('kafka-producer-perf-test', [...where, ...load, ...transaction]);
  holds(/5000 records sent/.test(made), made);
  const read = ['--isolation-level', 'read_committed', '--max-messages', '5000', '--timeout-ms', '15000'];
  const args = ['--topic', topic, '--from-beginning', ...read];
  holds(/Processed a total of 5000/.test(await tool('kafka-console-consumer', [...server(context), ...args])), 'read');
}

/** It never ends, so it runs in a process of its own until it has reported. */
async function replicaVerification(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 1);
  await produce(context, topic, ['x', 'y']);
  const args = ['--broker-list', context.bootstrap, '--topics-include', topic, '--report-interval-ms', '500'];
  const output = await toolUntil(context, 'kafka-replica-verification', args, (text) => /max lag is/.test(text));
  holds(/max lag is 0/.test(output), output);
}

/** Topics, records and offsets. */
export const dataCases: readonly Case[] = [
  { name: 'kafka-topics', run: topics },
  { name: 'kafka-topics-errors', run: topicErrors },
  { name: 'kafka-topics-filters', run: topicFilters },
  ...['none', 'gzip', 'snappy', 'lz4', 'zstd'].map(
    (codec): Case => ({ name: `kafka-console-${codec}`, run: (context) => console_(context, codec) }),
  ),
  { name: 'kafka-get-offsets', run: getOffsets },
  { name: 'kafka-get-offsets-by-time', run: offsetsByTime },
  { name: 'kafka-delete-records', run: deleteRecords },
  { name: 'kafka-log-dirs', run: logDirs },
  { name: 'kafka-perf-tests', run: performance },
  { name: 'kafka-producer-perf-test-transactional', run: transactionalPerformance },
  { name: 'kafka-verifiable', run: verifiable },
  { name: 'kafka-e2e-latency', run: endToEnd },
  { name: 'kafka-replica-verification', run: replicaVerification },
];
