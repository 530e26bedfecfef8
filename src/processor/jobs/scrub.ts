import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Metrics } from '../../base/metrics.ts';
import { pacer } from '../../base/pacer.ts';
import type { SqlEngine } from '../../metadata/types.ts';
import type { ObjectStore } from '../../objects/types.ts';
import { verifySegment, verifySegments, type VerifyParts } from '../segments/verify.ts';
import { allSegments, cursorAt, type SegmentInfo } from '../segments/listing.ts';
import { JobFailure } from './failures.ts';
import type { JobContext, JobKind } from './types.ts';

export interface ScrubParts {
  readonly sql: SqlEngine;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Bytes read a second. */
  readonly bytesPerSecond: number;
  /** Pause between passes over everything. */
  readonly intervalMs: number;
  /** Keeps a segment aside that is not as it must be: `verify` with the segment's id as its key. */
  readonly setAside: (segmentId: string, problem: string) => void;
}

/** What all kinds have in common that read back what is stored: last in turn, one at a time, and not soon again. */
export const READING_BACK = {
  area: 'system',
  priority: 0,
  concurrency: 1,
  retry: { baseMs: 10_000, maxMs: 600_000, factor: 3 },
} as const satisfies Partial<JobKind>;

/** Reads everything that is registered back at a set rate and checks it as `quarry segments verify` does. */
export function scrubJob(parts: ScrubParts): JobKind {
  const { sql, store, clock, logger, metrics } = parts;
  const read = metrics.counter('quarry_scrub_read_bytes_total', 'Bytes that the scrubber read back.');
  const faults = metrics.counter('quarry_scrub_faults_total', 'Segments that the scrubber found damaged.');
  return {
    name: 'scrub',
    summary: 'Reads every registered segment back and checks it.',
    ...READING_BACK,
    everyMs: () => parts.intervalMs,
    pauseOutlivesRestart: true,
    async run(_key, { signal, progress, position, checkpoint }) {
      const wait = pacer(clock, parts.bytesPerSecond, signal);
      const pace = async (bytes: number): Promise<void> => {
        read.inc(bytes);
        await wait(bytes);
      };
      const report = await verifySegments({
        sql,
        store,
        pace,
        signal,
        live: true,
        from: placeOf(position),
        onProgress(done, segment) {
          progress(done);
          checkpoint({ kind: segment.kind, after: cursorAt(segment) });
        },
        onFault({ where, problem }) {
          faults.inc();
          logger.error({ segment: where, problem }, 'a stored segment is damaged');
          parts.setAside(where, problem);
        },
      });
      const { sections, textSegments, bytes } = report;
      logger.info({ sections, textSegments, bytes, faults: report.faults.length }, 'stored segments were read back');
    },
  };
}

/** Where a pass that did not finish goes on; from the beginning, where that is not a place of this program. */
function placeOf(position: JobContext['position']): VerifyParts['from'] {
  const { kind, after } = position ?? {};
  return (kind === 'pack' || kind === 'text') && typeof after === 'string' ? { kind, after } : undefined;
}

async function segmentById(sql: SqlEngine, id: string): Promise<SegmentInfo | undefined> {
  for (const kind of ['pack', 'text'] as const)
    for await (const segment of allSegments(sql, kind)) if (segment.id === id) return segment;
  return undefined;
}

/** Checks one segment again. What is still damaged is kept aside; what nobody refers to any more is nobody's trouble. */
export function verifyJob({ sql, store }: Pick<ScrubParts, 'sql' | 'store'>): JobKind {
  return {
    name: 'verify',
    summary: 'Reads one segment back and checks it; its key is the id of the segment.',
    ...READING_BACK,
    quarantineAfter: 3,
    async run(key, { signal }) {
      const segment = await segmentById(sql, key);
      if (segment === undefined) return;
      const [fault] = await verifySegment({ sql, store, signal, live: true }, segment);
      if (fault !== undefined) throw new JobFailure('corrupt', fault.problem);
    },
  };
}
