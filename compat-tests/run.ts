import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { scheduler } from 'node:timers/promises';
import type { RunningBroker } from './brokers/broker.ts';
import { progress } from './brokers/cache.ts';
import { startKafka } from './brokers/kafka.ts';
import { killTree } from './brokers/process-tree.ts';
import { startQuarry } from './brokers/quarry.ts';
import { type ClientProgram, clientPrograms } from './clients.ts';
import { type CompatOptions, parseOptions } from './options.ts';
import { type CaseResult, clientTable, closingLine } from './report.ts';

function startBroker(options: CompatOptions): Promise<RunningBroker> {
  if (options.broker === 'kafka') return startKafka();
  if (options.broker === 'quarry') return startQuarry({ flags: ['--log.level', 'warn', ...options.flags] });
  const stop = async (): Promise<void> => undefined;
  return Promise.resolve({ name: options.broker, bootstrap: options.broker, pid: 0, readyMs: 0, stop });
}

/** What a client program has said so far: its plan, and a result for each case that ended. */
class Transcript {
  readonly results: CaseResult[] = [];
  #plan: string[] = [];

  line(text: string): void {
    if (!text.startsWith('{')) return;
    const parsed = JSON.parse(text) as CaseResult & { plan?: string[] };
    if (parsed.plan !== undefined) this.#plan = parsed.plan;
    else this.results.push(parsed);
  }

  /** Adds a failure for each planned case without a result, or one for the program where it had not even a plan. */
  close(client: string, why: string): CaseResult[] {
    const reported = new Set(this.results.map((result) => result.case));
    const missing = this.#plan.filter((name) => !reported.has(name));
    if (this.#plan.length === 0 && why !== '') missing.push('start');
    for (const name of missing) this.results.push({ client, case: name, ok: false, detail: why || 'no result', ms: 0 });
    return this.results;
  }
}

async function runProgram(
  program: ClientProgram,
  command: { command: string; args: readonly string[] },
  env: Readonly<Record<string, string>>,
): Promise<CaseResult[]> {
  const transcript = new Transcript();
  const child = spawn(command.command, command.args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-4000);
  });
  createInterface({ input: child.stdout }).on('line', (text) => transcript.line(text));
  const ended = new AbortController();
  let stopped = false;
  const limit = scheduler.wait(program.limitS * 1000, { signal: ended.signal }).then(
    () => {
      stopped = true;
      if (child.pid !== undefined) killTree(child.pid);
    },
    () => undefined,
  );
  const code = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (exit, signal) => resolve(exit === 0 ? '' : `the program ended with ${exit ?? signal}`));
  });
  ended.abort();
  await limit;
  const why = stopped ? `the program was stopped after ${program.limitS} s` : code;
  return transcript.close(program.name, why === '' ? '' : `${why}\n${stderr}`);
}

async function runClient(program: ClientProgram, broker: RunningBroker, only: string): Promise<CaseResult[]> {
  const env = { BOOTSTRAP: broker.bootstrap, PREFIX: `c${randomBytes(3).toString('hex')}-`, ONLY: only };
  let results: CaseResult[];
  let began = process.hrtime.bigint();
  try {
    const command = program.prepare();
    began = process.hrtime.bigint();
    results = await runProgram(program, command, env);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    results = [{ client: program.name, case: 'install', ok: false, detail, ms: 0 }];
  }
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  process.stdout.write(`${clientTable(program.name, results, seconds)}\n`);
  return results;
}

async function main(): Promise<number> {
  const names = clientPrograms.map((program) => program.name);
  const options = parseOptions(process.argv.slice(2), names);
  const broker = await startBroker(options);
  progress(`compat: ${broker.name} on ${broker.bootstrap}, ready after ${Math.round(broker.readyMs)} ms`);
  const results: CaseResult[] = [];
  try {
    for (const program of clientPrograms) {
      if (options.clients.length > 0 && !options.clients.includes(program.name)) continue;
      progress(`compat: ${program.name} …`);
      results.push(...(await runClient(program, broker, options.only)));
    }
  } finally {
    await broker.stop();
  }
  process.stdout.write(`${closingLine(results)}\n`);
  return results.length > 0 && results.every((result) => result.ok) ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
process.exit(await main());
