import type { Settings } from '../config/settings.ts';
import type { Ranged, ShareSettings } from '../coordination/share/settings.ts';

type RangedName =
  | 'session.timeout.ms'
  | 'heartbeat.interval.ms'
  | 'record.lock.duration.ms'
  | 'delivery.count.limit'
  | 'partition.max.record.locks';

/** The settings of share groups. */
export function shareSettings(settings: Settings): ShareSettings {
  const ranged = (name: RangedName): Ranged => ({
    value: settings[`group.share.${name}`],
    min: settings[`group.share.min.${name}`],
    max: settings[`group.share.max.${name}`],
  });
  return {
    maxSize: settings['group.share.max.size'],
    maxShareSessions: settings['group.share.max.share.sessions'],
    sessionTimeoutMs: ranged('session.timeout.ms'),
    heartbeatIntervalMs: ranged('heartbeat.interval.ms'),
    recordLockDurationMs: ranged('record.lock.duration.ms'),
    deliveryCountLimit: ranged('delivery.count.limit'),
    partitionMaxRecordLocks: ranged('partition.max.record.locks'),
  };
}
