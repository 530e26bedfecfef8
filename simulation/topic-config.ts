import type { LogConfig } from '../src/log/types.ts';

/** The defaults of Apache Kafka, but that records stay for ever. */
export const topicConfig: LogConfig = {
  retentionMs: -1,
  retentionBytes: -1,
  maxMessageBytes: 1_048_588,
  compressionType: 'producer',
  timestampType: 'CreateTime',
  timestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
  timestampAfterMaxMs: 3_600_000,
  segmentBytes: 1024 ** 3,
  segmentMs: 604_800_000,
  deleteRetentionMs: 86_400_000,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Number.MAX_SAFE_INTEGER,
  minCleanableRatio: 0.5,
  compact: false,
  delete: true,
};
