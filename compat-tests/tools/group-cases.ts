import { type Case, type CaseContext, eventually, holds, same } from '../harness.ts';
import { consume, createTopic, fileWith, newFolder, produce, row, server, tool, type ToolName } from './toolbox.ts';

const TEN = Array.from({ length: 10 }, (_, i) => `${i}`);

async function consumerGroups(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 1);
  const group = context.name('group');
  await produce(
    context,
    topic,
    Array.from({ length: 20 }, (_, i) => `${i}`),
  );
  await consume(context, topic, 12, '--group', group);
  const ask = (...args: string[]): Promise<string> => tool('kafka-consumer-groups', [...server(context), ...args]);
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
  const state = await tool('kafka-consumer-groups', args);
  holds(/Empty/.test(state), `state: ${state}`);
  holds((await tool('kafka-groups', [...server(context), '--list'])).includes(group), 'kafka-groups');
}

/** A group that has read some of ten records and left. */
async function group(context: CaseContext, read: number, ...args: string[]): Promise<{ topic: string; name: string }> {
  const topic = await createTopic(context, 1);
  const name = context.name('group');
  await produce(context, topic, TEN);
  await consume(context, topic, read, '--group', name, ...args);
  return { topic, name };
}

async function newProtocol(context: CaseContext): Promise<void> {
  const { topic, name } = await group(context, 4, '--consumer-property', 'group.protocol=consumer');
  const ask = (...args: string[]): Promise<string> => tool('kafka-consumer-groups', [...server(context), ...args]);
  same(row(await ask('--describe', '--group', name), name).slice(1, 6), [topic, '0', '4', '10', '6'], 'offsets');
  const state = await ask('--describe', '--group', name, '--state', '--verbose');
  holds(/uniform/.test(state) && /Empty/.test(state), `state: ${state}`);
  const groups = await tool('kafka-groups', [...server(context), '--list', '--consumer']);
  same(row(groups, name), [name, 'Consumer', 'consumer'], 'kafka-groups');
  holds(/successful/.test(await ask('--delete', '--group', name)), 'delete');
}

async function resets(context: CaseContext): Promise<void> {
  const { topic, name } = await group(context, 5);
  const ask = async (...how: string[]): Promise<string | undefined> => {
    const args = ['--reset-offsets', '--group', name, '--topic', topic, ...how, '--execute'];
    return row(await tool('kafka-consumer-groups', [...server(context), ...args]), name)[3];
  };
  same(await ask('--to-earliest'), '0', 'to-earliest');
  same(await ask('--to-latest'), '10', 'to-latest');
  same(await ask('--shift-by', '-3'), '7', 'shift-by');
  same(await ask('--to-current'), '7', 'to-current');
  same(await ask('--by-duration', 'PT1H'), '0', 'by-duration');
  same(await ask('--to-datetime', '2001-01-01T00:00:00.000'), '0', 'to-datetime');
  const plan = fileWith(`${name}.csv`, `${topic},0,6\n`);
  const file = ['--reset-offsets', '--group', name, '--from-file', plan, '--execute'];
  same(row(await tool('kafka-consumer-groups', [...server(context), ...file]), name)[3], '6', 'from-file');
  const exported = ['--reset-offsets', '--group', name, '--topic', topic, '--to-offset', '2', '--dry-run', '--export'];
  const text = await tool('kafka-consumer-groups', [...server(context), ...exported]);
  holds(new RegExp(`${topic}"?,0,2`).test(text), `export: ${text}`);
}

async function deleteOffsets(context: CaseContext): Promise<void> {
  const { topic, name } = await group(context, 5);
  const args = ['--delete-offsets', '--group', name, '--topic', topic];
  holds(/Successful/.test(await tool('kafka-consumer-groups', [...server(context), ...args])), 'delete-offsets');
  const described = await tool('kafka-consumer-groups', [...server(context), '--describe', '--group', name]);
  holds(row(described, name).length === 0, `still there: ${described}`);
}

async function allGroups(context: CaseContext): Promise<void> {
  const { name } = await group(context, 1);
  const listed = await tool('kafka-consumer-groups', [...server(context), '--list', '--state']);
  same(row(listed, name), [name, 'Empty'], 'list --state');
  const empty = await tool('kafka-consumer-groups', [...server(context), '--list', '--state', 'Stable']);
  same(row(empty, name), [], 'list --state Stable');
  const typed = await tool('kafka-consumer-groups', [...server(context), '--list', '--type']);
  same(row(typed, name), [name, 'Classic'], 'list --type');
  // Fails while another case deletes a group that it has listed.
  const every = [...server(context), '--describe', '--all-groups', '--offsets'];
  const all = (): Promise<string> => tool('kafka-consumer-groups', every).catch(() => '');
  await eventually(async () => (await all()).includes(name), 'describe --all-groups');
  const members = ['--describe', '--group', name, '--members', '--verbose'];
  holds(/no active members/.test(await tool('kafka-consumer-groups', [...server(context), ...members])), 'members');
}

async function missingGroups(context: CaseContext): Promise<void> {
  const tools: readonly ToolName[] = ['kafka-consumer-groups', 'kafka-share-groups', 'kafka-streams-groups'];
  for (const name of tools) {
    const args = [...server(context), '--describe', '--group', context.name('no')];
    const said = await tool(name, args).catch((error: unknown) => String(error));
    holds(/not found|does not exist|GroupIdNotFound/i.test(said), `${name}: ${said}`);
  }
}

/** Begins a share group at the start of a topic with ten records, and lets it read some. */
async function shareGroup(context: CaseContext, read: number): Promise<{ topic: string; name: string }> {
  const topic = await createTopic(context, 1);
  const name = context.name('share');
  await produce(context, topic, TEN);
  const entity = ['--entity-type', 'groups', '--entity-name', name];
  const config = ['--alter', '--add-config', 'share.auto.offset.reset=earliest'];
  await tool('kafka-configs', [...server(context), ...entity, ...config]);
  const limits = ['--max-messages', `${read}`, '--timeout-ms', '15000'];
  const output = await tool('kafka-console-share-consumer', [
    ...server(context),
    '--topic',
    topic,
    '--group',
    name,
    ...limits,
  ]);
  holds(new RegExp(`total of ${read} messages`).test(output), output);
  return { topic, name };
}

async function shareGroups(context: CaseContext): Promise<void> {
  const { topic, name } = await shareGroup(context, 10);
  const ask = (...args: string[]): Promise<string> => tool('kafka-share-groups', [...server(context), ...args]);
  holds((await ask('--list')).includes(name), 'not listed');
  same(row(await ask('--list', '--state'), name), [name, 'Empty'], 'list --state');
  same(row(await ask('--describe', '--group', name), name).slice(0, 3), [name, topic, '0'], 'describe');
  holds(/Empty/.test(await ask('--describe', '--group', name, '--state')), 'state');
  holds(/no active members/.test(await ask('--describe', '--group', name, '--members')), 'members');
  const reset = ['--reset-offsets', '--group', name, '--topic', topic, '--to-earliest', '--execute'];
  same(row(await ask(...reset), name), [name, topic, '0', '0'], 'reset-offsets');
  await ask('--delete-offsets', '--group', name, '--topic', topic);
  same(row(await ask('--describe', '--group', name), name).length, 0, 'offsets are gone');
  holds(/successful/.test(await ask('--delete', '--group', name)), 'delete');
}

async function shareConsumers(context: CaseContext): Promise<void> {
  const { topic, name } = await shareGroup(context, 10);
  const load = ['--num-records', '2000', '--record-size', '100', '--throughput', '-1'];
  const where = ['--topic', topic, '--bootstrap-server', context.bootstrap];
  await tool('kafka-producer-perf-test', [...where, ...load]);
  const read = ['--topic', topic, '--group', name, '--num-records', '2000', '--timeout', '20000'];
  const got = await tool('kafka-share-consumer-perf-test', [...server(context), ...read]);
  holds(/, 2000, /.test(got), got);
}

async function verifiableShare(context: CaseContext): Promise<void> {
  const topic = await createTopic(context, 1);
  await produce(context, topic, TEN);
  const where = ['--topic', topic, '--group-id', context.name('share')];
  const how = ['--max-messages', '10', '--offset-reset-strategy', 'earliest'];
  const got = await tool('kafka-verifiable-share-consumer', [...server(context), ...where, ...how]);
  holds(/offset_reset_strategy_set/.test(got) && /records_consumed/.test(got), got);
}

/** Runs an application of Kafka Streams over three lines with six words, to its end. */
async function streamsApplication(context: CaseContext, protocol: string): Promise<{ input: string; name: string }> {
  const input = await createTopic(context, 1);
  const output = await createTopic(context, 1);
  const name = context.name('app');
  await produce(context, input, ['to be', 'or not', 'to be']);
  const args = [context.bootstrap, name, input, output, protocol, '6', newFolder()];
  await tool('streams-application', args);
  return { input, name };
}

async function streamsGroups(context: CaseContext): Promise<void> {
  const { input, name } = await streamsApplication(context, 'streams');
  const ask = (...args: string[]): Promise<string> => tool('kafka-streams-groups', [...server(context), ...args]);
  same(row(await ask('--list', '--state'), name), [name, 'Empty'], 'list --state');
  holds(/Empty/.test(await ask('--describe', '--group', name, '--state')), 'state');
  const reset = ['--reset-offsets', '--group', name, '--input-topic', input, '--to-earliest', '--execute'];
  same(row(await ask(...reset), name).slice(0, 4), [name, input, '0', '0'], 'reset-offsets');
  holds(/successful/.test(await ask('--delete', '--group', name)), 'delete');
  holds(!(await ask('--list')).includes(name), 'it is still listed');
}

async function applicationReset(context: CaseContext): Promise<void> {
  const { input, name } = await streamsApplication(context, 'classic');
  const topics = async (): Promise<string> => tool('kafka-topics', [...server(context), '--list']);
  const changelog = `${name}-KSTREAM-AGGREGATE-STATE-STORE-0000000003-changelog`;
  holds((await topics()).includes(changelog), 'the internal topics are there');
  const args = ['--application-id', name, '--input-topics', input, '--to-earliest', '--force'];
  const output = await tool('kafka-streams-application-reset', [...server(context), ...args]);
  holds(new RegExp(`Topic: ${input} Partition: 0 Offset: 0`).test(output), output);
  await eventually(async () => !(await topics()).includes(changelog), 'the internal topics are deleted');
}

/** Consumer groups, share groups, streams groups. */
export const groupCases: readonly Case[] = [
  { name: 'kafka-consumer-groups', run: consumerGroups },
  { name: 'kafka-consumer-groups-new-protocol', run: newProtocol },
  { name: 'kafka-consumer-groups-resets', run: resets },
  { name: 'kafka-consumer-groups-delete-offsets', run: deleteOffsets },
  { name: 'kafka-consumer-groups-all', run: allGroups },
  { name: 'kafka-groups-state', run: groupState },
  { name: 'kafka-groups-missing', run: missingGroups },
  { name: 'kafka-share-groups', run: shareGroups },
  { name: 'kafka-share-consumer-perf-test', run: shareConsumers },
  { name: 'kafka-verifiable-share-consumer', run: verifiableShare },
  { name: 'kafka-streams-groups', run: streamsGroups },
  { name: 'kafka-streams-application-reset', run: applicationReset },
];
