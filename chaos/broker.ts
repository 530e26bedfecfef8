import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { programFlags } from '../scripts/node24.mjs';
import { present } from '../src/base/assert.ts';

/** Where the program is, and how it is to be started. */
export interface BrokerPlace {
  /** Root of a checkout, or of a copy with a bug. */
  readonly checkout: string;
  readonly data: string;
  readonly log: string;
  readonly port: number;
  /** Port that clients are told. */
  readonly advertised: number;
}

/** The real broker as a process of its own, to be killed, paused and started again on the same data. */
export class Victim {
  readonly #place: BrokerPlace;
  #child: ChildProcess | undefined;
  httpAddress = '';

  constructor(place: BrokerPlace) {
    this.#place = place;
  }

  /** Starts it and resolves when it answers. Rejects when it ends before. */
  async start(): Promise<void> {
    const { checkout, data, log, port, advertised } = this.#place;
    const flags = [
      `--data.dir=${data}`,
      `--listeners=PLAINTEXT://127.0.0.1:${port}`,
      `--advertised.listeners=PLAINTEXT://127.0.0.1:${advertised}`,
      '--http.port=0',
      // Sealing, packing and draining go on all the time, so that faults meet them.
      '--wal.seal.bytes=1048576',
      '--wal.seal.age.ms=4000',
      '--processor.interval.ms=1000',
      '--processor.min.segment.age.ms=500',
      '--transaction.abort.timed.out.transaction.cleanup.interval.ms=1000',
    ];
    const output = openSync(log, 'a');
    const child = spawn(process.execPath, [...programFlags(), `${checkout}/src/main/main.ts`, 'serve', ...flags], {
      stdio: ['ignore', 'pipe', output],
    });
    closeSync(output);
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code, signal) => reject(new Error(`the broker ended with ${code ?? signal}: see ${log}`)));
      createInterface({ input: present(child.stdout, 'stdout of the broker') }).on('line', (line) => {
        const ready = /^quarry ready kafka=\S+ http=(\S+)$/.exec(line);
        if (ready === null) return;
        this.httpAddress = ready[1] ?? '';
        resolve();
      });
    });
  }

  /** True while the process is there; false when it died by itself. */
  get alive(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.alive) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }
}
