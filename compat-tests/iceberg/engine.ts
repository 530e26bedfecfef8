import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

interface Answer {
  readonly ok?: unknown;
  readonly error?: string;
}

/** Partition, offset and the value's text. */
export type TableRow = readonly [number, number, string];

/** An engine of another kind in a process of its own, which answers commands one after the other (`commands.py`). */
export class Engine {
  readonly #child: ChildProcess;
  readonly #waiting: ((answer: Answer) => void)[] = [];
  readonly #ready: Promise<unknown>;
  #errors = '';

  constructor(python: string, script: string, ...args: readonly string[]) {
    this.#child = spawn(python, [join(import.meta.dirname, script), ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#ready = this.#answer();
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      if (line.startsWith('{')) this.#waiting.shift()?.(JSON.parse(line) as Answer);
    });
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString()).slice(-2000);
    });
    this.#child.on('close', () => {
      for (const waits of this.#waiting.splice(0)) waits({ error: `the engine ended:\n${this.#errors}` });
    });
  }

  async #answer(): Promise<unknown> {
    const { ok, error } = await new Promise<Answer>((resolve) => this.#waiting.push(resolve));
    if (error !== undefined) throw new Error(error);
    return ok;
  }

  /** What the engine answers to a command. Rejects with its error. */
  async ask<T = unknown>(command: string, values: object = {}): Promise<T> {
    await this.#ready;
    this.#child.stdin!.write(`${JSON.stringify({ do: command, ...values })}\n`);
    return (await this.#answer()) as T;
  }

  /** The rows of a topic's table, now or at a snapshot, from an offset on, in order. */
  read(table: string, more: { snapshot?: string; first?: number } = {}): Promise<readonly TableRow[]> {
    return this.ask('read', { table, ...more });
  }

  async stop(): Promise<void> {
    this.#child.stdin!.end();
    if (this.#child.exitCode === null) await new Promise((resolve) => this.#child.once('close', resolve));
  }
}
