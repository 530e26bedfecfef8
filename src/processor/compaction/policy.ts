import type { LogConfig } from '../../log/types.ts';
import type { SectionRow } from '../../metadata/types.ts';

/** What is known of a partition when it is asked whether it should be compacted. */
export interface CompactionFacts {
  /** Sections from the log start on, by offset. */
  readonly sections: readonly SectionRow[];
  readonly logStart: number;
  /** Up to where it was compacted. */
  readonly cleanedUpTo: number;
  /** What ends at or above this offset is left alone: open transactions, and what is not in packs only. */
  readonly below: number;
  readonly config: Pick<LogConfig, 'minCompactionLagMs' | 'maxCompactionLagMs' | 'minCleanableRatio'>;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface CompactionPlan {
  /** Whether it should be compacted now. */
  readonly due: boolean;
  /** Share of uncompacted bytes of what can be compacted, from 0 to 1. */
  readonly ratio: number;
  /** What a pass goes over. */
  readonly sections: readonly SectionRow[];
  readonly dirtyFrom: number;
  /** When time alone may change the answer; infinite when it cannot. */
  readonly askAgain: number;
}

/** Decides as Apache Kafka's LogCleanerManager does, with sections for segments: by the share of dirty bytes, or by age (KIP-354). */
export function planCompaction(facts: CompactionFacts): CompactionPlan {
  const { sections, logStart, below, now, config } = facts;
  const { minCompactionLagMs: minLag, maxCompactionLagMs: maxLag, minCleanableRatio } = config;
  const dirtyFrom = Math.max(logStart, facts.cleanedUpTo);
  let [clean, dirty, oldest, askAgain] = [0, 0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let count = 0;
  for (const section of sections) {
    if (section.lastOffset >= below) break;
    const isDirty = section.lastOffset >= dirtyFrom;
    if (isDirty && minLag > 0 && section.maxTimestamp > now - minLag) {
      askAgain = section.maxTimestamp + minLag;
      break;
    }
    count++;
    if (isDirty) dirty += section.length;
    else clean += section.length;
    if (isDirty && section.minTimestamp >= 0) oldest = Math.min(oldest, section.minTimestamp);
  }
  const ratio = dirty === 0 ? 0 : dirty / (clean + dirty);
  const overdue = dirty > 0 && now - oldest > maxLag;
  if (dirty > 0) askAgain = Math.min(askAgain, oldest + maxLag + 1);
  return { due: overdue || ratio > minCleanableRatio, ratio, sections: sections.slice(0, count), dirtyFrom, askAgain };
}

/** Neighbouring sections that become one: together not larger than `groupBytes`, nor longer than `groupMs`. */
export function groupSections(
  sections: readonly SectionRow[],
  groupBytes: number,
  groupMs: number,
): (readonly SectionRow[])[] {
  const groups: SectionRow[][] = [];
  let [bytes, since, until] = [0, 0, 0];
  for (const section of sections) {
    const { length, minTimestamp, maxTimestamp } = section;
    const group = groups.at(-1);
    bytes += length;
    since = Math.min(since, minTimestamp);
    until = Math.max(until, maxTimestamp);
    if (group !== undefined && bytes <= groupBytes && until - since <= groupMs) group.push(section);
    else {
      groups.push([section]);
      [bytes, since, until] = [length, minTimestamp, maxTimestamp];
    }
  }
  return groups;
}
