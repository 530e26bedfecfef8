import { choice, decimal, integer, setting } from './types.ts';

const MIB = 1024 * 1024;
const DAY = 86_400_000;

/** Merging of small files and segments into larger ones. */
export const mergeSettings = {
  'merge.policy': setting(
    choice('size-tiered', 'level-based', 'none'),
    'size-tiered',
    'Default of the topic setting `quarry.merge.policy`.',
  ),
  'merge.min.pieces': setting(integer(2, 32), 4, 'So many files or segments of one size are merged into larger ones.'),
  'merge.target.bytes': setting(integer(64 * 1024), 256 * MIB, 'Size of a merged file, which is not merged again.'),
  'merge.interval.ms': setting(integer(10), 60_000, 'Pause between looks for what is to be merged.'),
  'merge.max.concurrent': setting(integer(1, 16), 1, 'Merges of each kind at once.'),
  'merge.memory.bytes': setting(
    integer(MIB),
    256 * MIB,
    'Memory for what one merge of table files reads: a row group of each, of which fewer are merged at once where they do not fit.',
  ),
  'merge.max.bytes.per.second': setting(
    decimal(1, Number.MAX_VALUE),
    Number.MAX_VALUE,
    'Bytes that one merge reads and writes in a second, at most.',
  ),
  'table.snapshot.retention.ms': setting(
    integer(0),
    DAY,
    'Age at which old snapshots of a table go, and files that only they need; the table property history.expire.max-snapshot-age-ms goes first.',
  ),
  'table.expiry.interval.ms': setting(integer(10), 60 * 60_000, 'Pause between two removals of old snapshots.'),
} as const;
