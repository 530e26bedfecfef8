import type {
  Compression,
  DataFile,
  FrozenMemtable,
  LogOffsets,
  OffsetsBelow,
  PromotedColumn,
  TrimReport,
} from '../../lake/index.ts';
import type { RegistrySettings } from '../../lake/values/schema-registry.ts';
// Not by the index: whoever only knows the prefixes loads no lakehouse.
import { TOPICS_NAMESPACE } from '../../lake/topic-names.ts';
import type { CommittedRead } from '../../log/committed-read.ts';

/** The folder of everything that is a table's, and that of the topics' tables. */
export const LAKE_PREFIX = 'lake/';
export const TABLES_PREFIX = `${LAKE_PREFIX}${TOPICS_NAMESPACE}/`;

/** The folder of a topic's table in the object store. */
export const tableFolder = (topicId: string, name: string): string => `${TABLES_PREFIX}${name}-${topicId}`;

/** A topic that has a table. Plain data: it crosses threads. */
export interface TableTopicSpec {
  readonly topicId: string;
  readonly name: string;
  readonly partitions: number;
  readonly columns: ColumnSettings;
}

/** What columns a topic wants besides the fixed ones. */
export interface ColumnSettings {
  /** The setting `quarry.table.columns`. */
  readonly columns: string;
  /** The setting `quarry.table.columns.infer`. */
  readonly infer: boolean;
}

/** The log of a partition got on. */
export interface TableAdvance {
  readonly topicId: string;
  readonly partition: number;
  /** The last stable offset. */
  readonly end: number;
}

/** How it went with files that were announced: they are part of the table now, or never will be. */
export interface SettledFiles {
  readonly committed: readonly string[];
  readonly abandoned: readonly string[];
}

/** What the sink needs of the thread that owns log and metadata. Keys are those of the object store. */
export interface TableHost {
  readLog(topicId: string, partition: number, offset: number): Promise<CommittedRead>;
  /** Durable when resolved: from here on a crash leaves no unknown object. The object is kept until `settle`. */
  announce(objectKey: string): Promise<void>;
  /** Durable when resolved. Doing it twice changes nothing. */
  settle(files: SettledFiles): Promise<void>;
  /** Announced and not settled, by this run or an earlier one. */
  unsettled(prefix: string): Promise<readonly string[]>;
  /** Nothing refers to these any more: they are deleted in their time. */
  discard(objectKeys: readonly string[]): Promise<void>;
  /** Bytes that the merge under way of a topic's table has read and written so far. */
  mergeProgress(topicId: string, bytes: number): Promise<void>;
}

/** A topic's table, as the sink sees it. */
export interface TopicTableFiles {
  /** Prefix of the keys of everything that is the table's. */
  readonly prefix: string;
  /** As of the last load or commit. */
  offsets(): LogOffsets;
  /** Loads what was committed since. */
  refresh(): Promise<void>;
  /**
   * Gives the table these columns besides the fixed ones, as far as Iceberg lets it, and fills them in what is written from then on; with `infer`
   * also those that it has, and those that rows turn out to have. Resolves to what cannot be had and why.
   */
  evolve(columns: readonly PromotedColumn[], infer: boolean): Promise<readonly string[]>;
  /** Writes rows as files, each under a key that was announced before. */
  write(rows: FrozenMemtable, announce: (objectKey: string) => Promise<void>): Promise<WrittenFiles>;
  /** Adds files and moves the log's offsets, or neither. Rejects with OffsetsMoved where somebody else moved them. */
  commit(files: readonly DataFile[], offsets: OffsetMoves): Promise<void>;
  /**
   * After this no commit that an earlier run began can still happen: it would start from metadata that is not the table's any more. What the table
   * holds is settled then.
   */
  fence(): Promise<void>;
  /** Those of the keys that are files of the table as it was last loaded, or of a snapshot that it still has. */
  holds(objectKeys: readonly string[]): Promise<readonly string[]>;
}

/** Files that are not part of the table yet. */
export interface WrittenFiles {
  readonly files: readonly DataFile[];
  /** JSON values that did not fit their column: null in it, whole in `value`. */
  readonly misfits: number;
}

/** A data file of a topic's table. */
export interface TableFileName {
  readonly topicId: string;
  readonly name: string;
  /** The last part of its path. */
  readonly file: string;
}

/** What reading a data file back came to. */
export interface FileVerdict {
  readonly bytes: number;
  /** What is wrong with it; undefined for nothing, and for a file that is not the table's any more. */
  readonly problem: string | undefined;
}

export type OffsetMoves = ReadonlyMap<number, { readonly from: number; readonly to: number }>;

/** Keys that go from the table of a topic; each below an offset of each partition. Plain data: it crosses threads. */
export interface TableErasure {
  readonly topicId: string;
  readonly name: string;
  readonly keys: readonly { readonly key: Uint8Array; readonly ends: readonly number[] }[];
}

/** Rows that go from the table of a topic. Plain data: it crosses threads. */
export interface TableTrim {
  readonly topicId: string;
  readonly name: string;
  /** Rows below these offsets, by partition. */
  readonly below: OffsetsBelow;
  /** Rows of an older time, ms since the epoch; undefined: none. */
  readonly olderThan: number | undefined;
}

/** Where the tables are. */
export interface TopicTables {
  /** Loads the table of a topic, or makes it. One that another topic of the same name left is set aside under another name. */
  open(topic: Pick<TableTopicSpec, 'topicId' | 'name'>): Promise<TopicTableFiles>;
  /** Forgets the table, and gives its objects to `discard`. Doing it again changes nothing. */
  drop(topic: Pick<TableTopicSpec, 'topicId' | 'name'>): Promise<void>;
  /** Takes keys out of the table and its old snapshots; the rows that went, by key. All zero where there is no such table. */
  erase(task: TableErasure): Promise<readonly number[]>;
  /** Lets rows go from the table; undefined where there is no such table. */
  trim(task: TableTrim): Promise<TrimReport | undefined>;
  /** Names of the data files that the topic's table has now, and of what other engines deleted in them, ascending; none where there is no table. */
  files(topic: Pick<TableTopicSpec, 'topicId' | 'name'>): Promise<readonly string[]>;
  /** Reads a file back and checks it. Rejects where that cannot be done now. */
  verify(of: TableFileName): Promise<FileVerdict>;
  /** Asks the catalog something. Rejects when it does not answer. */
  ask(): Promise<void>;
  close(): Promise<void>;
}

/** How files are cut and compressed. */
export interface TableFileSettings {
  readonly compression: Compression;
  readonly maxRows: number;
  /** Keys, values and headers before compression. */
  readonly maxBytes: number;
}

/** Sizes in bytes, times in ms. */
export interface TableSinkSettings {
  readonly memtableBytes: number;
  readonly flushIntervalMs: number;
  /** All memtables together; above it reading waits. */
  readonly memoryBytes: number;
  /** Records that are taken in before other work of the thread has its turn. */
  readonly batchRecords: number;
  /** Partitions read at once, and tables that write or commit at once. */
  readonly maxReads: number;
  readonly maxFlushes: number;
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
  readonly files: TableFileSettings;
  /** Where schemas of framed values are asked for; undefined: all values are read as JSON. */
  readonly registry: RegistrySettings | undefined;
  /** Most bytes of one batch when decompressed. */
  readonly decompressedLimitBytes: number;
}

/** One table in the status. */
export interface TableStatus {
  readonly topic: string;
  /** Offsets, over all partitions, that are in the log and not in the table. */
  readonly lag: number;
  readonly memoryBytes: number;
  /** Why it does not get on, until it does. */
  readonly failing: string | undefined;
  /** Columns that the setting asks for and Iceberg forbids, as sentences: rows go on without them until the setting changes. */
  readonly refusedColumns: readonly string[];
}

/** What the table sink says of itself; counts are since the start. */
export interface TableSinkStatus {
  readonly paused: boolean;
  readonly tables: readonly TableStatus[];
  /** Records put into memtables. */
  readonly records: number;
  /** Commits, the rows and the files that they added. */
  readonly flushes: number;
  readonly rows: number;
  readonly files: number;
  readonly bytesWritten: number;
  readonly errors: number;
  /** Offsets that retention or a corrupt batch took before they were read. */
  readonly lost: number;
  /** Values of rows committed that did not fit their column. */
  readonly misfits: number;
  readonly memoryBytes: number;
  readonly lag: number;
  /** Partitions that are being read now, and those that wait for it; tables that write or commit now. */
  readonly reading: number;
  readonly waiting: number;
  readonly flushing: number;
  /** The first reason of a table that does not get on. */
  readonly failing: string | undefined;
}
