import type { Clock } from '../../base/clock.ts';
import type { Metrics } from '../../base/metrics.ts';
import { ruleText } from '../../log/record-expiry.ts';
import type { SectionRow } from '../../metadata/types.ts';
import type { CompactionRegistration } from '../compaction/registration.ts';
import { REWRITING, UPKEEP_RETRY } from '../jobs/kinds.ts';
import type { JobKind } from '../jobs/types.ts';
import type { ErasablePartition, LogErasure, SectionExpired } from './log-erasure.ts';
import type { ObjectClearing } from './object-clearing.ts';

export interface SectionExpiryParts {
  readonly log: Pick<LogErasure, 'expire'>;
  readonly clearing: Pick<ObjectClearing, 'run'>;
  readonly registration: Pick<CompactionRegistration, 'sections' | 'textsOfOtherRules'>;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly topicIds: () => readonly string[];
  readonly partitions: (topicId: string) => readonly ErasablePartition[];
  readonly intervalMs: number;
}

/** No section is begun after so long: others wait for their turn to rewrite something. What is left comes after them. */
const LONGEST_RUN_MS = 60_000;

/** Returns a function that adds a section that was looked at to the metrics. */
function expiryMetrics(metrics: Metrics): (done: SectionExpired) => void {
  const sections = metrics.counter(
    'quarry_expiry_sections_total',
    'Sections made anew without records that were past their time.',
  );
  const records = metrics.counter(
    'quarry_expiry_removed_records_total',
    'Records past their time that went from the log.',
  );
  const read = metrics.counter(
    'quarry_expiry_read_bytes_total',
    'Bytes of batches read to find records past their time.',
  );
  const written = metrics.counter(
    'quarry_expiry_written_bytes_total',
    'Bytes of objects written without records past their time.',
  );
  return ({ due, removed, bytesRead, bytesWritten }) => {
    if (due === undefined) sections.inc();
    records.inc(removed);
    read.inc(bytesRead);
    written.inc(bytesWritten);
  };
}

/**
 * Lets records past their time go from the log of topics that are not compacted, section by section: one is made anew without them when half of its
 * records are, so that all its rewritings together write no more than it had. Each section is read once to know when that will be; a restart reads them
 * again. One that cannot be read or made anew stops no other.
 */
export function sectionExpiryJob(parts: SectionExpiryParts): JobKind {
  const { log, clearing, clock, intervalMs } = parts;
  const count = expiryMetrics(parts.metrics);
  /** When sections are due, by what names them. */
  const due = new Map<string, number>();
  return {
    name: 'expiry',
    summary: 'Lets records of the log go that are past the time which they say themselves.',
    area: 'compaction',
    priority: 8,
    concurrency: 1,
    retry: UPKEEP_RETRY,
    everyMs: () => intervalMs,
    locks: () => [REWRITING],
    async run(_key, { signal, forced, submit }) {
      const until = forced ? Number.POSITIVE_INFINITY : clock.monotonic() + LONGEST_RUN_MS;
      const seen = new Set<string>();
      const failures: Error[] = [];
      for await (const { partition, section, name } of candidates(parts)) {
        signal.throwIfAborted();
        seen.add(name);
        if ((due.get(name) ?? 0) > clock.now()) continue;
        if (clock.monotonic() >= until) {
          submit('expiry');
          break;
        }
        try {
          const done = await log.expire(partition, section);
          count(done);
          if (done.due === undefined) due.delete(name);
          else due.set(name, done.due);
        } catch (cause) {
          signal.throwIfAborted();
          // Retention may have let go of it, or somebody of its topic.
          if (await isRegistered(parts, section)) failures.push(failureOf(partition, section, cause));
        }
      }
      if (clock.monotonic() < until) for (const name of due.keys()) if (!seen.has(name)) due.delete(name);
      await clearing.run(signal).catch((cause: Error) => {
        signal.throwIfAborted();
        failures.push(cause);
      });
      const [first, ...others] = failures;
      if (first === undefined) return;
      throw others.length === 0 ? first : new Error(`${first.message}; and ${others.length} more`, { cause: first });
    },
  };
}

interface Candidate {
  readonly partition: ErasablePartition;
  readonly section: SectionRow;
  /** The same as long as what is asked of the section is. */
  readonly name: string;
}

/** Sections whose records say until when they count, and that are in packs only. */
async function* candidates({ registration, topicIds, partitions }: SectionExpiryParts): AsyncGenerator<Candidate> {
  for (const partition of topicIds().flatMap(partitions)) {
    const rule = ruleText(partition.config.expiry);
    const { topicId, partition: number, logStartOffset, lastStableOffset, packedBelow, config } = partition;
    if (rule === '' || config.compact) continue;
    // What an index does not know to be past its time would be counted for ever, once the log no longer says so.
    if ((await registration.textsOfOtherRules(topicId, number, rule)).length > 0) continue;
    const below = Math.min(lastStableOffset, packedBelow);
    for (const section of await registration.sections.overlapping(topicId, number, logStartOffset, below))
      if (section.lastOffset < below) yield { partition, section, name: `${rule}${nameOf(section)}` };
  }
}

async function isRegistered({ registration }: SectionExpiryParts, section: SectionRow): Promise<boolean> {
  const { topicId, partition, baseOffset, lastOffset } = section;
  const rows = await registration.sections.overlapping(topicId, partition, baseOffset, lastOffset + 1);
  return rows.some((row) => nameOf(row) === nameOf(section));
}

function failureOf({ topic, partition }: ErasablePartition, { baseOffset }: SectionRow, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Error(`the section of ${topic}-${partition} from offset ${baseOffset}: ${reason}`, { cause });
}

const nameOf = ({ objectKey, position }: SectionRow): string => `${objectKey}/${position}`;
