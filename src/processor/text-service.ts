import { Worker } from 'node:worker_threads';
import type { Logger } from '../base/logger.ts';
import { QueryRejected } from '../fulltext/rejected.ts';
import type { TextSearch, TextSearcher, TextSearchResult } from '../fulltext/query.ts';
import type { Log } from '../log/types.ts';
import type { DurableWatermark } from '../wal/watermark.ts';
import { Channel, RemoteError } from './text-channel.ts';
import type { TextHostCalls, TextWorkerCalls, TextWorkerOptions } from './text-messages.ts';
import type { TextRegistration } from './text-registration.ts';
import type { TextSink } from './text-sink.ts';
import type { OffsetRange, TextHost, TextPartitionSpec, TextSinkStatus, TextTopicSpec } from './text-types.ts';

/** Bytes of the log read at once for indexing what the WAL no longer holds. */
const READ_BYTES = 1024 * 1024;

/** The text sink, in this thread or another. */
export interface TextEngine {
  call<Name extends keyof TextWorkerCalls>(
    name: Name,
    argument: Parameters<TextWorkerCalls[Name]>[0],
    signal?: AbortSignal,
  ): Promise<Awaited<ReturnType<TextWorkerCalls[Name]>>>;
}

export interface TextServiceParts {
  readonly log: Pick<Log, 'partitionById'>;
  readonly watermark: DurableWatermark;
  readonly registration: TextRegistration;
  readonly logger: Logger;
  /** Keys that are being uploaded; the garbage sweep leaves them alone. */
  readonly uploads: Set<string>;
  readonly doneBelow: (sequence: number) => void;
}

/** A topic that is searched. */
interface SearchedTopic {
  partitions: number;
  indexedUpTo: SharedArrayBuffer;
}

/** What the sink calls back in the thread that owns log and registry. */
export function textHost({ log, registration, uploads, doneBelow }: TextServiceParts): TextHost {
  return {
    announce(objectKey) {
      uploads.add(objectKey);
      return registration.announce(objectKey);
    },
    abandon: (objectKey) => void uploads.delete(objectKey),
    async register(objectKey, segments) {
      await registration.register(objectKey, segments);
      uploads.delete(objectKey);
    },
    doneBelow,
    async readLog(topicId, partition, offset) {
      const found = log.partitionById(topicId, partition);
      if (found === undefined) return { logStart: Number.MAX_SAFE_INTEGER };
      if (offset < found.logStartOffset) return { logStart: found.logStartOffset };
      const { chunks } = await found.read(offset, READ_BYTES, 'read_uncommitted', true);
      return { batches: Buffer.concat(chunks) };
    },
  };
}

/**
 * Runs the sink in a thread of its own. Returns at once, calls wait until the thread is there; `onFailure` is told when it cannot start or
 * dies, after which all calls fail.
 */
export function startTextThread(
  options: TextWorkerOptions,
  host: TextHost,
  onFailure: (error: Error) => void,
): TextEngine {
  const module = new URL(`./text-worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url);
  const worker = new Worker(module, { workerData: options, name: 'text' });
  const calls: { [Name in keyof TextHostCalls]: TextHostCalls[Name] } = {
    announce: (objectKey) => host.announce(objectKey),
    abandon: (objectKey) => host.abandon(objectKey),
    register: ({ objectKey, segments }) => host.register(objectKey, segments),
    readLog: ({ topicId, partition, offset }) => host.readLog(topicId, partition, offset),
    doneBelow: (sequence) => host.doneBelow(sequence),
  };
  const channel = new Channel<TextWorkerCalls>(worker, calls);
  worker.on('error', (cause) => {
    onFailure(cause);
    channel.close(new Error(`the text thread failed: ${cause.message}`, { cause }));
  });
  worker.on('exit', () => channel.close(new Error('the text thread has ended')));
  channel.call('ready', null).catch(onFailure);
  return channel;
}

/** The sink in this thread: for brokers in memory. */
export function inlineTextEngine(sink: TextSink): TextEngine {
  const calls: { [Name in keyof TextWorkerCalls]: (argument: never, signal?: AbortSignal) => unknown } = {
    ready: () => undefined,
    start: () => sink.start(),
    addTopic: (spec: TextTopicSpec) => sink.addTopic(spec),
    removeTopic: (topicId: string) => sink.removeTopic(topicId),
    search: (request: TextSearch, signal?: AbortSignal) => sink.search(request, signal),
    pause: () => sink.pause(),
    resume: () => sink.resume(),
    seal: () => sink.sealNow(),
    skipTo: (sequence: number) => sink.skipTo(sequence),
    status: () => sink.status(),
    metrics: () => Promise.resolve([]),
    stop: () => sink.stop(),
  };
  return {
    call: async (name, argument, signal) =>
      (await (calls[name] as (argument: unknown, signal?: AbortSignal) => unknown)(argument, signal)) as never,
  };
}

/** Which topics are searched, and searches over them: the main thread's side of the text sink. */
export class TextService implements TextSearcher {
  readonly #parts: TextServiceParts;
  readonly #engine: TextEngine;
  readonly #topics = new Map<string, SearchedTopic>();

  constructor(parts: TextServiceParts, engine: TextEngine) {
    this.#parts = parts;
    this.#engine = engine;
  }

  start(): Promise<void> {
    return this.#engine.call('start', null);
  }

  stop(): Promise<void> {
    return this.#engine.call('stop', null);
  }

  /** A topic came, got more partitions, or changed its mind about search. Failures are logged: the topic is then not searched. */
  async configure(topic: { topicId: string; partitions: number; searched: boolean; isNew: boolean }): Promise<void> {
    const { topicId, partitions, searched, isNew } = topic;
    const known = this.#topics.get(topicId);
    try {
      if (!searched) {
        if (known !== undefined) await this.remove(topicId);
      } else if (known === undefined || known.partitions < partitions) {
        await this.#add(topicId, known?.partitions ?? 0, partitions, isNew);
      }
    } catch (err) {
      this.#parts.logger.error({ err, topicId }, 'a topic could not be taken up for search');
    }
  }

  async #add(topicId: string, from: number, to: number, isNew: boolean): Promise<void> {
    const words = new SharedArrayBuffer(to * 8);
    this.#topics.set(topicId, { partitions: to, indexedUpTo: words });
    const covered = isNew ? new Map<number, OffsetRange[]>() : await this.#parts.registration.covered(topicId);
    // The order matters: what is at or after a high watermark read later lies at or after this place.
    const since = this.#parts.watermark.read();
    const partitions: TextPartitionSpec[] = [];
    for (let partition = from; partition < to; partition++) {
      const log = this.#parts.log.partitionById(topicId, partition);
      if (log === undefined) continue;
      const { logStartOffset: logStart, highWatermark: end } = log;
      partitions.push({ partition, logStart, end, covered: covered.get(partition) ?? [] });
    }
    await this.#engine.call('addTopic', { topicId, partitions, since, indexedUpTo: words });
  }

  async remove(topicId: string): Promise<void> {
    this.#topics.delete(topicId);
    await this.#engine.call('removeTopic', topicId);
  }

  indexedUpTo(topicId: string, partition: number): number {
    const topic = this.#topics.get(topicId);
    if (topic === undefined || partition >= topic.partitions) return 0;
    return Number(Atomics.load(new BigInt64Array(topic.indexedUpTo), partition));
  }

  /** Rejects with QueryRejected, or with an Error when the text thread has died. */
  async search(request: TextSearch, signal?: AbortSignal): Promise<TextSearchResult> {
    try {
      return await this.#engine.call('search', request, signal);
    } catch (error) {
      if (error instanceof RemoteError && error.remoteName === 'QueryRejected') throw new QueryRejected(error.message);
      throw error;
    }
  }

  pause(): Promise<void> {
    return this.#engine.call('pause', null);
  }

  resume(): Promise<void> {
    return this.#engine.call('resume', null);
  }

  /** Seals all live indexes now. */
  seal(): Promise<void> {
    return this.#engine.call('seal', null);
  }

  /** The WAL segments below `sequence` are needed elsewhere: what they hold is indexed from the log. */
  skipTo(sequence: number): Promise<void> {
    return this.#engine.call('skipTo', sequence);
  }

  status(): Promise<TextSinkStatus> {
    return this.#engine.call('status', null);
  }

  metrics(): Promise<object[]> {
    return this.#engine.call('metrics', null);
  }
}
