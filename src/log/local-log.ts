import { every, type Timer } from '../base/clock.ts';
import { uuidFromString } from '../base/random.ts';
import type { WalPartition } from '../wal/partition.ts';
import type { Wal } from '../wal/wal.ts';
import type { LogOptions, PartitionFacts } from './options.ts';
import { LocalPartition } from './partition.ts';
import { applyRetention } from './retention.ts';
import { ReadAhead } from './read-ahead.ts';
import type { StateOfLog } from './state.ts';
import { PartitionTail, TailCache } from './tail.ts';
import {
  type Log,
  type LogConfig,
  LogError,
  type PartitionLog,
  type ReadLease,
  type TopicPartition,
  type TopicSpec,
} from './types.ts';

/** Longest pause between looks for producers that are idle for too long. */
const MAX_EXPIRY_PAUSE_MS = 600_000;

interface Topic {
  readonly name: string;
  readonly topicId: string;
  config: LogConfig;
  readonly partitions: LocalPartition[];
}

/** The log on one machine: every partition in one WAL, old data in packs. Made by `openLog`. */
export class LocalLog implements Log {
  /** For whoever packs and indexes what is sealed: `sealedSegments`, `onSealed`, `watermark`, `overLimit`. */
  readonly wal: Wal;
  readonly #options: LogOptions;
  readonly #state: StateOfLog;
  readonly #tailCache: TailCache;
  readonly #readAhead: ReadAhead;
  readonly #byName = new Map<string, Topic>();
  readonly #byId = new Map<string, Topic>();
  readonly #owners = new Map<WalPartition, LocalPartition>();
  readonly #timers: Timer[] = [];
  readonly #deletions = new Set<(topicId: string) => void>();

  constructor(options: LogOptions, wal: Wal, state: StateOfLog) {
    this.#options = options;
    this.wal = wal;
    this.#state = state;
    this.#tailCache = new TailCache(options.settings.tailMaxBytes);
    this.#readAhead = new ReadAhead(options.clock, this.#tailCache.leases);
    const facts = new Map(options.facts.map((one) => [`${one.topicId}/${one.partition}`, one]));
    for (const spec of options.topics) this.#add(spec, facts);
    state.keepOnly(new Set(this.#owners.keys()));
    const { clock, metrics, settings } = options;
    metrics.gaugeFrom('quarry_tail_bytes', 'Bytes kept in memory for the newest batches.', () => this.#tailCache.bytes);
    metrics.gaugeFrom(
      'quarry_read_ahead_bytes',
      'Bytes of stored batches read before their reader asked for them.',
      () => this.#readAhead.bytes,
    );
    const pause = Math.min(MAX_EXPIRY_PAUSE_MS, Math.max(1000, settings.producerIdExpirationMs / 2));
    this.#timers.push(every(clock, pause, () => this.#expire()));
    if (settings.retentionCheckIntervalMs > 0)
      this.#timers.push(every(clock, settings.retentionCheckIntervalMs, async () => void (await this.retain())));
  }

  #add(spec: TopicSpec, facts: ReadonlyMap<string, PartitionFacts>): void {
    if (this.#byName.has(spec.name) || this.#byId.has(spec.topicId))
      throw new Error(`topic ${spec.name} exists already`);
    const topic: Topic = { name: spec.name, topicId: spec.topicId, config: spec.config, partitions: [] };
    this.#byName.set(topic.name, topic);
    this.#byId.set(topic.topicId, topic);
    this.#grow(topic, spec.partitions, facts);
  }

  #grow(topic: Topic, total: number, facts: ReadonlyMap<string, PartitionFacts>): void {
    const id = uuidFromString(topic.topicId);
    const onDeleted = (topicId: string): void => {
      for (const listener of this.#deletions) listener(topicId);
    };
    for (let partition = topic.partitions.length; partition < total; partition++) {
      const walPartition = this.wal.partition(id, partition);
      const { nextOffset, producers } = this.#state.obtain(walPartition);
      const { cold, logger, clock } = this.#options;
      const { topicId, name, config } = topic;
      const made = new LocalPartition(
        name,
        config,
        { topicId, partition, tail: new PartitionTail(), wal: this.wal, walPartition, cold, logger },
        producers,
        { options: this.#options, clock, tailCache: this.#tailCache, readAhead: this.#readAhead, onDeleted },
        facts.get(`${topicId}/${partition}`),
        nextOffset,
      );
      this.#state.track(walPartition, made);
      this.#owners.set(walPartition, made);
      topic.partitions.push(made);
    }
  }

  partition(topic: string, partition: number): PartitionLog | undefined {
    return this.#byName.get(topic)?.partitions[partition];
  }

  partitionById(topicId: string, partition: number): PartitionLog | undefined {
    return this.#byId.get(topicId)?.partitions[partition];
  }

  *openTransactions(): IterableIterator<
    TopicPartition & { topicId: string; producerId: number; producerEpoch: number }
  > {
    for (const { topic, topicId, partition, producers } of this.#owners.values())
      for (const open of producers.open) yield { topic, topicId, partition, ...open };
  }

  /** The partitions of topics that are compacted. */
  *compactedPartitions(): Generator<LocalPartition> {
    for (const { config, partitions } of this.#byId.values()) if (config.compact) yield* partitions;
  }

  /** The partitions of a topic; none of one that is gone. */
  partitionsOf(topicId: string): readonly LocalPartition[] {
    return this.#byId.get(topicId)?.partitions ?? [];
  }

  /** Calls `listener` after somebody had records of a topic deleted, until the returned function is called. */
  onDeleted(listener: (topicId: string) => void): () => void {
    this.#deletions.add(listener);
    return () => void this.#deletions.delete(listener);
  }

  beginRead(): ReadLease {
    return this.#tailCache.leases.begin();
  }

  createTopic(spec: TopicSpec): void {
    this.#add(spec, new Map());
  }

  addPartitions(topicId: string, total: number): void {
    this.#grow(this.#topic(topicId), total, new Map());
  }

  configureTopic(topicId: string, config: LogConfig): void {
    const topic = this.#topic(topicId);
    topic.config = config;
    for (const partition of topic.partitions) partition.config = config;
  }

  deleteTopic(topicId: string): void {
    const topic = this.#topic(topicId);
    this.#byName.delete(topic.name);
    this.#byId.delete(topicId);
    for (const partition of topic.partitions) {
      partition.delete();
      this.#owners.delete(partition.sources.walPartition);
      this.#state.forget(partition.sources.walPartition);
    }
    this.wal.forget(uuidFromString(topicId));
  }

  #topic(topicId: string): Topic {
    const topic = this.#byId.get(topicId);
    if (topic === undefined)
      throw new LogError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic with the id ${topicId}`);
    return topic;
  }

  async flush(): Promise<void> {
    try {
      await this.wal.flush();
    } catch (cause) {
      throw new LogError('KAFKA_STORAGE_ERROR', (cause as Error).message, { cause });
    }
  }

  get backpressure(): Promise<void> | undefined {
    return this.wal.backpressure;
  }

  get failure(): Error | undefined {
    return this.wal.failure;
  }

  /**
   * Everything that a sealed WAL segment holds is in packs (and their rows are committed), or belongs to nobody: the segment can go. Reads under
   * way end undisturbed. Calling it again changes nothing.
   */
  drained(sequence: number): void {
    for (const [walPartition, part] of this.wal.drained(sequence)) this.#owners.get(walPartition)?.drained(part);
  }

  /** Lets go what retention says, in every partition; the number of those that failed, which are logged and tried again next time. */
  async retain(): Promise<number> {
    let failed = 0;
    const { clock, logger } = this.#options;
    for (const topic of this.#byId.values())
      for (const partition of topic.partitions)
        try {
          await applyRetention(partition, clock.now());
        } catch (err) {
          if (!this.#byId.has(topic.topicId)) break; // It was deleted meanwhile.
          logger.warn({ err, topic: topic.name, partition: partition.partition }, 'retention failed; will try again');
          failed++;
        }
    return failed;
  }

  #expire(): void {
    const { clock, settings } = this.#options;
    for (const partition of this.#owners.values())
      partition.producers.expire(clock.now(), settings.producerIdExpirationMs, partition.logStartOffset);
  }

  /** Makes everything durable and gives the folder back. Rejects with the reason when the WAL had stopped. */
  async close(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    await this.#readAhead.close();
    await this.wal.close();
  }
}
