import type { Codecs } from '../../../protocol/records/index.ts';
import { type Clock, every, type Timer } from '../../base/clock.ts';
import { type Logger, withLogFields } from '../../base/logger.ts';
import type { CounterHandle, HistogramHandle } from '../../base/metrics.ts';
import { giveBack } from '../../base/owned-bytes.ts';
import { type Random, uuidToString } from '../../base/random.ts';
import type { TrimReport } from '../../lake/index.ts';
import type { CommittedRead } from '../../log/committed-read.ts';
import { backoffMs } from '../../objects/retry.ts';
import { Flusher } from './flusher.ts';
import { RecordReader } from './record-reader.ts';
import { type TablePartition, TopicTable } from './topic-table.ts';
import type {
  FileVerdict,
  TableAdvance,
  TableFileName,
  TableErasure,
  TableHost,
  TableSinkSettings,
  TableSinkStatus,
  TableTopicSpec,
  TableTrim,
  TopicTables,
} from './types.ts';

/** Share of the size of a memtable at which it is frozen. */
const FREEZE_AT = 0.8;
/** Longest pause between two looks for what is due. */
const TICK_MS = 1000;
/** What was asked for is not done: whoever asked has to ask again after the next start. */
const STOPPED = 'the tables are being closed';

export interface TableSinkParts {
  readonly host: TableHost;
  readonly tables: TopicTables;
  readonly codecs: Codecs;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly settings: TableSinkSettings;
  readonly seconds: Pick<HistogramHandle, 'observe'>;
  /** Counts reads and flushes that failed. */
  readonly failed: Pick<CounterHandle, 'inc'>;
}

/**
 * Makes topics tables: reads each partition of the log from where its table ends, collects rows in one memtable a table, and commits them together
 * with the log's offsets. Nothing here is kept: a start begins again at what the tables say.
 */
export class TableSink {
  readonly #parts: TableSinkParts;
  readonly #tables = new Map<string, TopicTable>();
  readonly #reader: RecordReader;
  readonly #flusher: Flusher;
  #timer: Timer | undefined;
  #reading = 0;
  #flushing = 0;
  #errors = 0;
  #started = false;
  #paused = false;
  #stopped = false;
  /** Somebody waits for everything to be in the tables. */
  #urgent = 0;
  #watchers: (() => void)[] = [];
  /** The partition to begin with when looking for something to read: none is preferred. */
  #turn = 0;

  constructor(parts: TableSinkParts) {
    this.#parts = parts;
    const { clock, codecs, logger, settings, host, tables, seconds } = parts;
    this.#reader = new RecordReader({
      codecs,
      logger,
      limitBytes: settings.decompressedLimitBytes,
      turnRecords: settings.batchRecords,
      now: () => clock.monotonic(),
      time: () => clock.now(),
    });
    this.#flusher = new Flusher({ tables, host, clock, logger, onFlush: (took) => seconds.observe(took) });
  }

  /** Before it, tables follow the log only while `flushNow` runs. */
  start(): void {
    this.#started = true;
    this.#look();
    this.#timer ??= every(this.#parts.clock, Math.min(TICK_MS, this.#parts.settings.flushIntervalMs), () =>
      this.#look(),
    );
  }

  /** Takes up a topic, or more partitions or other columns of it. */
  addTopic(spec: TableTopicSpec): void {
    const known = this.#tables.get(spec.topicId);
    if (known === undefined) this.#tables.set(spec.topicId, new TopicTable(spec));
    else if (known.removed) known.again = spec;
    else known.configure(spec);
    this.#look();
  }

  /** Follows a topic no longer; with `drop` its table goes, too. */
  removeTopic({ topicId, name, drop }: { topicId: string; name: string; drop: boolean }): void {
    const table =
      this.#tables.get(topicId) ??
      new TopicTable({ topicId, name, partitions: 0, columns: { columns: '', infer: false } });
    table.removed = true;
    table.dropping ||= drop;
    table.again = undefined;
    table.retryAt = 0;
    this.#tables.set(topicId, table);
    this.#look();
  }

  /** Partitions got on. */
  advanced(partitions: readonly TableAdvance[]): void {
    for (const { topicId, partition, end } of partitions) {
      const found = this.#tables.get(topicId)?.partitions[partition];
      if (found === undefined) continue;
      found.end = Math.max(found.end, end);
      found.waiting = true;
    }
    this.#look();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#look();
  }

  /** Resolves when all that was heard of is in the tables, but for those that do not get on. */
  async flushNow(): Promise<void> {
    this.#urgent++;
    try {
      for (const table of this.#tables.values()) {
        table.retryAt = 0;
        for (const partition of table.partitions) {
          partition.goal = partition.end;
          partition.waiting = true;
        }
      }
      this.#look();
      while (!this.#stopped && [...this.#tables.values()].some(unfinished)) await this.#change();
    } finally {
      this.#urgent--;
    }
  }

  /** Takes keys out of the table of a topic, after they went from its log; the rows that went, by key. */
  async erase(task: TableErasure): Promise<readonly number[]> {
    await this.#readAgain(task.topicId);
    return this.#parts.tables.erase(task);
  }

  /** Lets rows go from the table of a topic, after they went from its log; undefined where it has none. */
  async trim(task: TableTrim): Promise<TrimReport | undefined> {
    const table = this.#tables.get(task.topicId);
    const holds = ({ partition, committed }: { partition: number; committed: number }): boolean =>
      committed < (task.below.get(partition) ?? 0);
    // What is in memory would become rows after all.
    if (table?.partitions.some((one) => holds({ partition: one.partition, committed: table.committed(one) })) === true)
      await this.#readAgain(task.topicId);
    return this.#parts.tables.trim(task);
  }

  /** Drops the table of a topic that is gone; rejects when it could not be done now. */
  async drop(topic: Pick<TableTopicSpec, 'topicId' | 'name'>): Promise<void> {
    this.#urgent++;
    try {
      this.removeTopic({ ...topic, drop: true });
      const table = this.#tables.get(topic.topicId);
      while (table !== undefined && this.#tables.get(topic.topicId) === table && !this.#stopped) {
        if (!table.busy && table.failing !== undefined && table.retryAt > 0) throw new Error(table.failing);
        await this.#change();
      }
      if (table !== undefined && this.#tables.get(topic.topicId) === table) throw new Error(STOPPED);
    } finally {
      this.#urgent--;
    }
  }

  /** Names of the data files that a topic's table has now, ascending. */
  files(topic: Pick<TableTopicSpec, 'topicId' | 'name'>): Promise<readonly string[]> {
    return this.#parts.tables.files(topic);
  }

  /** Reads a data file back and checks it. */
  verify(of: TableFileName): Promise<FileVerdict> {
    return this.#parts.tables.verify(of);
  }

  /** Reads again what was read of a topic and is not in its table: the log says something else by now. */
  async #readAgain(topicId: string): Promise<void> {
    const table = this.#tables.get(topicId);
    while (table !== undefined && !this.#stopped) {
      while (table.busy) await this.#change();
      const { files, frozen } = table;
      if (files === undefined || table.removed) return;
      // What is frozen may be in the table already; it is made sure that it is.
      if (frozen === undefined) await this.#run(table, () => this.#flusher.startAgain(table, files, true));
      else await this.#run(table, () => this.#flusher.flush(table, files, frozen));
      if (table.failing !== undefined) throw new Error(table.failing);
      if (frozen === undefined) return;
    }
    if (table !== undefined) throw new Error(STOPPED);
  }

  /** Puts what was read into the tables and ends; what fails then is read again after the next start. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    if (this.#started && !this.#paused) await this.flushNow();
    this.#stopped = true;
    // Whoever waits is told.
    this.#look();
    while (this.#reading > 0 || this.#flushing > 0) await this.#change();
    await this.#parts.tables.close();
  }

  /** Rejects when the catalog does not answer. */
  askCatalog(): Promise<void> {
    return this.#parts.tables.ask();
  }

  status(): TableSinkStatus {
    const tables = [...this.#tables.values()].map((table) => ({
      topic: table.name,
      lag: table.removed ? 0 : table.lag,
      memoryBytes: table.memoryBytes,
      failing: table.failing,
      refusedColumns: table.refusedColumns,
    }));
    const { flushes, rows, files, bytes, misfits } = this.#flusher;
    return {
      paused: this.#paused,
      tables,
      records: this.#reader.records,
      flushes,
      rows,
      files,
      bytesWritten: bytes,
      errors: this.#errors + this.#reader.errors,
      lost: this.#reader.lost,
      misfits,
      memoryBytes: this.#memoryBytes(),
      lag: tables.reduce((sum, { lag }) => sum + lag, 0),
      reading: this.#reading,
      waiting: this.#waiting(),
      flushing: this.#flushing,
      failing: tables.find(({ failing }) => failing !== undefined)?.failing,
    };
  }

  #waiting(): number {
    let partitions = 0;
    for (const table of this.#tables.values())
      for (const { waiting, reading, next, end } of table.partitions)
        if (waiting && !reading && next < end) partitions++;
    return partitions;
  }

  #memoryBytes(): number {
    let bytes = 0;
    for (const table of this.#tables.values()) bytes += table.memoryBytes;
    return bytes;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#watchers.push(resolve));
  }

  /** Begins all that can begin now. Called after everything that happens. */
  #look(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) watcher();
    if (this.#stopped || (this.#urgent === 0 && (!this.#started || this.#paused))) return;
    this.#work();
    while (this.#reading < this.#parts.settings.maxReads) {
      const partition = this.#readable();
      if (partition === undefined) return;
      void this.#read(partition);
    }
  }

  /** Begins to open, flush and drop tables, the longest waiting first. */
  #work(): void {
    const now = this.#parts.clock.monotonic();
    const tight = this.#tight();
    const candidates = [...this.#tables.values()].filter((table) => !table.busy && table.retryAt <= now);
    if (tight) candidates.sort((left, right) => right.memoryBytes - left.memoryBytes);
    else candidates.sort((left, right) => (left.since === right.since ? 0 : left.since - right.since));
    for (const table of candidates) {
      if (this.#flushing >= this.#parts.settings.maxFlushes) return;
      const task = this.#taskFor(table, now, tight);
      // The lines of a flush, and of each attempt after one that failed, have its transaction in common.
      const { transaction } = table.frozen ?? {};
      if (task !== undefined) void withLogFields({ transaction }, () => this.#run(table, task));
    }
  }

  #taskFor(table: TopicTable, now: number, tight: boolean): (() => Promise<void>) | undefined {
    const { files } = table;
    if (table.removed) return () => this.#end(table);
    if (files === undefined) return () => this.#flusher.open(table);
    if (table.columnsDone !== table.columns) return () => this.#flusher.evolve(table, files);
    if (table.frozen === undefined && this.#due(table, now, tight))
      table.freeze(uuidToString(this.#parts.random.bytes(16)));
    const { frozen } = table;
    return frozen && (() => this.#flusher.flush(table, files, frozen));
  }

  #due(table: TopicTable, now: number, tight: boolean): boolean {
    if (this.#grown(table) || now - table.since >= this.#parts.settings.flushIntervalMs) return true;
    if (table.since === Number.POSITIVE_INFINITY) return false;
    return (
      (tight && table.growingBytes > 0) ||
      (this.#urgent > 0 && table.partitions.every(({ next, goal }) => next >= goal))
    );
  }

  async #end(table: TopicTable): Promise<void> {
    if (table.dropping) {
      await this.#parts.tables.drop(table);
      await this.#parts.host.settle({ committed: [], abandoned: table.frozen?.keys ?? [] });
    }
    this.#tables.delete(table.topicId);
    if (table.again !== undefined) this.addTopic(table.again);
  }

  async #run(table: TopicTable, task: () => Promise<void>): Promise<void> {
    table.busy = true;
    this.#flushing++;
    try {
      await task();
      table.succeeded();
    } catch (error) {
      this.#failed(table, error as Error);
      await this.#makeRoom(table);
    } finally {
      table.busy = false;
      this.#flushing--;
      this.#look();
    }
  }

  /** A table that fails keeps its rows only while there is room for those of others: they are still in the log. */
  async #makeRoom(table: TopicTable): Promise<void> {
    const { files } = table;
    if (files === undefined || this.#memoryBytes() < this.#parts.settings.memoryBytes / 2) return;
    // Until the table can be asked, it is not known what became of a commit: the rows are kept.
    await this.#flusher.startAgain(table, files, false).catch(() => {});
  }

  #failed(table: TopicTable, error: Error): void {
    const { clock, random, settings, logger } = this.#parts;
    this.#errors++;
    this.#parts.failed.inc();
    if (table.failing === undefined && !this.#stopped)
      logger.warn({ err: error, topic: table.name }, 'a table does not get on; will try again');
    table.failing = error.message;
    const policy = { attempts: Infinity, baseMs: settings.retryBaseMs, maxMs: settings.retryMaxMs, factor: 2 };
    const pause = backoffMs(policy, ++table.failures, random);
    table.retryAt = clock.monotonic() + pause;
    clock.after(pause, () => this.#look());
  }

  /** All rows together take the memory that they may. */
  #tight(): boolean {
    return this.#memoryBytes() >= this.#parts.settings.memoryBytes;
  }

  /** The growing memtable has the size at which it is frozen. */
  #grown(table: TopicTable): boolean {
    return table.growingBytes >= this.#parts.settings.memtableBytes * FREEZE_AT;
  }

  #readable(): TablePartition | undefined {
    if (this.#tight()) return undefined;
    const now = this.#parts.clock.monotonic();
    const all = [...this.#tables.values()].flatMap((table) => {
      const open = table.files !== undefined && !table.removed && table.retryAt <= now;
      // A table that cannot be flushed collects no more: its rows would take the room of others.
      const stuck = table.failing !== undefined && table.frozen !== undefined;
      return open && !stuck && !this.#grown(table) ? table.partitions : [];
    });
    for (let looked = 0; looked < all.length; looked++) {
      const partition = all[this.#turn++ % all.length]!;
      if (partition.waiting && !partition.reading) return partition;
    }
    return undefined;
  }

  async #read(partition: TablePartition): Promise<void> {
    const { table, next } = partition;
    const { epoch } = table;
    partition.reading = true;
    partition.waiting = false;
    this.#reading++;
    let read: CommittedRead | undefined;
    try {
      read = await this.#parts.host.readLog(table.topicId, partition.partition, next);
      if (table.epoch !== epoch || table.removed) return;
      if (await this.#reader.apply(partition, read, () => this.#grown(table) || this.#tight()))
        partition.waiting = true;
      // Not while something else is to be tried again.
      if (table.frozen === undefined && table.columnsDone === table.columns) table.succeeded();
    } catch (error) {
      partition.waiting = true;
      this.#failed(table, error as Error);
    } finally {
      // The memtable has copies.
      if (read !== undefined && 'batches' in read) giveBack(read.batches);
      partition.reading = false;
      this.#reading--;
      this.#look();
    }
  }
}

/** Something has yet to be done before the table is where `flushNow` wants it; nothing, where it does not get on. */
function unfinished(table: TopicTable): boolean {
  if (table.busy) return true;
  if (table.failing !== undefined) return false;
  return table.removed || table.files === undefined || table.partitions.some((one) => table.committed(one) < one.goal);
}
