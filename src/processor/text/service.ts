import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { QueryRejected } from '../../fulltext/rejected.ts';
import type { TextSearch, TextSearcher, TextSearchResult } from '../../fulltext/query.ts';
import type { ExpiryRule } from '../../log/record-expiry.ts';
import type { Log } from '../../log/types.ts';
import type { DurableWatermark } from '../../wal/watermark.ts';
import { RemoteError } from '../../base/channel.ts';
import { readCommitted } from '../../log/committed-read.ts';
import { type SinkEngine, startSinkThread } from '../sink-thread.ts';
import type { TextHostCalls, TextWorkerCalls, TextWorkerOptions } from './messages.ts';
import type { TextRegistration } from './registration.ts';
import type { TextSink } from './sink.ts';
import type { OffsetRange, TextHost, TextPartitionSpec, TextSinkStatus, TextTopicSpec } from './types.ts';

/** Bytes of the log read at once for indexing what the WAL no longer holds. */
const READ_BYTES = 1024 * 1024;

/** The text sink, in this thread or another. */
export type TextEngine = SinkEngine<TextWorkerCalls>;

export interface TextServiceParts {
  readonly log: Pick<Log, 'partitionById'>;
  readonly watermark: DurableWatermark;
  readonly registration: TextRegistration;
  readonly logger: Logger;
  /** Keys that are being uploaded; the garbage sweep leaves them alone. */
  readonly uploads: Set<string>;
  readonly doneBelow: (sequence: number) => void;
}

/** A topic as the catalog has it. */
export interface TextTopic {
  readonly topicId: string;
  readonly partitions: number;
  /** Its setting `quarry.search`. */
  readonly searched: boolean;
  /** Until when records count. */
  readonly expiry?: ExpiryRule | undefined;
  /** Nothing of it can be registered yet. */
  readonly isNew: boolean;
}

/** A topic that is searched. */
interface SearchedTopic {
  partitions: number;
  expiry: ExpiryRule | undefined;
  readonly indexedUpTo: SharedArrayBuffer;
  /** Changes of `expiry` after which not all that is in memory has been stored by the rule before: only of what is stored is that known. */
  settling: number;
}

/** What the sink calls back in the thread that owns log and registry. */
export function textHost({ log, watermark, registration, uploads, doneBelow }: TextServiceParts): TextHost {
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
    readLog: (topicId, partition, offset) => readCommitted(log.partitionById(topicId, partition), offset, READ_BYTES),
    async frontier(partitions) {
      // The order matters: what is at or after a high watermark read later lies at or after this place.
      const since = watermark.read();
      const ends = partitions.flatMap(({ topicId, partition }) => {
        const end = log.partitionById(topicId, partition)?.highWatermark;
        return end === undefined ? [] : [{ topicId, partition, end }];
      });
      return { since, ends };
    },
  };
}

/**
 * Runs the sink in a thread of its own. Returns at once, calls wait until the thread is there; `onFailure` is told once when it cannot start
 * or dies, after which all calls fail.
 */
export function startTextThread(
  options: TextWorkerOptions,
  host: TextHost,
  clock: Clock,
  onFailure: (error: Error) => void,
): TextEngine {
  const module = new URL(`./text-worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url);
  const calls: { [Name in keyof TextHostCalls]: TextHostCalls[Name] } = {
    announce: (objectKey) => host.announce(objectKey),
    abandon: (objectKey) => host.abandon(objectKey),
    register: ({ objectKey, segments }) => host.register(objectKey, segments),
    readLog: ({ topicId, partition, offset }) => host.readLog(topicId, partition, offset),
    frontier: (partitions) => host.frontier(partitions),
    doneBelow: (sequence) => host.doneBelow(sequence),
  };
  return startSinkThread({ name: 'text', module, workerData: options, calls, clock, onFailure });
}

/** The sink in this thread: for brokers in memory. */
export function inlineTextEngine(sink: TextSink): TextEngine {
  const calls: { [Name in keyof TextWorkerCalls]: (argument: never, signal?: AbortSignal) => unknown } = {
    ready: () => undefined,
    start: () => sink.start(),
    addTopic: (spec: TextTopicSpec) => sink.addTopic(spec),
    expire: (of: Parameters<TextWorkerCalls['expire']>[0]) => sink.expire(of),
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
    close: () => sink.stop(),
    call: async (name, argument, signal) =>
      (await (calls[name] as (argument: unknown, signal?: AbortSignal) => unknown)(argument, signal)) as never,
  };
}

/** Which topics are searched, and searches over them: the main thread's side of the text sink. */
export class TextService implements TextSearcher {
  readonly #parts: TextServiceParts;
  readonly #engine: TextEngine;
  readonly #topics = new Map<string, SearchedTopic>();
  #configuring: Promise<unknown> = Promise.resolve();

  constructor(parts: TextServiceParts, engine: TextEngine) {
    this.#parts = parts;
    this.#engine = engine;
  }

  start(): Promise<void> {
    return this.#engine.call('start', null);
  }

  stop(): Promise<void> {
    return this.#engine.close();
  }

  /** A topic came, got more partitions, or changed its mind about search. Failures are logged: the topic is then not searched. */
  configure(topic: TextTopic): Promise<void> {
    const done = this.#configure(topic);
    // What has been configured is of no interest: each would else keep all before it.
    this.#configuring = Promise.all([this.#configuring, done]).then(() => undefined);
    return done;
  }

  async ready(): Promise<void> {
    await this.#configuring;
  }

  async #configure(topic: TextTopic): Promise<void> {
    const { topicId, partitions, searched, isNew, expiry } = topic;
    const known = this.#topics.get(topicId);
    try {
      if (!searched) {
        if (known !== undefined) await this.remove(topicId);
      } else if (known === undefined || known.partitions < partitions) {
        await this.#add(topic, known?.partitions ?? 0, isNew);
      } else if (!isDeepStrictEqual(known.expiry, expiry)) {
        known.expiry = expiry;
        known.settling++;
        await this.#engine.call('expire', { topicId, expiry }).finally(() => known.settling--);
      }
    } catch (err) {
      this.#parts.logger.error({ err, topicId }, 'a topic could not be taken up for search');
    }
  }

  async #add({ topicId, partitions: to, expiry }: TextTopic, from: number, isNew: boolean): Promise<void> {
    const words = new SharedArrayBuffer(to * 8);
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
    await this.#engine.call('addTopic', { topicId, partitions, since, indexedUpTo: words, expiry });
    this.#topics.set(topicId, { partitions: to, indexedUpTo: words, expiry, settling: 0 });
  }

  async remove(topicId: string): Promise<void> {
    this.#topics.delete(topicId);
    await this.#engine.call('removeTopic', topicId);
  }

  indexedUpTo(topicId: string, partition: number): number {
    const topic = this.#topics.get(topicId);
    if (topic === undefined || partition >= topic.partitions || topic.settling > 0) return 0;
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

  /** Empty when the thread has died: health says so. */
  metrics(): Promise<object[]> {
    return this.#engine.call('metrics', null).catch(() => []);
  }
}
