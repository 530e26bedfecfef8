import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Case, type CaseContext, eventually, holds, runCases, same } from '../harness.ts';

const files = mkdtempSync(join(tmpdir(), 'quarry-kcat-'));
process.on('exit', () => rmSync(files, { recursive: true, force: true }));

interface Output {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running kcat; `stdout` grows while it runs. */
class Kcat {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Output>;
  readonly #stop: (signal: NodeJS.Signals) => void;

  constructor(context: CaseContext, args: readonly string[], input?: string) {
    const child = spawn('kcat', ['-b', context.bootstrap, ...args], { stdio: 'pipe' });
    context.defer(async () => child.kill('SIGKILL'));
    child.stdout.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
    this.#stop = (signal) => child.kill(signal);
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr }));
    });
  }

  stop(): Promise<Output> {
    this.#stop('SIGTERM');
    return this.ended;
  }
}

async function kcat(context: CaseContext, args: readonly string[], input?: string): Promise<string> {
  const output = await new Kcat(context, args, input).ended;
  if (output.code !== 0) throw new Error(`kcat ${args.join(' ')} ended with ${output.code}: ${output.stderr}`);
  return output.stdout;
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `k${i}:value ${i}`);

function produce(context: CaseContext, topic: string, values: readonly string[], ...args: string[]): Promise<string> {
  return kcat(context, ['-P', '-t', topic, '-K:', ...args], values.map((value) => `${value}\n`).join(''));
}

function read(context: CaseContext, topic: string, ...args: string[]): Promise<string> {
  return kcat(context, ['-C', '-q', '-t', topic, '-e', ...args]);
}

async function roundTrip(context: CaseContext, codec: string): Promise<void> {
  const topic = context.name('topic');
  const values = numbered(500);
  await produce(context, topic, values, '-z', codec, '-X', 'linger.ms=50');
  same(lines(await read(context, topic, '-o', 'beginning', '-f', '%k:%s\n')), values, 'records');
}

async function headers(context: CaseContext): Promise<void> {
  const topic = context.name('topic');
  await produce(context, topic, ['k:v'], '-H', 'one=1', '-H', 'two=zwei', '-H', 'one=again');
  const got = await read(context, topic, '-o', 'beginning', '-f', '%k %s %h\n');
  same(got, 'k v one=1,two=zwei,one=again\n', 'headers');
}

async function nulls(context: CaseContext): Promise<void> {
  const topic = context.name('topic');
  await produce(context, topic, ['only-key:', ':only-value'], '-Z');
  const got = await read(context, topic, '-o', 'beginning', '-Z', '-f', '%k|%K|%s|%S\n');
  same(lines(got), ['only-key|8|NULL|-1', 'NULL|-1|only-value|10'], 'nulls');
}

async function bigMessage(context: CaseContext): Promise<void> {
  const topic = context.name('topic');
  const path = join(files, topic);
  writeFileSync(path, 'x'.repeat(900_000));
  await kcat(context, ['-P', '-t', topic, path]);
  same((await read(context, topic, '-o', 'beginning', '-f', '%S\n')).trim(), '900000', 'size');
}

async function tooLarge(context: CaseContext): Promise<void> {
  const topic = context.name('topic');
  const path = join(files, topic);
  writeFileSync(path, 'x'.repeat(1_500_000));
  const output = await new Kcat(context, ['-P', '-t', topic, '-X', 'message.max.bytes=5000000', path]).ended;
  holds(/too large/i.test(output.stderr), `stderr: ${output.stderr}`);
}

async function idempotent(context: CaseContext): Promise<void> {
  const topic = context.name('topic');
  const values = numbered(5000);
  await produce(context, topic, values, '-X', 'enable.idempotence=true', '-X', 'batch.num.messages=50');
  same(lines(await read(context, topic, '-o', 'beginning', '-f', '%k:%s\n')), values, 'records in order');
}

async function acks(context: CaseContext): Promise<void> {
  const topic = context.name('topic');
  for (const wanted of ['0', '1', 'all']) await produce(context, topic, numbered(20), '-X', `acks=${wanted}`);
  await eventually(async () => lines(await read(context, topic, '-o', 'beginning')).length === 60, '60 records');
}

async function offsets(context: CaseContext): Promise<void> {
  const topic = context.name('topic');
  await produce(context, topic, numbered(100));
  same(lines(await read(context, topic, '-o', '95', '-f', '%o\n')), ['95', '96', '97', '98', '99'], 'from an offset');
  same(lines(await read(context, topic, '-o', '-2', '-f', '%o\n')), ['98', '99'], 'from near the end');
  same(lines(await read(context, topic, '-o', 'beginning', '-c', '3', '-f', '%o\n')), ['0', '1', '2'], 'three only');
}

async function byTime(context: CaseContext): Promise<void> {
  const topic = context.name('topic');
  await produce(context, topic, numbered(3));
  const stamps = lines(await read(context, topic, '-o', 'beginning', '-f', '%T\n'));
  await new Promise((resolve) => setImmediate(resolve));
  await produce(context, topic, ['late:late']);
  const last = Number(lines(await read(context, topic, '-o', '3', '-f', '%T\n'))[0]);
  holds(last > Number(stamps[0]), 'the clock of the producers');
  const query = await kcat(context, ['-Q', '-t', `${topic}:0:${last}`]);
  holds(/offset 3\b/.test(query), `query: ${query}`);
  same(lines(await read(context, topic, '-o', `s@${last}`, '-f', '%o\n')), ['3'], 'from a time');
}

async function metadata(context: CaseContext): Promise<void> {
  const topic = context.name('topic');
  await produce(context, topic, ['a:b']);
  const found = JSON.parse(await kcat(context, ['-L', '-J', '-t', topic])) as {
    brokers: { id: number; name: string }[];
    topics: { topic: string; partitions: { partition: number; leader: number }[] }[];
  };
  same(found.brokers.length, 1, 'brokers');
  same(found.brokers[0]?.name, context.bootstrap, 'address');
  same(found.topics[0]?.partitions.length, 1, 'partitions');
  same(found.topics[0]?.partitions[0]?.leader, found.brokers[0]?.id, 'leader');
}

async function group(context: CaseContext): Promise<void> {
  const topic = context.name('topic');
  const name = context.name('group');
  await produce(context, topic, numbered(40));
  const settings = ['-X', 'auto.offset.reset=earliest', '-X', 'heartbeat.interval.ms=500'];
  const first = await kcat(context, ['-G', name, ...settings, '-q', '-c', '40', '-f', '%o\n', topic]);
  same(lines(first).length, 40, 'read by the group');
  await produce(context, topic, numbered(5));
  const second = await kcat(context, ['-G', name, ...settings, '-q', '-c', '5', '-f', '%o\n', topic]);
  same(lines(second), ['40', '41', '42', '43', '44'], 'resumed after the commit');
}

/** Two members get one topic each; when one leaves the other has both. */
async function rebalance(context: CaseContext): Promise<void> {
  const topics = [context.name('topic'), context.name('topic')];
  const name = context.name('group');
  for (const topic of topics) await produce(context, topic, ['a:b']);
  const settings = [
    '-X',
    'auto.offset.reset=earliest',
    '-X',
    'heartbeat.interval.ms=500',
    '-X',
    'partition.assignment.strategy=roundrobin',
  ];
  const member = (): Kcat => new Kcat(context, ['-G', name, ...settings, '-u', '-f', '%t %s\n', ...topics]);
  const one = member();
  await eventually(() => /assigned: .*\n/.test(one.stderr), 'the first is assigned');
  const two = member();
  await eventually(() => /assigned: /.test(two.stderr), 'the second is assigned');
  await eventually(() => (one.stderr.match(/revoked/g) ?? []).length > 0, 'the first gave one up');
  const before = (one.stderr.match(/assigned: /g) ?? []).length;
  await two.stop();
  await eventually(() => (one.stderr.match(/assigned: /g) ?? []).length > before, 'the first is assigned again');
  for (const topic of topics) await produce(context, topic, ['x:last']);
  await eventually(() => topics.every((topic) => one.stdout.includes(`${topic} last`)), 'it reads both');
  await one.stop();
}

async function unknownTopic(context: CaseContext): Promise<void> {
  const topic = context.name('nowhere');
  const output = await new Kcat(context, ['-C', '-t', topic, '-e', '-X', 'allow.auto.create.topics=false']).ended;
  holds(/unknown topic/i.test(output.stderr), `stderr: ${output.stderr}`);
}

async function tail(context: CaseContext): Promise<void> {
  const topic = context.name('topic');
  await produce(context, topic, ['before:1']);
  const follower = new Kcat(context, ['-C', '-u', '-t', topic, '-o', 'end', '-f', '%s\n']);
  await eventually(() => /end of topic/.test(follower.stderr), 'at the end');
  await produce(context, topic, ['after:2']);
  await eventually(() => follower.stdout === '2\n', 'the new record');
  await follower.stop();
}

const cases: Case[] = [
  ...['none', 'gzip', 'snappy', 'lz4', 'zstd'].map(
    (codec): Case => ({ name: `produce-${codec}`, run: (context) => roundTrip(context, codec) }),
  ),
  { name: 'headers', run: headers },
  { name: 'nulls', run: nulls },
  { name: 'big-message', run: bigMessage },
  { name: 'error-message-too-large', run: tooLarge },
  { name: 'error-unknown-topic', run: unknownTopic },
  { name: 'idempotent', run: idempotent },
  { name: 'acks', run: acks },
  { name: 'offsets', run: offsets },
  { name: 'offsets-by-time', run: byTime },
  { name: 'metadata', run: metadata },
  { name: 'group-commit-and-resume', run: group },
  { name: 'group-rebalance', run: rebalance },
  { name: 'tail', run: tail },
];

await runCases('kcat', cases);
