import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { scheduler } from 'node:timers/promises';
import { killTree } from './process-tree.ts';

/** A broker to test against. */
export interface RunningBroker {
  readonly name: string;
  /** `HOST:PORT` of the Kafka listener. */
  readonly bootstrap: string;
  /** `HOST:PORT` of the HTTP listener, where there is one. */
  readonly http?: string;
  /** Process that was started; 0 where the broker was running already. */
  readonly pid: number;
  /** Folder of its files, where it was started here. */
  readonly data?: string;
  /** Time from the start of the process until it answered. */
  readonly readyMs: number;
  /** Ends it with SIGTERM (or the signal) and removes its files unless told to keep them. */
  stop(how?: { signal?: NodeJS.Signals; keep?: boolean }): Promise<void>;
}

export interface Launch {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly data: string;
  readonly env?: NodeJS.ProcessEnv;
}

const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) if (child.pid !== undefined) killTree(child.pid);
});

/** A new empty folder for a broker's files. */
export function temporaryFolder(base: string | undefined, name: string): string {
  return mkdtempSync(join(base ?? tmpdir(), `quarry-${name}-`));
}

/** A port that nobody listens on at the moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject(address)));
    });
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** A child process of a broker with its output in a log file; `lines` sees its stdout. */
export class BrokerProcess {
  readonly child: ChildProcess;
  readonly #log: string;
  readonly #exited: Promise<void>;
  readonly #began = process.hrtime.bigint();

  constructor(launch: Launch, onLine?: (line: string) => void) {
    this.#log = join(launch.data, '..', `${launch.data.split('/').pop()}.log`);
    const log = openSync(this.#log, 'a');
    const stdio = ['ignore', onLine === undefined ? log : 'pipe', log] as const;
    this.child = spawn(launch.command, launch.args, { stdio: [...stdio], env: launch.env ?? process.env });
    closeSync(log);
    alive.add(this.child);
    this.#exited = new Promise((resolve) => {
      this.child.once('error', () => resolve());
      this.child.once('exit', () => resolve());
    });
    void this.#exited.then(() => alive.delete(this.child));
    if (onLine !== undefined && this.child.stdout !== null)
      createInterface({ input: this.child.stdout }).on('line', onLine);
  }

  get running(): boolean {
    return alive.has(this.child);
  }

  get elapsedMs(): number {
    return Number(process.hrtime.bigint() - this.#began) / 1e6;
  }

  /** The end of its log, for messages. */
  logTail(): string {
    return readFileSync(this.#log, 'utf8').slice(-3000);
  }

  /** Waits until `ready` holds; throws with the end of the log when the process ends or time is up. */
  async until(ready: () => boolean | Promise<boolean>, timeoutMs: number): Promise<void> {
    while (!(await ready())) {
      if (!this.running) throw new Error(`the broker ended before it was ready:\n${this.logTail()}`);
      if (this.elapsedMs > timeoutMs) {
        killTree(this.child.pid ?? 0);
        throw new Error(`the broker was not ready within ${timeoutMs} ms:\n${this.logTail()}`);
      }
      await scheduler.wait(5);
    }
  }

  async untilPort(port: number, timeoutMs: number): Promise<void> {
    await this.until(() => answers(port), timeoutMs);
  }

  async stop(signal: NodeJS.Signals): Promise<void> {
    this.child.kill(signal);
    const grace = new AbortController();
    const killer = scheduler.wait(20_000, { signal: grace.signal }).then(
      () => killTree(this.child.pid ?? 0),
      () => undefined,
    );
    await this.#exited;
    grace.abort();
    await killer;
  }

  removeLog(): void {
    rmSync(this.#log, { force: true });
  }
}
