import { decimal, flag, integer, setting } from './types.ts';

const DAY = 86_400_000;

/** Compaction: settings that Apache Kafka has, with its names, meanings and defaults. */
export const cleanerSettings = {
  'log.cleaner.enable': setting(flag, true, 'Compact the topics whose cleanup policy says so.'),
  'log.cleaner.backoff.ms': setting(integer(0), 15_000, 'Pause between looks for what is to be compacted.'),
  'log.cleaner.min.cleanable.ratio': setting(
    decimal(0, 1),
    0.5,
    'Default of the topic setting min.cleanable.dirty.ratio.',
  ),
  'log.cleaner.delete.retention.ms': setting(integer(0), DAY, 'Default of the topic setting delete.retention.ms.'),
  'log.cleaner.min.compaction.lag.ms': setting(integer(0), 0, 'Default of the topic setting min.compaction.lag.ms.'),
  'log.cleaner.dedupe.buffer.size': setting(
    integer(1024),
    134_217_728,
    'Memory for the keys of one pass, 24 bytes a key; a partition with more keys takes several passes.',
  ),
  'log.cleaner.io.max.bytes.per.second': setting(
    decimal(1, Number.MAX_VALUE),
    Number.MAX_VALUE,
    'Bytes that compaction reads and writes in a second, at most.',
  ),
} as const;
