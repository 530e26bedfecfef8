import type { Clock } from '../../base/clock.ts';
import type { Disk } from '../../base/disk.ts';
import { countPieces, type MergeRule, type PieceCount } from '../../base/merge-policy.ts';
import { pacer } from '../../base/pacer.ts';
import { type ExpiryRule, isExpired } from '../../log/record-expiry.ts';
import {
  type CompactReport,
  compactTable,
  diskSpool,
  expireSnapshots,
  isWithin,
  mergeGroups,
  noMerges,
  removeOrphans,
  type RowBlock,
  type Table,
} from '../../lake/index.ts';
import type { MergeMeters } from '../merging/metrics.ts';
import type { LakeTables } from './lake-tables.ts';
import type { OwnFiles } from './own-files.ts';
import type { TableFileSettings, TableTopicSpec } from './types.ts';

type TableOfTopic = Pick<TableTopicSpec, 'topicId' | 'name'>;

/** Merge a table. Plain data: it crosses threads. */
export interface TableMergeOrder extends TableOfTopic {
  readonly rule: MergeRule;
  readonly memoryBytes: number;
  readonly maxBytesPerSecond: number;
  /** Rows that no longer count by it are left out. */
  readonly expiry: ExpiryRule | undefined;
}

/** What was done, and what there is now. */
export interface TableMergeReport extends CompactReport, PieceCount {
  /** Files that cannot be rewritten. */
  readonly aside: number;
  /** Those of them that were found this time, with the reason. */
  readonly found: readonly (readonly [path: string, reason: string])[];
}

export interface TableExpiryOrder extends TableOfTopic {
  /** Snapshots older than this go, unless the table says otherwise. */
  readonly retentionMs: number;
}

export interface TableExpiryReport {
  readonly snapshots: number;
  readonly orphans: number;
}

export interface TableMergesParts {
  readonly tables: Pick<LakeTables, 'table'>;
  readonly host: OwnFiles;
  readonly clock: Clock;
  readonly disk: Disk;
  /** Where merged files are collected. */
  readonly temporaryFolder: string;
  /** The disk is the machine's, so that the store can read files itself. */
  readonly uploadFiles: boolean;
  readonly meters: MergeMeters;
  readonly settings: { readonly files: Pick<TableFileSettings, 'compression'> };
}

/** Files that no snapshot names go at this age: writers elsewhere may take long between their files and their commit. */
const ORPHAN_AGE_MS = 24 * 60 * 60 * 1000;
const EXPIRE_AGE = 'history.expire.max-snapshot-age-ms';

/** Upkeep of the topics' tables, in the thread of the table sink: small files become larger ones, old snapshots go. */
export class TableMerges {
  readonly #parts: TableMergesParts;
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  readonly #aside = new Map<string, Map<string, string>>();
  /** Commits of the sink since a table was last looked at; missing: it never was. */
  readonly #commits = new Map<string, number>();
  readonly #known = new Set<string>();

  constructor(parts: TableMergesParts) {
    this.#parts = parts;
  }

  /** The topic has a table. */
  added(topicId: string): void {
    this.#known.add(topicId);
  }

  removed(topicId: string): void {
    this.#known.delete(topicId);
    this.#commits.delete(topicId);
    this.#aside.delete(topicId);
    this.#parts.meters.forget(topicId);
  }

  /** The sink committed to the topic's table. */
  committed(topicId: string): void {
    const commits = this.#commits.get(topicId);
    if (commits !== undefined) this.#commits.set(topicId, commits + 1);
  }

  /** Topics whose tables may have something to be merged: each commit brings a file at least. */
  due(minPieces: number): string[] {
    return [...this.#known].filter((topicId) => (this.#commits.get(topicId) ?? minPieces) >= minPieces);
  }

  /** Merges what the rule says. Rejects when it is told to stop, and with the errors of store and catalog. */
  merge(order: TableMergeOrder, signal: AbortSignal): Promise<TableMergeReport> {
    return this.#until(this.#merge(order, AbortSignal.any([signal, this.#stopping.signal])));
  }

  /** Removes old snapshots, and what nothing names. */
  expire(order: TableExpiryOrder): Promise<TableExpiryReport> {
    return this.#until(this.#expire(order));
  }

  /** Ends what is under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.allSettled(this.#running);
  }

  async #until<Result>(work: Promise<Result>): Promise<Result> {
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }

  async #merge(order: TableMergeOrder, signal: AbortSignal): Promise<TableMergeReport> {
    const { tables, host, disk, clock, temporaryFolder, uploadFiles, meters } = this.#parts;
    const { topicId, rule, memoryBytes, maxBytesPerSecond, expiry } = order;
    const before = this.#commits.get(topicId) ?? 0;
    const table = await tables.table(order);
    if (table === undefined) return { ...noMerges(), pieces: 0, least: 0, aside: 0, found: [] };
    const aside = this.#aside.get(topicId) ?? new Map<string, string>();
    this.#aside.set(topicId, aside);
    const asideBefore = aside.size;
    disk.makeDirectory(temporaryFolder);
    const pace = pacer(clock, maxBytesPerSecond, signal);
    let done = 0;
    const report = await compactTable(table, {
      compression: this.#parts.settings.files.compression,
      rule,
      memoryBytes,
      signal,
      aside,
      ...(expiry !== undefined && { drop: expired(expiry, clock.now()) }),
      announce: (objectKey) => host.announce(objectKey),
      settle: (files) => host.settle(files),
      spool: () => diskSpool(disk, `${temporaryFolder}/${topicId}.parquet`, uploadFiles),
      pace: async (bytes) => {
        done += bytes;
        await host.mergeProgress(topicId, done);
        await pace(bytes);
        await turn();
      },
    });
    signal.throwIfAborted();
    this.#commits.set(topicId, (this.#commits.get(topicId) ?? 0) - before);
    const count = await this.#count(table, rule);
    meters.merged('table', topicId, { ...report, ...count, aside: aside.size });
    return { ...report, ...count, aside: aside.size, found: [...aside].slice(asideBefore) };
  }

  async #count(table: Table, { targetBytes }: MergeRule): Promise<PieceCount> {
    return countPieces(mergeGroups(await table.files((file) => isWithin(table, file))), targetBytes);
  }

  async #expire(order: TableExpiryOrder): Promise<TableExpiryReport> {
    const { tables, host, clock } = this.#parts;
    const table = await tables.table(order);
    if (table === undefined) return { snapshots: 0, orphans: 0 };
    const own = table.metadata.properties[EXPIRE_AGE] !== undefined;
    const snapshots = await expireSnapshots(table, {
      ...(!own && { olderThanMs: clock.now() - order.retentionMs }),
      discard: (objectKeys) => host.discard(objectKeys),
    });
    // What is announced has its own way to go.
    const prefix = table.context.warehouse.keyOf(table.location) ?? '';
    const unsettled = new Set(await host.unsettled(`${prefix}/`));
    return { snapshots, orphans: await removeOrphans(table, ORPHAN_AGE_MS, (key) => unsettled.has(key)) };
  }
}

/** Whether a row no longer counts: what the reader says of the record before it becomes a row. */
function expired(rule: ExpiryRule, now: number): (block: RowBlock, row: number) => boolean {
  return (block, row) => {
    const record = {
      timestamp: block.timestamp[row]! / 1000,
      headers: block.headers[row]!,
      // Only rules that look into values have them decoded.
      get value() {
        return block.value(row);
      },
    };
    return isExpired(rule, record, now);
  };
}

/** Lets other work of the thread run. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
