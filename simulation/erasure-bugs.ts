import type { ColdData } from '../src/log/options.ts';
import type { ErasablePartition } from '../src/processor/erasure/log-erasure.ts';
import type { ObjectClearing } from '../src/processor/erasure/object-clearing.ts';
import type { ErasureHost, ErasureTask } from '../src/processor/erasure/types.ts';
import type { LakeTables } from '../src/processor/tables/lake-tables.ts';
import type { TableHost } from '../src/processor/tables/types.ts';
import type { TableService } from '../src/processor/tables/service.ts';
import { overlay } from './compaction-bugs.ts';

type TableErasing = Pick<TableService, 'erase'>;

/** A bug planted at a seam between the deletion of keys and the rest; the product has no switch for it. */
export interface ErasureBug {
  /** What goes wrong, in a sentence. */
  readonly what: string;
  readonly partitions?: (partitions: readonly ErasablePartition[]) => readonly ErasablePartition[];
  readonly task?: (task: ErasureTask) => ErasureTask;
  readonly host?: (host: ErasureHost) => ErasureHost;
  readonly cold?: (cold: ColdData) => ColdData;
  /** `files` are the tables without the sink's memory. */
  readonly tables?: (tables: TableErasing, files: Pick<LakeTables, 'erase'>) => TableErasing;
  readonly clearing?: Pick<ObjectClearing, 'run'>;
  readonly tableHost?: (host: TableHost) => TableHost;
  /** A start does not look for what an earlier one left. */
  readonly forgets?: true;
}

export const NO_ERASURE_BUG: ErasureBug = { what: 'nothing' };

const bug = (what: string, seams: Omit<ErasureBug, 'what'>): ErasureBug => ({ what, ...seams });

const each = (changed: Partial<ErasablePartition>) => (partitions: readonly ErasablePartition[]) =>
  partitions.map((partition) => overlay(partition, changed));

export const ERASURE_BUGS: Readonly<Record<string, ErasureBug>> = {
  'ends-not-minded': bug('records that came after the request go, too', {
    task: (task) => ({ ...task, keys: task.keys.map(({ key }) => ({ key, below: Number.MAX_SAFE_INTEGER })) }),
  }),
  'one-key-only': bug('of requests that wait together one is done', {
    task: (task) => ({ ...task, keys: task.keys.map(() => task.keys[0]!) }),
  }),
  'one-partition-only': bug('the other partition keeps its records', {
    partitions: (partitions) => partitions.slice(0, 1),
  }),
  'wal-not-minded': bug('what is still in the WAL stays there', {
    partitions: each({ packedBelow: Number.MAX_SAFE_INTEGER }),
  }),
  'texts-left': bug('text segments are not made anew', { task: (task) => ({ ...task, texts: [] }) }),
  'texts-not-swapped': bug('text segments that were made anew are not registered', {
    host: (host) => overlay(host, { swapText: () => Promise.resolve() }),
  }),
  'aborted-not-told': bug('text segments that are made anew have aborted records', {
    task: (task) => ({ ...task, aborted: [] }),
  }),
  'producers-not-told': bug('the last batch of a producer goes', { task: (task) => ({ ...task, producers: [] }) }),
  'tail-not-told': bug('the tail goes on serving what was replaced', { partitions: each({ compacted() {} }) }),
  'sections-not-told': bug('open sections that were replaced go on being read', {
    cold: (cold) => overlay(cold, { replaced() {} }),
  }),
  'table-forgotten': bug('the table keeps its rows', {
    tables: () => ({ erase: ({ keys }) => Promise.resolve(keys.map(() => 0)) }),
  }),
  'rows-not-read-again': bug('rows that were read before become part of the table afterwards', {
    tables: (_tables, files) => files,
  }),
  'objects-not-cleared': bug('objects that other partitions share keep the bytes', {
    clearing: { run: () => Promise.resolve() },
  }),
  'files-not-discarded': bug('files that the table lost stay in the store', {
    tableHost: (host) => ({ ...host, discard: () => Promise.resolve() }),
  }),
  'forgotten-by-a-crash': bug('a start does not go on with what was asked for before', { forgets: true }),
};
