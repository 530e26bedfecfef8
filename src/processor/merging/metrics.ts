import type { Metrics } from '../../base/metrics.ts';
import { type PieceCount, readAmplification } from '../../base/merge-policy.ts';

/** What is merged. */
export type MergedKind = 'table' | 'pack' | 'text';

/** What came of a merge, and what there is after it. */
export interface MergeOutcome extends PieceCount {
  /** Times that some became one, or fewer. */
  readonly merges: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Pieces that cannot be merged. */
  readonly aside: number;
}

/** What came of merging packs, or text segments, as far as it went. */
export interface SegmentMergeOutcome extends MergeOutcome {
  /** The first merge that could not be done; the others were. */
  readonly failure?: Error;
}

interface Kind {
  /** Bytes that were written for the first time since the start. */
  readonly fresh: () => number;
  /** Bytes that merging wrote since the start. */
  written: number;
  /** By what may be merged with each other. */
  readonly counts: Map<string, PieceCount & { readonly aside: number }>;
}

const known = new WeakMap<Metrics, MergeMeters>();

/** The one that belongs to these metrics. */
export function mergeMetersOf(metrics: Metrics): MergeMeters {
  const found = known.get(metrics) ?? new MergeMeters(metrics);
  known.set(metrics, found);
  return found;
}

/** The numbers of merging in one thread. */
export class MergeMeters {
  readonly #metrics: Metrics;
  readonly #kinds = new Map<MergedKind, Kind>();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
    const gauge = (name: string, help: string, of: (kind: Kind) => number): void =>
      metrics.gaugesFrom(name, help, ['what'], () => [...this.#kinds].map(([what, kind]) => [{ what }, of(kind)]));
    gauge(
      'quarry_write_amplification',
      'Bytes written since the start, merging included, for each byte that was new.',
      ({ fresh, written }) => (fresh() === 0 ? 1 : (fresh() + written) / fresh()),
    );
    gauge(
      'quarry_read_amplification',
      'Files or segments for each that there would be if all were merged.',
      ({ counts }) => readAmplification(counts.values()),
    );
    gauge('quarry_merge_set_aside', 'Files or segments that cannot be merged.', ({ counts }) =>
      [...counts.values()].reduce((sum, { aside }) => sum + aside, 0),
    );
  }

  /** Shows a kind; `fresh` gives the bytes that were written for the first time since the start. */
  show(kind: MergedKind, fresh: () => number): void {
    this.#kinds.set(kind, { fresh, written: 0, counts: new Map() });
  }

  /** Something of a kind that is shown was looked at, and perhaps merged. */
  merged(kind: MergedKind, key: string, outcome: MergeOutcome): void {
    const { merges, bytesRead, bytesWritten } = outcome;
    const shown = this.#kinds.get(kind);
    if (shown === undefined) return;
    shown.counts.set(key, outcome);
    shown.written += bytesWritten;
    const counter = (name: string, help: string) => this.#metrics.counter(name, help, { what: kind });
    counter('quarry_merges_total', 'Times that small files or segments became larger ones.').inc(merges);
    counter('quarry_merge_read_bytes_total', 'Bytes read to be merged.').inc(bytesRead);
    counter('quarry_merge_written_bytes_total', 'Bytes that merging wrote.').inc(bytesWritten);
  }

  /** What the key stood for is gone. */
  forget(key: string): void {
    for (const { counts } of this.#kinds.values()) counts.delete(key);
  }
}
