import type { ShareSettings } from '../src/coordination/share/settings.ts';

const ranged = (value: number) => ({ value, min: 1, max: 1_000_000 });

/** Settings of share groups for worlds without a broker; short, so that time-outs come soon. */
export const shareSettings: ShareSettings = {
  maxSize: 200,
  maxShareSessions: 2000,
  sessionTimeoutMs: ranged(6000),
  heartbeatIntervalMs: ranged(2000),
  recordLockDurationMs: ranged(3000),
  deliveryCountLimit: ranged(5),
  partitionMaxRecordLocks: ranged(2000),
};

/** A log without partitions, for worlds in which no share group reads. */
export const noLog = { partitionById: () => undefined };
