/** A value that every SQL engine here can hold. Integers beyond 2^53 do not occur. */
export type SqlValue = string | number | Uint8Array | null;

export type SqlRow = Readonly<Record<string, SqlValue>>;

/** One statement with positional parameters `?`. */
export interface SqlStatement {
  readonly sql: string;
  readonly params?: readonly SqlValue[];
  /** When given: the transaction is rolled back with `SqlConflict` unless exactly so many rows were changed. */
  readonly changes?: number;
}

/**
 * A SQL engine behind one door. Statements keep to the common subset of SQLite and PostgreSQL.
 * A transaction is a list sent at once (no round trips inside); engines may commit several callers' transactions
 * with one sync, each atomic by itself. A resolved promise means durable.
 */
export interface SqlEngine {
  query(sql: string, params?: readonly SqlValue[]): Promise<SqlRow[]>;
  transaction(statements: readonly SqlStatement[]): Promise<void>;
  close(): Promise<void>;
}

/** A contiguous run of offsets of one partition, held by a range of bytes of an object. */
export interface SegmentRow {
  readonly topicId: string;
  readonly partition: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** 0 as first written; a rewrite (compaction, deletion of a key) raises it. */
  readonly generation: number;
  /** One object holds the segments of many partitions. */
  readonly objectKey: string;
  /** Where the segment lies in the object, in bytes. */
  readonly position: number;
  readonly length: number;
  readonly minTimestamp: number;
  readonly maxTimestamp: number;
  /** When the object was registered, ms since the epoch. */
  readonly created: number;
}

/** A section of a pack (a "partition segment"). */
export interface SectionRow extends SegmentRow {
  readonly records: number;
}

/** A sealed full-text index over an offset range of one partition. */
export interface TextSegmentRow extends SegmentRow {
  readonly documents: number;
  /** The rule by which its records said until when they count (`ruleText`); missing: none. */
  readonly rule?: string;
}

/** How far a sink ('pack', 'text') has durably come in the WAL: everything before (segment, position) is done. */
export interface ProgressRow {
  readonly sink: string;
  readonly segment: number;
  readonly position: number;
}
