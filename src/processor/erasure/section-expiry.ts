import type { Clock } from '../../base/clock.ts';
import { ruleText } from '../../log/record-expiry.ts';
import type { SectionRow } from '../../metadata/types.ts';
import type { CompactionRegistration } from '../compaction/registration.ts';
import { REWRITING, UPKEEP_RETRY } from '../jobs/kinds.ts';
import type { JobKind } from '../jobs/types.ts';
import type { ErasablePartition, LogErasure } from './log-erasure.ts';
import type { ObjectClearing } from './object-clearing.ts';

export interface SectionExpiryParts {
  readonly log: Pick<LogErasure, 'expire'>;
  readonly clearing: Pick<ObjectClearing, 'run'>;
  readonly registration: CompactionRegistration;
  readonly clock: Clock;
  readonly topicIds: () => readonly string[];
  readonly partitions: (topicId: string) => readonly ErasablePartition[];
  readonly intervalMs: number;
}

/**
 * Lets records past their time go from the log of topics that are not compacted, section by section: one is made anew without them when half of its
 * records are, so that all its rewritings together write no more than it had. Each section is read once to know when that will be; a restart reads them again.
 */
export function sectionExpiryJob(parts: SectionExpiryParts): JobKind {
  const { log, clearing, registration, clock, topicIds, partitions, intervalMs } = parts;
  /** When sections are due, by what names them. */
  let due = new Map<string, number>();
  return {
    name: 'expiry',
    summary: 'Lets records of the log go that are past the time which they say themselves.',
    area: 'compaction',
    priority: 8,
    concurrency: 1,
    retry: UPKEEP_RETRY,
    everyMs: () => intervalMs,
    locks: () => [REWRITING],
    async run(_key, { signal }) {
      const seen = new Map<string, number>();
      for (const partition of topicIds().flatMap(partitions)) {
        const rule = ruleText(partition.config.expiry);
        const { topicId, partition: number, logStartOffset, lastStableOffset, packedBelow, config } = partition;
        if (rule === '' || config.compact) continue;
        // What an index does not know to be past its time would be counted for ever, once the log no longer says so.
        if ((await registration.textsOfOtherRules(topicId, number, rule)).length > 0) continue;
        const below = Math.min(lastStableOffset, packedBelow);
        for (const section of await registration.sections.overlapping(topicId, number, logStartOffset, below)) {
          signal.throwIfAborted();
          if (section.lastOffset >= below) continue;
          const name = `${rule}${nameOf(section)}`;
          const known = due.get(name) ?? 0;
          const next = known > clock.now() ? known : await log.expire(partition, section);
          if (next !== undefined) seen.set(name, next);
        }
      }
      due = seen;
      await clearing.run(signal);
    },
  };
}

const nameOf = ({ objectKey, position }: SectionRow): string => `${objectKey}/${position}`;
