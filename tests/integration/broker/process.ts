import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { programFlags } from '../../../scripts/node24.mjs';

const ROOT = join(import.meta.dirname, '../../..');
const MAIN = join(ROOT, 'src/main/main.ts');

/** A folder that goes with the test. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'quarry-broker-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A folder for each test of a file; it goes with the test, and so do brokers that the test left running. */
export function folderOfEachTest(): { readonly path: string } {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(async () => {
    await endProcesses();
    folder.remove();
  });
  return {
    get path() {
      return folder.path;
    },
  };
}

/** How a process ended and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProcessOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A program and its arguments that run the broker. */
  readonly under?: readonly string[];
}

const running = new Set<BrokerProcess>();

/** Kills what a test that failed has left. */
export async function endProcesses(): Promise<void> {
  await Promise.all([...running].map((broker) => broker.kill('SIGKILL')));
}

/** The real program in a process of its own. */
export class BrokerProcess {
  readonly #child: ChildProcess;
  readonly ended: Promise<Ended>;
  #stdout = '';
  #stderr = '';
  bootstrap = '';
  http = '';

  private constructor(args: readonly string[], { env = {}, under = [] }: ProcessOptions) {
    const command = [...under, process.execPath, ...programFlags(), MAIN, ...args];
    this.#child = spawn(command[0]!, command.slice(1), {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout!.on('data', (chunk: Buffer) => (this.#stdout += chunk.toString()));
    this.#child.stderr!.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    running.add(this);
    this.ended = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => {
        running.delete(this);
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  /** Runs the program to its end. */
  static run(args: readonly string[], options: ProcessOptions = {}): Promise<Ended> {
    return new BrokerProcess(args, options).ended;
  }

  /** Runs `quarry serve` on free ports and resolves when it is ready. */
  static async serve(
    dataDir: string,
    args: readonly string[] = [],
    options: ProcessOptions = {},
  ): Promise<BrokerProcess> {
    const ports = ['--kafka.port', '0', '--http.port', '0'];
    const broker = new BrokerProcess(['serve', '--data.dir', dataDir, ...ports, ...args], options);
    const ready = new Promise<void>((resolve) => {
      broker.#child.stdout!.on('data', () => {
        const match = /^quarry ready kafka=(\S+) http=(\S+)/m.exec(broker.#stdout);
        if (match === null) return;
        broker.bootstrap = match[1]!;
        broker.http = match[2]!;
        resolve();
      });
    });
    const early = broker.ended.then(({ code, stderr }) => {
      if (broker.http === '') throw new Error(`the broker ended with ${code}: ${stderr}`);
    });
    await Promise.race([ready, early]);
    return broker;
  }

  get stderr(): string {
    return this.#stderr;
  }

  kill(signal: NodeJS.Signals): Promise<Ended> {
    this.#child.kill(signal);
    return this.ended;
  }
}
