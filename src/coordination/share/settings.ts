import type { ShareLimits } from './types.ts';

/** A broker setting for all groups, and the range in which a group may have its own. */
export interface Ranged {
  readonly value: number;
  readonly min: number;
  readonly max: number;
}

/** Settings of share groups; the names are Kafka's `group.share.*` in camel case. */
export interface ShareSettings {
  readonly maxSize: number;
  readonly maxShareSessions: number;
  readonly sessionTimeoutMs: Ranged;
  readonly heartbeatIntervalMs: Ranged;
  readonly recordLockDurationMs: Ranged;
  readonly deliveryCountLimit: Ranged;
  readonly partitionMaxRecordLocks: Ranged;
}

/** Configs of a group (resource GROUP), by Kafka's names. */
export type Overrides = ReadonlyMap<string, string>;

/** What the group has set, kept within the range that the broker allows by now; else what the broker has. */
function effective({ value, min, max }: Ranged, overrides: Overrides, name: string): number {
  const own = overrides.get(name);
  if (own === undefined || !Number.isSafeInteger(Number(own))) return value;
  return Math.min(Math.max(Number(own), min), max);
}

/** How long a member may be silent, ms. */
export function sessionTimeout({ sessionTimeoutMs }: ShareSettings, overrides: Overrides): number {
  return effective(sessionTimeoutMs, overrides, 'share.session.timeout.ms');
}

/** How often members are told to send heartbeats, ms. */
export function heartbeatInterval({ heartbeatIntervalMs }: ShareSettings, overrides: Overrides): number {
  return effective(heartbeatIntervalMs, overrides, 'share.heartbeat.interval.ms');
}

/** The limits of the group's share partitions. */
export function limitsOf(settings: ShareSettings, overrides: Overrides): ShareLimits {
  return {
    maxInFlight: effective(settings.partitionMaxRecordLocks, overrides, 'share.partition.max.record.locks'),
    maxDeliveries: effective(settings.deliveryCountLimit, overrides, 'share.delivery.count.limit'),
    lockMs: effective(settings.recordLockDurationMs, overrides, 'share.record.lock.duration.ms'),
    mayRenew: overrides.get('share.renew.acknowledge.enable') !== 'false',
  };
}

/** What members of the group may read. */
export function isolationOf(overrides: Overrides): 'read_uncommitted' | 'read_committed' {
  return overrides.get('share.isolation.level') === 'read_committed' ? 'read_committed' : 'read_uncommitted';
}

const DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,3})\d*)?S)?)?$/i;

/** Milliseconds of an ISO 8601 duration of days, hours, minutes and seconds; undefined for any other text. */
export function durationMs(text: string): number | undefined {
  const found = DURATION.exec(text);
  if (found === null || /[PT]$/i.test(text)) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = found.slice(1, 5).map((part) => Number(part ?? 0));
  const millis = Number((found[5] ?? '').padEnd(3, '0'));
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + millis;
}

/** Where a group begins in a partition: at an end of the log, or at the first record of the last so many ms. */
export type ShareReset = 'earliest' | 'latest' | { readonly agoMs: number };

const BY_DURATION = 'by_duration:';

/** `share.auto.offset.reset`; latest unless the group says otherwise. */
export function resetOf(overrides: Overrides): ShareReset {
  const text = overrides.get('share.auto.offset.reset') ?? 'latest';
  if (text === 'earliest') return text;
  const agoMs = text.startsWith(BY_DURATION) ? durationMs(text.slice(BY_DURATION.length)) : undefined;
  return agoMs === undefined ? 'latest' : { agoMs };
}
