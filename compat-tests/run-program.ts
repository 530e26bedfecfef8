import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { scheduler } from 'node:timers/promises';
import type { RunningBroker } from './brokers/broker.ts';
import { killTree } from './brokers/process-tree.ts';
import type { ClientProgram } from './clients.ts';
import type { CaseResult } from './report.ts';

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

/** Results of one client's cases against a broker, and how long they took without what was installed for them. */
export interface ClientRun {
  readonly results: CaseResult[];
  readonly seconds: number;
}

/** Runs the cases of one client that match `only`. */
export async function runClient(program: ClientProgram, broker: RunningBroker, only: string): Promise<ClientRun> {
  const env = {
    BOOTSTRAP: broker.bootstrap,
    ...(broker.http !== undefined && { HTTP: broker.http }),
    PREFIX: `c${randomBytes(3).toString('hex')}-`,
    ONLY: only,
    PROFILE: program.profile,
  };
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
  return { results, seconds: Number(process.hrtime.bigint() - began) / 1e9 };
}
