import type { Clock, Timer } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { TrimReport } from '../../lake/index.ts';
import type { Log } from '../../log/types.ts';
import type { TableEngine } from './engine.ts';
import type { TableMergeOrder, TableMergeReport } from './merges.ts';
import type { TableCalls } from './messages.ts';
import type { ColumnSettings, FileVerdict, TableAdvance, TableErasure, TableSinkStatus, TableTrim } from './types.ts';

/** News of the log are told together, so often at most. */
const NEWS_MS = 50;

export interface TableServiceParts {
  readonly log: Pick<Log, 'partitionById'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether anything was ever stored of the table of a topic. */
  readonly hasTable: (topic: Pick<TableErasure, 'topicId' | 'name'>) => Promise<boolean>;
  /** Called with the first topic that has a table, after `start`. */
  readonly open: () => TableEngine;
}

/** A topic as the catalog has it. */
export interface TableTopic {
  readonly topicId: string;
  readonly name: string;
  readonly partitions: number;
  /** Its setting `quarry.table`. */
  readonly table: boolean;
  readonly columns: ColumnSettings;
}

/** A partition of a followed topic. */
interface TopicPlace {
  readonly topicId: string;
  readonly partition: number;
}

const sameColumns = (one: ColumnSettings, other: ColumnSettings): boolean =>
  one.columns === other.columns && one.infer === other.infer;

interface FollowedTopic {
  readonly name: string;
  partitions: number;
  columns: ColumnSettings;
  readonly unfollow: (() => void)[];
}

const NOTHING: TableSinkStatus = {
  paused: false,
  tables: [],
  records: 0,
  flushes: 0,
  rows: 0,
  files: 0,
  bytesWritten: 0,
  errors: 0,
  lost: 0,
  misfits: 0,
  memoryBytes: 0,
  lag: 0,
  reading: 0,
  waiting: 0,
  flushing: 0,
  failing: undefined,
};

/**
 * Which topics have tables, and news of their log: the main thread's side of the table sink. The sink is opened by the first topic that has a table
 * and not before `start`, so that a broker without tables has neither its thread nor its libraries.
 */
export class TableService {
  readonly #parts: TableServiceParts;
  readonly #topics = new Map<string, FollowedTopic>();
  readonly #news = new Set<TopicPlace>();
  /** Who wants to know how far the merge of a topic's table is. */
  readonly #merging = new Map<string, (bytes: number) => void>();
  #timer: Timer | undefined;
  #engine: TableEngine | undefined;
  #started: 'no' | 'asked only' | 'yes' = 'no';
  #paused = false;
  #failure: string | undefined;

  constructor(parts: TableServiceParts) {
    this.#parts = parts;
  }

  /** With `byItself` false tables are made only when `flush` is called. */
  start(byItself: boolean): void {
    this.#started = byItself ? 'yes' : 'asked only';
    if (this.#topics.size > 0) this.#opened();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    for (const topic of this.#topics.values()) for (const unfollow of topic.unfollow) unfollow();
    this.#tellAll();
    await this.#engine?.close();
  }

  /** A topic came, got more partitions, or changed its mind about its table or the columns. */
  configure({ topicId, name, partitions, table, columns }: TableTopic): void {
    const known = this.#topics.get(topicId);
    if (!table) {
      if (known !== undefined) this.#forget(topicId, known.name, false);
      return;
    }
    if (known !== undefined && known.partitions >= partitions && sameColumns(known.columns, columns)) return;
    const topic = known ?? { name, partitions: 0, columns, unfollow: [] };
    for (let partition = topic.partitions; partition < partitions; partition++) {
      const place = { topicId, partition };
      const unfollow = this.#parts.log.partitionById(topicId, partition)?.onAdvance(() => this.#heard(place));
      if (unfollow !== undefined) topic.unfollow.push(unfollow);
    }
    topic.partitions = partitions;
    topic.columns = columns;
    this.#topics.set(topicId, topic);
    if (this.#started === 'no') return;
    const isOpen = this.#engine !== undefined;
    this.#opened();
    if (isOpen) this.#add(topicId, topic);
  }

  /** The topic is gone; its table goes, too. */
  remove(topicId: string, name: string): void {
    if (this.#topics.has(topicId) || this.#engine !== undefined) this.#forget(topicId, name, true);
  }

  pause(): Promise<void> {
    this.#paused = true;
    return this.#engine?.call('pause', null) ?? Promise.resolve();
  }

  resume(): Promise<void> {
    this.#paused = false;
    return this.#engine?.call('resume', null) ?? Promise.resolve();
  }

  /** Resolves when everything that is stable now is in the tables, but for those that do not get on. */
  async flush(): Promise<void> {
    if (this.#engine === undefined) return;
    this.#tellAll();
    await this.#engine.call('flush', null);
  }

  /** Takes keys out of the table of a topic, after they went from its log; the rows that went, by key. */
  async erase(task: TableErasure): Promise<readonly number[]> {
    // Only who has a table pays for the sink; a topic that no longer is a table may have been one.
    if (!(await this.#parts.hasTable(task))) return task.keys.map(() => 0);
    return this.#opened().call('erase', task);
  }

  /** Lets rows go from the table of a topic, after they went from its log; undefined where it never had one. */
  async trim(task: TableTrim): Promise<TrimReport | undefined> {
    if (!(await this.#parts.hasTable(task))) return undefined;
    return this.#opened().call('trim', task);
  }

  /** Drops the table of a topic that is gone, also one that the topic had left. */
  async drop(topic: Pick<TableErasure, 'topicId' | 'name'>): Promise<void> {
    if (await this.#parts.hasTable(topic)) await this.#opened().call('drop', topic);
  }

  /** Ids of the topics that have tables. */
  topics(): readonly string[] {
    return [...this.#topics.keys()];
  }

  /** Topics with tables that may have something to be merged. */
  async mergesDue(minPieces: number): Promise<readonly string[]> {
    return (await this.#engine?.call('mergesDue', minPieces)) ?? [];
  }

  /** Merges small files of a topic's table, without rows past their time. Undefined where it has none. Rejects when the signal is aborted. */
  async merge(
    topicId: string,
    how: Omit<TableMergeOrder, 'topicId' | 'name' | 'expiry'>,
    signal: AbortSignal,
    onProgress: (bytes: number) => void,
  ): Promise<TableMergeReport | undefined> {
    const name = this.#topics.get(topicId)?.name;
    if (name === undefined) return undefined;
    const expiry = this.#parts.log.partitionById(topicId, 0)?.expiry;
    this.#merging.set(topicId, onProgress);
    try {
      return await this.#engine?.call('merge', { topicId, name, ...how, expiry }, signal);
    } finally {
      this.#merging.delete(topicId);
    }
  }

  /** The merge under way of a topic's table has read and written so much. */
  mergeProgress(topicId: string, bytes: number): void {
    this.#merging.get(topicId)?.(bytes);
  }

  /** Removes old snapshots of a topic's table. */
  async expire(topicId: string, retentionMs: number): Promise<void> {
    const name = this.#topics.get(topicId)?.name;
    if (name !== undefined) await this.#engine?.call('expire', { topicId, name, retentionMs });
  }

  /** Names of the data files that a topic's table has now, ascending; none where it has no table. */
  async files(topicId: string): Promise<readonly string[]> {
    const name = this.#topics.get(topicId)?.name;
    return name === undefined ? [] : ((await this.#engine?.call('files', { topicId, name })) ?? []);
  }

  /** Reads a data file back, in the sink's thread, and checks it. Rejects where that cannot be done now. */
  async verify(topicId: string, file: string): Promise<FileVerdict> {
    const name = this.#topics.get(topicId)?.name;
    const verdict = name === undefined ? undefined : await this.#engine?.call('verify', { topicId, name, file });
    return verdict ?? { bytes: 0, problem: undefined };
  }

  async status(): Promise<TableSinkStatus> {
    if (this.#failure !== undefined) return { ...NOTHING, paused: this.#paused, failing: this.#failure };
    return (await this.#engine?.call('status', null)) ?? { ...NOTHING, paused: this.#paused };
  }

  /** Asks the catalog something; false when nothing uses it. Rejects when it does not answer. */
  async askCatalog(): Promise<boolean> {
    if (this.#failure !== undefined) throw new Error(this.#failure);
    await this.#engine?.call('askCatalog', null);
    return this.#engine !== undefined;
  }

  /** Empty without a thread, or when it has died: health says so. */
  async metrics(): Promise<object[]> {
    return (await this.#engine?.call('metrics', null).catch(() => [])) ?? [];
  }

  /** The engine cannot start, or has died. */
  failed(error: Error): void {
    this.#failure = error.message;
    this.#parts.logger.error({ err: error }, 'the table thread failed; topics are not put into tables until a restart');
  }

  #opened(): TableEngine {
    if (this.#engine !== undefined) return this.#engine;
    this.#engine = this.#parts.open();
    if (this.#paused) this.#send('pause', null);
    for (const [topicId, topic] of this.#topics) this.#add(topicId, topic);
    if (this.#started === 'yes') this.#send('start', null);
    return this.#engine;
  }

  #add(topicId: string, { name, partitions, columns }: FollowedTopic): void {
    this.#send('addTopic', { topicId, name, partitions, columns });
    this.#tell(this.#ends(topicId, partitions));
  }

  #forget(topicId: string, name: string, drop: boolean): void {
    for (const unfollow of this.#topics.get(topicId)?.unfollow ?? []) unfollow();
    this.#topics.delete(topicId);
    this.#send('removeTopic', { topicId, name, drop });
  }

  /** In the path of every append: only noted here. */
  #heard(place: TopicPlace): void {
    if (this.#engine === undefined) return;
    this.#news.add(place);
    this.#timer ??= this.#parts.clock.after(NEWS_MS, () => {
      this.#timer = undefined;
      const news = [...this.#news];
      this.#news.clear();
      this.#tell(news.flatMap(({ topicId, partition }) => this.#end(topicId, partition)));
    });
  }

  #tellAll(): void {
    this.#tell([...this.#topics].flatMap(([topicId, { partitions }]) => this.#ends(topicId, partitions)));
  }

  #ends(topicId: string, partitions: number): TableAdvance[] {
    return Array.from({ length: partitions }, (_none, partition) => this.#end(topicId, partition)).flat();
  }

  #end(topicId: string, partition: number): TableAdvance[] {
    const end = this.#parts.log.partitionById(topicId, partition)?.lastStableOffset;
    return end === undefined ? [] : [{ topicId, partition, end }];
  }

  #tell(advances: readonly TableAdvance[]): void {
    if (advances.length > 0) this.#send('advanced', advances);
  }

  /** Whoever opened the engine is told of its failure. */
  #send<Name extends keyof TableCalls>(name: Name, argument: Parameters<TableCalls[Name]>[0]): void {
    this.#engine?.call(name, argument).catch((err: unknown) => {
      if (this.#failure === undefined) this.#parts.logger.warn({ err, call: name }, 'the table sink refused a call');
    });
  }
}
