import type { RetryPolicy } from '../../objects/retry.ts';
import type { PoolSettings, TrimReport } from '../../lake/index.ts';
import type { CommittedRead } from '../../log/committed-read.ts';
import type { TableExpiryOrder, TableExpiryReport, TableMergeOrder, TableMergeReport } from './merges.ts';
import type {
  FileVerdict,
  SettledFiles,
  TableFileName,
  TableErasure,
  TableAdvance,
  TableSinkSettings,
  TableSinkStatus,
  TableTopicSpec,
  TableTrim,
} from './types.ts';

/** What the table thread needs to know at its start. */
export interface TableWorkerOptions {
  readonly objectsUrl: string;
  /** How the store's keys are written as URIs in the tables' metadata: put before them, with a slash. */
  readonly baseUri: string;
  readonly catalogUrl: string;
  /** Connections of a catalog in PostgreSQL. */
  readonly pool: PoolSettings;
  readonly retry: RetryPolicy;
  readonly settings: TableSinkSettings;
  /** Where merged files are collected. */
  readonly temporaryFolder: string;
  /** Shared memory, for `threadLogger`. */
  readonly logLevels: SharedArrayBuffer;
}

/** What the main thread calls in the table thread. */
export type TableCalls = {
  ready: (none: null) => void;
  start: (none: null) => void;
  addTopic: (spec: TableTopicSpec) => void;
  removeTopic: (of: { topicId: string; name: string; drop: boolean }) => void;
  advanced: (partitions: readonly TableAdvance[]) => void;
  pause: (none: null) => void;
  resume: (none: null) => void;
  flush: (none: null) => Promise<void>;
  /** Topics whose tables may have something to be merged. */
  mergesDue: (minPieces: number) => readonly string[];
  merge: (order: TableMergeOrder) => Promise<TableMergeReport>;
  expire: (order: TableExpiryOrder) => Promise<TableExpiryReport>;
  status: (none: null) => TableSinkStatus;
  askCatalog: (none: null) => Promise<void>;
  metrics: (none: null) => Promise<object[]>;
  erase: (task: TableErasure) => Promise<readonly number[]>;
  trim: (task: TableTrim) => Promise<TrimReport | undefined>;
  drop: (topic: Pick<TableTopicSpec, 'topicId' | 'name'>) => Promise<void>;
  files: (topic: Pick<TableTopicSpec, 'topicId' | 'name'>) => Promise<readonly string[]>;
  verify: (of: TableFileName) => Promise<FileVerdict>;
  stop: (none: null) => Promise<void>;
};

/** What the table thread calls in the main thread. */
export type TableHostCalls = {
  readLog: (at: { topicId: string; partition: number; offset: number }) => Promise<CommittedRead>;
  announce: (objectKey: string) => Promise<void>;
  settle: (files: SettledFiles) => Promise<void>;
  unsettled: (prefix: string) => Promise<readonly string[]>;
  discard: (objectKeys: readonly string[]) => Promise<void>;
  mergeProgress: (of: { topicId: string; bytes: number }) => Promise<void>;
};
