import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../../base/clock.ts';
import type { RetryPolicy } from '../../objects/retry.ts';
import { Channel } from '../../base/channel.ts';
import type { Compacting, CompactionDone, CompactionHost, CompactionSwap, CompactionTask } from './types.ts';

/** What the thread needs to know. */
export interface CompactionWorkerOptions {
  readonly objectsUrl: string;
  readonly retry: RetryPolicy;
  readonly temporaryFolder: string;
  readonly indexBasePath: string;
  readonly decompressedLimitBytes: number;
  /** Shared memory, for `threadLogger`. */
  readonly logLevels: SharedArrayBuffer;
}

/** What the main thread calls in the thread. */
export type CompactionWorkerCalls = {
  compact: (task: CompactionTask) => Promise<CompactionDone>;
  metrics: (none: null) => Promise<object[]>;
};

/** What the thread calls in the main thread. */
export type CompactionHostCalls = {
  announce: (objectKey: string) => Promise<void>;
  abandon: (objectKey: string) => void;
  swap: (swap: CompactionSwap) => Promise<void>;
};

/** A thread without work ends after so long. */
const IDLE_MS = 60_000;

/** The worker's module beside this one: `.ts` when run from source, `.js` when built. */
const WORKER = new URL(
  `./compaction-worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`,
  import.meta.url,
);

interface Thread {
  readonly worker: Worker;
  readonly channel: Channel<CompactionWorkerCalls>;
}

/** Compacts in a thread of its own, at low priority, which is started when there is something to do. One pass at a time. */
export class ThreadedCompacting implements Compacting {
  readonly #options: CompactionWorkerOptions;
  readonly #clock: Clock;
  #thread: Thread | undefined;
  #host: CompactionHost | undefined;
  #idle: Timer | undefined;
  #closed = false;

  constructor(options: CompactionWorkerOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  async compact(task: CompactionTask, host: CompactionHost): Promise<CompactionDone> {
    if (this.#closed) throw new Error('the compaction thread has been ended');
    this.#idle?.cancel();
    this.#host = host;
    const { channel } = (this.#thread ??= this.#start());
    try {
      return await channel.call('compact', task);
    } finally {
      this.#host = undefined;
      this.#idle = this.#clock.after(IDLE_MS, () => void this.#end());
    }
  }

  #start(): Thread {
    const worker = new Worker(WORKER, { workerData: this.#options, name: 'compaction' });
    const host = (): CompactionHost => {
      if (this.#host === undefined) throw new Error('no pass is under way');
      return this.#host;
    };
    const calls: { [Name in keyof CompactionHostCalls]: CompactionHostCalls[Name] } = {
      announce: (objectKey) => host().announce(objectKey),
      abandon: (objectKey) => host().abandon(objectKey),
      swap: (swap) => host().swap(swap),
    };
    const thread = { worker, channel: new Channel<CompactionWorkerCalls>(worker, calls) };
    const ended = (reason: Error): void => {
      thread.channel.close(reason);
      if (this.#thread === thread) this.#thread = undefined;
    };
    worker.on('error', (cause) => ended(new Error(`the compaction thread failed: ${cause.message}`, { cause })));
    worker.on('exit', () => ended(new Error('the compaction thread has ended')));
    return thread;
  }

  async #end(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.worker.terminate();
  }

  /** The thread's metrics, to be shown with those of the other threads. */
  metrics(): Promise<object[]> {
    return this.#thread?.channel.call('metrics', null).catch(() => []) ?? Promise.resolve([]);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#idle?.cancel();
    await this.#end();
  }
}
