import { type FrozenMemtable, type LogOffsets, Memtable } from '../../lake/index.ts';
import type { ColumnSettings, OffsetMoves, TableTopicSpec, TopicTableFiles, WrittenFiles } from './types.ts';

/** One partition on its way into the table. */
export interface TablePartition {
  readonly table: TopicTable;
  readonly partition: number;
  /** The growing memtable begins here: below, rows are committed or frozen. */
  base: number;
  /** The next offset to read. */
  next: number;
  /** The last stable offset, as far as it was heard of. */
  end: number;
  /** `flushNow` waits for the offsets below. */
  goal: number;
  /** There may be something to read. */
  waiting: boolean;
  reading: boolean;
}

/** Rows that are being made part of the table. */
export interface Frozen {
  /** What log lines call the flush, all attempts of it. */
  readonly transaction: string;
  readonly rows: FrozenMemtable;
  readonly offsets: OffsetMoves;
  /** Keys that were announced for it. */
  keys: string[];
  /** What is left to do: each step is tried until it works. */
  step: 'write' | 'commit' | 'settle';
  written: WrittenFiles;
  /** A commit was tried and its answer is not known. */
  unsure: boolean;
}

/** The memtable of one topic: at most one is frozen while the next one grows. A state machine; who flushes is the sink. */
export class TopicTable {
  readonly topicId: string;
  readonly name: string;
  readonly partitions: TablePartition[] = [];
  files: TopicTableFiles | undefined;
  /** Work at the catalog or at the store is under way. */
  busy = false;
  removed = false;
  /** The topic is gone, and the table has to go. */
  dropping = false;
  /** Wanted again while it is being removed. */
  again: TableTopicSpec | undefined;
  frozen: Frozen | undefined;
  failing: string | undefined;
  failures = 0;
  /** Monotonic time before which nothing is tried again. */
  retryAt = 0;
  /** Rises when rows in memory are thrown away: what was read before belongs nowhere then. */
  epoch = 0;
  /** The columns that are wanted, and those with which the table was last brought in line. */
  columns: ColumnSettings = { columns: '', infer: false };
  columnsDone: ColumnSettings | undefined;
  /** What of the setting Iceberg forbids. */
  refusedColumns: readonly string[] = [];
  #memtable = new Memtable();
  #since: number | undefined;

  constructor(spec: TableTopicSpec) {
    this.topicId = spec.topicId;
    this.name = spec.name;
    this.configure(spec);
  }

  /** The topic has so many partitions and wants these columns. */
  configure({ partitions, columns }: TableTopicSpec): void {
    if (columns.columns !== this.columns.columns || columns.infer !== this.columns.infer) this.columns = columns;
    for (let partition = this.partitions.length; partition < partitions; partition++) {
      const from = this.files?.offsets().get(partition) ?? 0;
      this.partitions.push({
        table: this,
        partition,
        base: from,
        next: from,
        end: 0,
        goal: 0,
        waiting: true,
        reading: false,
      });
    }
  }

  /** Begins at the table's own offsets; what is in memory is gone. */
  restart(files: TopicTableFiles): void {
    this.files = files;
    // Another engine may have changed the schema.
    this.columnsDone = undefined;
    this.epoch++;
    this.frozen = undefined;
    this.#memtable = new Memtable();
    this.#since = undefined;
    for (const partition of this.partitions) {
      partition.base = partition.next = files.offsets().get(partition.partition) ?? 0;
      partition.waiting = true;
    }
  }

  /** Rows of this batch go here. */
  get memtable(): Memtable {
    return this.#memtable;
  }

  get memoryBytes(): number {
    const growing = this.#memtable.rows === 0 ? 0 : this.#memtable.bytes;
    return growing + (this.frozen === undefined || this.frozen.rows.rows === 0 ? 0 : this.frozen.rows.bytes);
  }

  /** Bytes that freezing would hand over. */
  get growingBytes(): number {
    return this.#memtable.rows === 0 ? 0 : this.#memtable.bytes;
  }

  /** Offsets below `end` are read. */
  advance(partition: TablePartition, end: number, now: number): void {
    partition.next = end;
    partition.end = Math.max(partition.end, end);
    this.#since ??= now;
  }

  /** Monotonic time since when something waits to be flushed; infinite when nothing does. */
  get since(): number {
    return this.#since ?? Number.POSITIVE_INFINITY;
  }

  /** Offsets that are in the log and not in the table. */
  get lag(): number {
    return this.partitions.reduce((sum, one) => sum + Math.max(0, one.end - this.committed(one)), 0);
  }

  /** Offsets below are in the table. */
  committed({ partition, base }: TablePartition): number {
    return this.frozen?.offsets.get(partition)?.from ?? base;
  }

  /** Whether the table is in every partition where the growing memtable begins. Nothing may be frozen. */
  isAt(offsets: LogOffsets): boolean {
    return this.partitions.every(({ partition, base }) => (offsets.get(partition) ?? 0) === base);
  }

  /** What was tried worked. */
  succeeded(): void {
    this.failing = undefined;
    this.failures = 0;
  }

  /** Hands the growing memtable over to be flushed. Nothing may be frozen. `transaction` is what log lines call the flush. */
  freeze(transaction: string): void {
    const offsets = new Map<number, { from: number; to: number }>();
    for (const partition of this.partitions) {
      if (partition.next > partition.base) {
        offsets.set(partition.partition, { from: partition.base, to: partition.next });
        partition.base = partition.next;
      }
    }
    this.#since = undefined;
    const rows = this.#memtable.freeze();
    const step = rows.rows === 0 ? 'commit' : 'write';
    this.frozen = { transaction, rows, offsets, keys: [], step, written: { files: [], misfits: 0 }, unsure: false };
  }
}
