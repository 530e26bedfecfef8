import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Metrics } from '../../base/metrics.ts';
import { pacer } from '../../base/pacer.ts';
import type { TableService } from '../tables/service.ts';
import { JobFailure } from './failures.ts';
import { READING_BACK } from './scrub.ts';
import type { JobContext, JobKind } from './types.ts';

type Tables = Pick<TableService, 'topics' | 'files' | 'verify'>;

export interface TableScrubParts {
  readonly tables: Tables;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Bytes read a second. */
  readonly bytesPerSecond: number;
  /** Pause between passes over everything. */
  readonly intervalMs: number;
  /** Keeps a file aside that is not as it must be: `table-verify` with this key. */
  readonly setAside: (key: string, problem: string) => void;
}

/** Reads all files of tables back at a set rate, and checks them against their checksums and the table. */
export function tableScrubJob(parts: TableScrubParts): JobKind {
  const { tables, clock, logger, metrics } = parts;
  const read = metrics.counter('quarry_table_scrub_read_bytes_total', 'Bytes of table files that were read back.');
  const faults = metrics.counter('quarry_table_scrub_faults_total', 'Table files that were found damaged.');
  return {
    name: 'table-scrub',
    summary: 'Reads every file of the tables back and checks it.',
    ...READING_BACK,
    everyMs: () => parts.intervalMs,
    pauseOutlivesRestart: true,
    async run(_key, { signal, progress, position, checkpoint }) {
      const pace = pacer(clock, parts.bytesPerSecond, signal);
      const from = placeOf(position);
      let done = 0;
      for (const topicId of [...tables.topics()].sort()) {
        if (topicId < from.topicId) continue;
        for (const file of await tables.files(topicId)) {
          if (topicId === from.topicId && file <= from.after) continue;
          signal.throwIfAborted();
          const { bytes, problem } = await tables.verify(topicId, file);
          if (problem !== undefined) {
            faults.inc();
            logger.error({ file, problem }, 'a file of a table is damaged');
            parts.setAside(`${topicId}/${file}`, problem);
          }
          read.inc(bytes);
          progress(++done);
          checkpoint({ topicId, after: file });
          await pace(bytes);
        }
      }
    },
  };
}

/** Where a pass that did not finish goes on. */
function placeOf(position: JobContext['position']): { readonly topicId: string; readonly after: string } {
  const { topicId, after } = position ?? {};
  return typeof topicId === 'string' && typeof after === 'string' ? { topicId, after } : { topicId: '', after: '' };
}

/** Checks one file again. What is still damaged is kept aside; what is no longer the table's is nobody's trouble. */
export function tableVerifyJob(tables: Tables): JobKind {
  return {
    name: 'table-verify',
    summary:
      'Reads one file of a table back and checks it; its key is the id of the topic, a slash and the name of the file.',
    ...READING_BACK,
    quarantineAfter: 3,
    async run(key) {
      const slash = key.indexOf('/');
      const { problem } = await tables.verify(key.slice(0, slash), key.slice(slash + 1));
      if (problem !== undefined) throw new JobFailure('corrupt', problem);
    },
  };
}
