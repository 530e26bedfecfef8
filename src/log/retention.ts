import type { ColdSection } from './options.ts';
import type { LocalPartition } from './partition.ts';

/** A run of offsets that is kept or let go as a whole: a section of a pack, or what one WAL segment holds of the partition. */
export interface RetentionUnit {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly bytes: number;
  /** Milliseconds since the epoch; -1 when its records have no timestamps. */
  readonly maxTimestamp: number;
  /** A rewriting left none of its records. */
  readonly isEmpty?: boolean;
}

/** What retention is decided by. */
export interface RetentionRules {
  /** -1 is no limit. */
  readonly retentionMs: number;
  /** -1 is no limit. */
  readonly retentionBytes: number;
  readonly now: number;
  /** Nothing at or above this offset goes. */
  readonly highWatermark: number;
}

/**
 * The first offset that stays, given the units in offset order: the oldest ones go while all their records are older than
 * `retentionMs`, or while what comes after them still has `retentionBytes`; those without records stop neither. `from` when nothing goes.
 */
export function firstRetained(units: readonly RetentionUnit[], from: number, rules: RetentionRules): number {
  const { retentionMs, retentionBytes, now, highWatermark } = rules;
  let rest = units.reduce((sum, unit) => sum + unit.bytes, 0);
  let first = from;
  for (const unit of units) {
    rest -= unit.bytes;
    const old = retentionMs >= 0 && unit.maxTimestamp >= 0 && now - unit.maxTimestamp > retentionMs;
    const over = retentionBytes >= 0 && rest >= retentionBytes;
    if (unit.lastOffset >= highWatermark) break;
    if (old || over) first = Math.max(first, unit.lastOffset + 1);
    // One without records keeps nothing, and goes with what comes after it.
    else if (unit.isEmpty !== true) break;
  }
  return first;
}

type Offsets = Pick<RetentionUnit, 'baseOffset' | 'lastOffset'>;

/** A segment that is packed and not yet drained is there twice. */
function overlap(a: Offsets, b: Offsets): boolean {
  return a.baseOffset <= b.lastOffset && b.baseOffset <= a.lastOffset;
}

/** Records without timestamps are as old as what they were stored in, as in Apache Kafka. */
function unitOf({ baseOffset, lastOffset, length, maxTimestamp, records, created = -1 }: ColdSection): RetentionUnit {
  const time = maxTimestamp >= 0 ? maxTimestamp : created;
  return { baseOffset, lastOffset, bytes: length, maxTimestamp: time, isEmpty: records === 0 };
}

/** Lets go what a partition's settings say. Resolves with the log start. */
export async function applyRetention(partition: LocalPartition, now: number): Promise<number> {
  const { config, logStartOffset: from, highWatermark } = partition;
  const { retentionMs, retentionBytes } = config;
  if (!config.delete || (retentionMs < 0 && retentionBytes < 0) || from === highWatermark) return from;
  const { cold, topicId, walPartition } = partition.sources;
  const parts = walPartition.parts.filter((part) => part.lastOffset >= from);
  const sections = (await cold.sections(topicId, partition.partition, from))
    .filter((section) => !parts.some((part) => overlap(section, part)))
    .map(unitOf);
  const units = [...sections, ...parts].sort((a, b) => a.baseOffset - b.baseOffset);
  const first = firstRetained(units, from, { retentionMs, retentionBytes, now, highWatermark });
  return first === from ? from : partition.letGoBefore(first);
}
