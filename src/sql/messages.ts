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

export interface SqlJob {
  /** Chosen by the host; its calls come back with it. */
  readonly id: number;
  readonly sql: string;
  readonly format: SqlFormat;
  readonly limits: SqlLimits;
}

/** Offsets of one partition that a query reads. */
export interface PartitionRange {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

export interface ResolvedTable {
  readonly name: string;
  readonly ranges: readonly PartitionRange[];
  readonly bounds: TableReference['bounds'];
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
  query: (job: SqlJob) => Promise<Uint8Array>;
};

/** What the SQL thread calls in the host, for one of its queries. */
export type SqlHostCalls = {
  /** The topics of these names that the one who asks may read; fails for the first that is not. */
  resolve: (ask: { readonly id: number; readonly tables: readonly TableReference[] }) => Promise<ResolvedTable[]>;
  list: (id: number) => string[];
  read: (at: PartitionRange & { readonly id: number; readonly topic: string }) => Promise<LogPiece>;
};
