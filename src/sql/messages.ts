import type { RegistrySettings } from '../lake/values/schema-registry.ts';
import type { RetryPolicy } from '../objects/retry.ts';
import type { Counting } from './expiry.ts';
import type { TableReference } from './statement.ts';

export type SqlFormat = 'json' | 'ndjson' | 'csv' | 'arrow';

/** What a query costs at most. */
export interface SqlLimits {
  readonly memoryBytes: number;
  readonly threads: number;
  readonly maxRows: number;
  readonly maxAnswerBytes: number;
  readonly maxBatchBytes: number;
}

/** Where the topics' tables are. */
export interface SqlLakeOptions {
  readonly catalogUrl: string;
  readonly objectsUrl: string;
  /** How the store's keys are written as URIs in the tables' metadata: put before them, with a slash. */
  readonly baseUri: string;
  readonly retry: RetryPolicy;
  readonly cacheFolder: string;
  /** Of files of tables that are kept on the local disk. */
  readonly cacheBytes: number;
  /** Where schemas of framed values are asked for; undefined: values are JSON. */
  readonly registry: RegistrySettings | undefined;
}

/** What the SQL thread needs to know at its start. */
export interface SqlWorkerOptions {
  /** Missing where topics have no tables. */
  readonly lake: SqlLakeOptions | undefined;
}

/** What a query comes to. */
export interface SqlAnswer {
  readonly bytes: Uint8Array;
  /** Sentences on what the answer lacks. */
  readonly notices: readonly string[];
}

export interface SqlJob {
  /** Chosen by the host; its calls come back with it. */
  readonly id: number;
  readonly sql: string;
  readonly format: SqlFormat;
  readonly limits: SqlLimits;
}

/** A topic that a query may read. */
export interface ResolvedTopic extends Pick<TableReference, 'name' | 'bounds'> {
  readonly topicId: string;
  readonly partitions: number;
  /** It is to have a table. */
  readonly table: boolean;
  /** Missing where all records count. */
  readonly counting?: Counting | undefined;
  /** By partition: rows of offsets below do not count, though the table may still have them. */
  readonly goneBelow: ReadonlyMap<number, number>;
}

/** Offsets of one partition that a query reads. */
export interface PartitionRange {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/** Batches from an offset on. */
export interface LogPiece {
  readonly batches: Uint8Array;
  readonly aborted: readonly {
    readonly producerId: number;
    readonly firstOffset: number;
    readonly lastOffset: number;
  }[];
  /** The offset to go on at when there are no batches. */
  readonly next: number;
}

/** What the host may call in the SQL thread. */
export type SqlWorkerCalls = {
  query: (job: SqlJob) => Promise<SqlAnswer>;
  metrics: (none: null) => Promise<object[]>;
  /** Ends the queries under way. Resolved when DuckDB has nothing left to do: a thread that ends before takes the process with it. */
  stop: (none: null) => Promise<void>;
};

/** What the SQL thread calls in the host, for one of its queries. */
export type SqlHostCalls = {
  /** The topics of these names that the one who asks may read; fails for the first that is not. */
  resolve: (ask: { readonly id: number; readonly tables: readonly TableReference[] }) => Promise<ResolvedTopic[]>;
  /** The offsets to be read from the log: those before `from`, by partition, are read elsewhere. */
  ranges: (ask: {
    readonly id: number;
    readonly topic: ResolvedTopic;
    readonly from: ReadonlyMap<number, number>;
  }) => Promise<PartitionRange[]>;
  list: (id: number) => string[];
  read: (at: PartitionRange & { readonly id: number; readonly topic: string }) => Promise<LogPiece>;
};
