import type { Metrics } from '../base/metrics.ts';
import type { SealedSegment } from '../wal/options.ts';
import type { WalPosition } from '../wal/segment-reader.ts';
import type { TableService } from './tables/service.ts';
import type { TextService } from './text/service.ts';

/** How far the processor follows the write-ahead log, and what it takes. Offsets and records are since the start. */
export interface ReplayFigures {
  /** Where the one reader of the WAL is, and where its durable end is. */
  readonly position: WalPosition;
  readonly durable: WalPosition;
  /** Bytes of the WAL between the two. */
  readonly lagBytes: number;
  /** Offsets that the WAL no longer holds, to be indexed from the log. */
  readonly backlogOffsets: number;
  readonly records: number;
  readonly memoryBytes: number;
  readonly memoryLimitBytes: number;
  /** Of the tables, whose partitions are read independently of each other. */
  readonly tables: {
    readonly appliers: { readonly busy: number; readonly limit: number };
    /** Partitions that wait for an applier, or for memory. */
    readonly waitingPartitions: number;
    readonly flushes: { readonly busy: number; readonly limit: number };
    readonly lagOffsets: number;
    readonly records: number;
    readonly memoryBytes: number;
    readonly memoryLimitBytes: number;
  };
}

export interface ReplayParts {
  readonly wal: {
    readonly watermark: { read(): WalPosition };
    sealedSegments(): readonly Pick<SealedSegment, 'sequence' | 'end'>[];
  };
  readonly text: Pick<TextService, 'status'>;
  readonly tables: Pick<TableService, 'status'>;
  readonly metrics: Metrics;
  readonly limits: {
    readonly indexBytes: number;
    readonly tableBytes: number;
    readonly appliers: number;
    readonly flushes: number;
  };
}

/** Bytes of the WAL from `from` to `to`. Of segments that are not there any more nothing has to be read. */
export function bytesBetween(
  from: WalPosition,
  to: WalPosition,
  sealed: readonly Pick<SealedSegment, 'sequence' | 'end'>[],
): number {
  if (from.segment >= to.segment) return from.segment > to.segment ? 0 : Math.max(0, to.position - from.position);
  let bytes = to.position;
  for (const { sequence, end } of sealed)
    if (sequence >= from.segment && sequence < to.segment)
      bytes += sequence === from.segment ? Math.max(0, end - from.position) : end;
  return bytes;
}

/** Asks the sinks how far they are. What was asked last shows in the metrics. */
export class Replay {
  readonly #parts: ReplayParts;
  #last: ReplayFigures | undefined;

  constructor(parts: ReplayParts) {
    this.#parts = parts;
    const { metrics } = parts;
    const gauge = (name: string, help: string, read: (figures: ReplayFigures) => number): void =>
      metrics.gaugeFrom(name, help, () => (this.#last === undefined ? 0 : read(this.#last)));
    gauge('quarry_replay_lag_bytes', 'Bytes of the WAL that are not read for search yet.', ({ lagBytes }) => lagBytes);
    gauge(
      'quarry_replay_appliers_busy',
      'Partitions that are being read for tables.',
      ({ tables }) => tables.appliers.busy,
    );
    gauge(
      'quarry_replay_waiting_partitions',
      'Partitions that wait to be read for tables.',
      ({ tables }) => tables.waitingPartitions,
    );
    gauge('quarry_replay_flushes_busy', 'Tables that are written or committed.', ({ tables }) => tables.flushes.busy);
  }

  async figures(): Promise<ReplayFigures> {
    const { wal, text, tables, limits } = this.#parts;
    const { position, backlog, records, memoryBytes } = await text.status();
    const inTables = await tables.status();
    const durable = wal.watermark.read();
    this.#last = {
      position,
      durable,
      lagBytes: bytesBetween(position, durable, wal.sealedSegments()),
      backlogOffsets: backlog,
      records,
      memoryBytes,
      memoryLimitBytes: limits.indexBytes,
      tables: {
        appliers: { busy: inTables.reading, limit: limits.appliers },
        waitingPartitions: inTables.waiting,
        flushes: { busy: inTables.flushing, limit: limits.flushes },
        lagOffsets: inTables.lag,
        records: inTables.records,
        memoryBytes: inTables.memoryBytes,
        memoryLimitBytes: limits.tableBytes,
      },
    };
    return this.#last;
  }
}
