import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { CaseContext } from '../harness.ts';

/** The console tools of Apache Kafka: the class behind each `bin/kafka-….sh`, and a program of our own. */
const TOOLS = {
  'streams-application': 'StreamsApplication',
  'kafka-acls': 'org.apache.kafka.tools.AclCommand',
  'kafka-broker-api-versions': 'org.apache.kafka.tools.BrokerApiVersionsCommand',
  'kafka-client-metrics': 'org.apache.kafka.tools.ClientMetricsCommand',
  'kafka-cluster': 'org.apache.kafka.tools.ClusterTool',
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'kafka-console-producer': 'org.apache.kafka.tools.ConsoleProducer',
  'kafka-console-share-consumer': 'org.apache.kafka.tools.consumer.ConsoleShareConsumer',
  'kafka-consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'kafka-consumer-perf-test': 'org.apache.kafka.tools.ConsumerPerformance',
  'kafka-delegation-tokens': 'org.apache.kafka.tools.DelegationTokenCommand',
  'kafka-delete-records': 'org.apache.kafka.tools.DeleteRecordsCommand',
  'kafka-e2e-latency': 'org.apache.kafka.tools.EndToEndLatency',
  'kafka-features': 'org.apache.kafka.tools.FeatureCommand',
  'kafka-get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
  'kafka-groups': 'org.apache.kafka.tools.GroupsCommand',
  'kafka-leader-election': 'org.apache.kafka.tools.LeaderElectionCommand',
  'kafka-log-dirs': 'org.apache.kafka.tools.LogDirsCommand',
  'kafka-metadata-quorum': 'org.apache.kafka.tools.MetadataQuorumCommand',
  'kafka-producer-perf-test': 'org.apache.kafka.tools.ProducerPerformance',
  'kafka-reassign-partitions': 'org.apache.kafka.tools.reassign.ReassignPartitionsCommand',
  'kafka-replica-verification': 'org.apache.kafka.tools.ReplicaVerificationTool',
  'kafka-share-consumer-perf-test': 'org.apache.kafka.tools.ShareConsumerPerformance',
  'kafka-share-groups': 'org.apache.kafka.tools.consumer.group.ShareGroupCommand',
  'kafka-streams-groups': 'org.apache.kafka.tools.streams.StreamsGroupCommand',
  'kafka-streams-application-reset': 'org.apache.kafka.tools.StreamsResetter',
  'kafka-topics': 'org.apache.kafka.tools.TopicCommand',
  'kafka-transactions': 'org.apache.kafka.tools.TransactionsCommand',
  'kafka-verifiable-consumer': 'org.apache.kafka.tools.VerifiableConsumer',
  'kafka-verifiable-producer': 'org.apache.kafka.tools.VerifiableProducer',
  'kafka-verifiable-share-consumer': 'org.apache.kafka.tools.VerifiableShareConsumer',
} as const;

export type ToolName = keyof typeof TOOLS;

const classPath = process.env['TOOLS_CLASS_PATH'] ?? '';
const logging = `-Dlog4j2.configurationFile=${join(import.meta.dirname, '..', 'java', 'log4j2.properties')}`;
const machine = ['-Xmx384m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', logging, '-cp', classPath];

const files = mkdtempSync(join(tmpdir(), 'quarry-tools-'));
process.on('exit', () => rmSync(files, { recursive: true, force: true }));

/** Writes a file that a tool reads, and gives its path. */
export function fileWith(name: string, content: string): string {
  const path = join(files, name);
  writeFileSync(path, content);
  return path;
}

/** A new folder for what a tool keeps. */
export function newFolder(): string {
  return mkdtempSync(join(files, 'folder-'));
}

interface Outcome {
  readonly exit: number;
  readonly output: string;
}

/** The process in which the tools run (Toolbox.java): to start a machine for each call would take most of the time. */
class Toolbox {
  readonly #child: ChildProcess = spawn('java', [...machine, 'Toolbox'], { stdio: ['pipe', 'pipe', 'inherit'] });
  readonly #waiting = new Map<string, (outcome: Outcome) => void>();
  #calls = 0;

  constructor() {
    if (this.#child.stdout === null) throw new Error('no pipe to the toolbox');
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const [id = '', exit = '', output = ''] = line.split(' ');
      const text = output === '-' ? '' : Buffer.from(output, 'base64').toString();
      this.#waiting.get(id)?.({ exit: Number(exit), output: text });
      this.#waiting.delete(id);
    });
    this.#child.once('exit', () => {
      for (const answer of this.#waiting.values()) answer({ exit: -1, output: 'the toolbox has ended' });
    });
    process.on('exit', () => this.#child.kill('SIGKILL'));
  }

  call(tool: string, args: readonly string[], input: string): Promise<Outcome> {
    const id = `${++this.#calls}`;
    const encode = (text: string): string => (text === '' ? '-' : Buffer.from(text).toString('base64'));
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#child.stdin?.write(`${id} ${tool} ${encode(args.join('\0'))} ${encode(input)}\n`);
    });
  }
}

let toolbox: Toolbox | undefined;

/** Runs a tool to its end and gives its output, stdout and stderr as they come; throws when it ends with another code than `exit`. */
export async function tool(
  name: ToolName,
  args: readonly string[],
  { input = '', exit = 0 }: { input?: string; exit?: number } = {},
): Promise<string> {
  toolbox ??= new Toolbox();
  const outcome = await toolbox.call(TOOLS[name], args, input);
  if (outcome.exit === exit) return outcome.output;
  throw new Error(`${name} ${args.join(' ')} ended with ${outcome.exit}:\n${outcome.output.slice(-1500)}`);
}

/** Runs a tool that does not end by itself in a process of its own, until `enough` says true of its output. */
export function toolUntil(
  context: CaseContext,
  name: ToolName,
  args: readonly string[],
  enough: (output: string) => boolean,
): Promise<string> {
  const child = spawn('java', [...machine, TOOLS[name], ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  context.defer(async () => child.kill('SIGKILL'));
  let output = '';
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      output += chunk.toString();
      if (!enough(output)) return;
      child.kill('SIGTERM');
      resolve(output);
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`${name} ended with ${code}:\n${output.slice(-1500)}`)));
  });
}

/** The flags by which every tool is told of the broker. */
export function server(context: CaseContext): string[] {
  return ['--bootstrap-server', context.bootstrap];
}

/** Creates a topic with configs as `name=value`. */
export async function createTopic(context: CaseContext, partitions: number, ...configs: string[]): Promise<string> {
  const topic = context.name('topic');
  const create = ['--create', '--topic', topic, '--partitions', `${partitions}`];
  await tool('kafka-topics', [...server(context), ...create, ...configs.flatMap((one) => ['--config', one])]);
  return topic;
}

/** Writes a record for each line. */
export async function produce(
  context: CaseContext,
  topic: string,
  lines: readonly string[],
  ...args: string[]
): Promise<void> {
  const input = lines.map((line) => `${line}\n`).join('');
  await tool('kafka-console-producer', [...server(context), '--topic', topic, ...args], { input });
}

/** Reads so many records from the beginning and gives what the console consumer prints. */
export function consume(context: CaseContext, topic: string, count: number, ...args: string[]): Promise<string> {
  const limits = ['--max-messages', `${count}`, '--timeout-ms', '15000'];
  const from = ['--topic', topic, '--from-beginning'];
  return tool('kafka-console-consumer', [...server(context), ...from, ...limits, ...args]);
}

/** The words of the first line that begins with `first`. */
export function row(output: string, first: string): string[] {
  const line = output.split('\n').find((one) => one.trim().split(/\s+/)[0] === first);
  return line?.trim().split(/\s+/) ?? [];
}
