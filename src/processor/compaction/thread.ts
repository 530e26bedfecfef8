import { Worker } from 'node:worker_threads';
import { assert, present } from '../../base/assert.ts';
import type { Clock, Timer } from '../../base/clock.ts';
import type { RetryPolicy } from '../../objects/retry.ts';
import { Channel } from '../../base/channel.ts';
import { RetiredMetrics } from '../../base/retired-metrics.ts';
import type { Erasing, ErasureDone, ErasureHost, ErasureTask, SectionSwap, TextSwap } from '../erasure/types.ts';
import type { MergeDone, MergeHost, Merging, PackMergeTask, PackSwap, TextMergeTask } from '../merging/types.ts';
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
  erase: (task: ErasureTask) => Promise<ErasureDone>;
  mergePacks: (task: PackMergeTask) => Promise<MergeDone>;
  mergeText: (task: TextMergeTask) => Promise<MergeDone>;
  metrics: (none: null) => Promise<object[]>;
};

/** What the thread calls in the main thread. */
export type CompactionHostCalls = {
  announce: (objectKey: string) => Promise<void>;
  abandon: (objectKey: string) => void;
  swap: (swap: CompactionSwap) => Promise<void>;
  swapSection: (swap: SectionSwap) => Promise<void>;
  swapText: (swap: TextSwap) => Promise<void>;
  swapPack: (swap: PackSwap) => Promise<void>;
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

/** Who asked for the pass that is under way. */
type PassHost = {
  readonly uploads: Pick<CompactionHost, 'announce' | 'abandon'>;
  readonly compaction?: CompactionHost;
  readonly erasure?: ErasureHost;
  readonly merging?: MergeHost;
};

/** Rewrites in a thread of its own, at low priority, which is started when there is something to do. One pass at a time. */
export class ThreadedCompacting implements Compacting, Erasing, Merging {
  readonly #options: CompactionWorkerOptions;
  readonly #clock: Clock;
  readonly #retired = new RetiredMetrics();
  #thread: Thread | undefined;
  #host: PassHost | undefined;
  #idle: Timer | undefined;
  #closed = false;

  constructor(options: CompactionWorkerOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  compact(task: CompactionTask, host: CompactionHost): Promise<CompactionDone> {
    return this.#pass({ uploads: host, compaction: host }, (channel) => channel.call('compact', task));
  }

  erase(task: ErasureTask, host: ErasureHost): Promise<ErasureDone> {
    return this.#pass({ uploads: host, erasure: host }, (channel) => channel.call('erase', task));
  }

  mergePacks(task: PackMergeTask, host: MergeHost): Promise<MergeDone> {
    return this.#pass({ uploads: host, merging: host }, (channel) => channel.call('mergePacks', task));
  }

  mergeText(task: TextMergeTask, host: MergeHost): Promise<MergeDone> {
    return this.#pass({ uploads: host, merging: host }, (channel) => channel.call('mergeText', task));
  }

  async #pass<T>(host: PassHost, run: (channel: Thread['channel']) => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error('the compaction thread has been ended');
    assert(this.#host === undefined, 'one pass at a time');
    this.#idle?.cancel();
    const announced: string[] = [];
    const announce = (objectKey: string): Promise<void> => {
      announced.push(objectKey);
      return host.uploads.announce(objectKey);
    };
    this.#host = { ...host, uploads: { announce, abandon: (objectKey) => host.uploads.abandon(objectKey) } };
    const { channel } = (this.#thread ??= this.#start());
    try {
      return await run(channel);
    } catch (error) {
      // A thread that died has not said so; to abandon what was swapped changes nothing.
      for (const objectKey of announced) host.uploads.abandon(objectKey);
      throw error;
    } finally {
      this.#host = undefined;
      this.#idle = this.#clock.after(IDLE_MS, () => void this.#retire());
    }
  }

  #start(): Thread {
    const worker = new Worker(WORKER, { workerData: this.#options, name: 'compaction' });
    const host = (): PassHost => present(this.#host, 'a pass that is under way');
    const calls: { [Name in keyof CompactionHostCalls]: CompactionHostCalls[Name] } = {
      announce: (objectKey) => host().uploads.announce(objectKey),
      abandon: (objectKey) => host().uploads.abandon(objectKey),
      swap: (swap) => present(host().compaction, 'a pass of compaction').swap(swap),
      swapSection: (swap) => present(host().erasure, 'a pass that takes keys out').swapSection(swap),
      swapText: (swap) => present(host().erasure ?? host().merging, 'a pass that makes text segments').swapText(swap),
      swapPack: (swap) => present(host().merging, 'a pass that merges').swapPack(swap),
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

  /** Ends a thread without work, and keeps what it has counted. */
  async #retire(): Promise<void> {
    const metrics = this.#thread?.channel.call('metrics', null).catch(() => []);
    const ended = this.#end(metrics);
    if (metrics !== undefined) await this.#retired.retire(metrics);
    await ended;
  }

  async #end(after?: Promise<unknown>): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await after;
    await thread?.worker.terminate();
  }

  /** The thread's metrics, to be shown with those of the other threads, and what earlier ones have counted. */
  async metrics(): Promise<object[]> {
    const current = this.#thread?.channel.call('metrics', null).catch(() => []);
    return this.#retired.with((await current) ?? []);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#idle?.cancel();
    await this.#end();
  }
}
