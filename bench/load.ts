import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { kafkaJars } from '../compat-tests/brokers/kafka.ts';
import { javaClasses, pythonWithClients } from '../compat-tests/clients.ts';
import { payloadFile, RECORD_BYTES } from './payload.ts';

/** What a client moved: payload bytes and the seconds that it took, without the start of the client itself. */
export interface Moved {
  readonly bytes: number;
  readonly seconds: number;
}

export interface Times {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const LIMIT_MS = 300_000;

/** What a program prints, once it ended well. */
export function collect(child: ChildProcess, what: string): Promise<string> {
  let output = '';
  let errors = '';
  child.stdout?.on('data', (chunk: Buffer) => void (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => void (errors = (errors + chunk.toString()).slice(-800)));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${what} ended with ${code ?? signal}: ${errors}${output.slice(-1500)}`));
    });
  });
}

function startLibrdkafka(
  command: string,
  bootstrap: string,
  topic: string,
  args: readonly string[],
  limitMs?: number,
): ChildProcess {
  const program = join(import.meta.dirname, 'librdkafka.py');
  return spawn(pythonWithClients(), ['-u', program, command, bootstrap, topic, ...args], {
    stdio: 'pipe',
    timeout: limitMs,
    killSignal: 'SIGKILL',
  });
}

/** Runs one command of librdkafka.py and gives its result. */
export async function librdkafka<T>(command: string, bootstrap: string, topic: string, ...args: string[]): Promise<T> {
  const child = startLibrdkafka(command, bootstrap, topic, args, LIMIT_MS);
  return JSON.parse(await collect(child, `librdkafka ${command}`)) as T;
}

/** Produces at a steady rate (bytes per second) in the background until `stop` is called. */
export function trickle(bootstrap: string, topic: string, rate: number): { stop(): Promise<Moved> } {
  // It ends when this process does: its standard input is closed then.
  const child = startLibrdkafka('trickle', bootstrap, topic, [`${rate}`, payloadFile()]);
  const ended = collect(child, 'librdkafka trickle');
  ended.catch(() => undefined);
  return {
    async stop() {
      child.stdin?.end();
      return JSON.parse(await ended) as Moved;
    },
  };
}

function javaTool(name: string, args: readonly string[], classPath = join(kafkaJars(), '*')): Promise<string> {
  const machine = ['-Xmx1g', '-XX:+UseG1GC', '-cp', classPath];
  const logging = `-Dlog4j2.configurationFile=${join(import.meta.dirname, '..', 'compat-tests', 'java', 'log4j2.properties')}`;
  const child = spawn('java', [...machine, logging, name, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  return collect(child, name);
}

/**
 * Java ProducerPerformance with acks=all. The first quarter of the records is not counted: in it the client's own JVM
 * warms up.
 */
export async function javaProduce(
  bootstrap: string,
  topic: string,
  count: number,
  settings: readonly string[],
): Promise<Moved> {
  const output = await javaTool('org.apache.kafka.tools.ProducerPerformance', [
    '--topic',
    topic,
    '--num-records',
    `${count}`,
    '--throughput',
    '-1',
    '--payload-file',
    payloadFile(),
    '--reporting-interval',
    '600000',
    '--warmup-records',
    `${Math.floor(count / 4)}`,
    '--command-property',
    `bootstrap.servers=${bootstrap}`,
    'acks=all',
    ...settings,
  ]);
  const steady = [...output.matchAll(/(\d+)( steady state)? records sent, ([\d.]+) records\/sec/g)].at(-1);
  if (steady === undefined || /exception/i.test(output)) throw new Error(`ProducerPerformance: ${output.slice(-1500)}`);
  // All bytes count for what the broker spent; the time is what they take at the steady rate.
  return { bytes: count * RECORD_BYTES, seconds: count / Number(steady[3]) };
}

/** Java ConsumerPerformance from the beginning; the time is that of fetching, without joining the group. */
export async function javaConsume(bootstrap: string, topic: string, count: number): Promise<Moved> {
  const output = await javaTool('org.apache.kafka.tools.ConsumerPerformance', [
    '--bootstrap-server',
    bootstrap,
    '--topic',
    topic,
    '--num-records',
    `${count}`,
    '--hide-header',
    '--timeout',
    '20000',
  ]);
  const row = output.split('\n').findLast((line) => /^\d{4}-\d\d-\d\d /.test(line));
  const columns = row?.split(',').map((column) => column.trim()) ?? [];
  const records = Number(columns[4] ?? 0);
  if (records < count) throw new Error(`ConsumerPerformance read ${records} of ${count}: ${output.slice(-800)}`);
  return { bytes: records * RECORD_BYTES, seconds: Number(columns[7]) / 1000 };
}

/** What Load.java tells; `readyMs` of groups only. */
export interface JavaLoad extends Times {
  readonly count: number;
  readonly seconds: number;
  readonly readyMs: number;
}

/** Runs a part of bench/java/Load.java: so many producers or groups, for so many seconds. */
export async function javaLoad(
  part: 'transactions' | 'groups',
  bootstrap: string,
  topic: string,
  count: number,
  seconds: number,
): Promise<JavaLoad> {
  const classPath = javaClasses('bench-classes', '../bench/java');
  return JSON.parse(await javaTool('Load', [part, bootstrap, topic, `${count}`, `${seconds}`], classPath)) as JavaLoad;
}
