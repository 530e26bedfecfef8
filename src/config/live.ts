import { declarations, type SettingName, type Settings } from './settings.ts';

/**
 * Settings that may change while the program runs, as Kafka's dynamic broker configs do. Who uses one reads it from the settings object each
 * time that it is needed, and keeps no copy. What topics inherit is not here: it reaches them through their configs.
 */
export const LIVE_SETTINGS: ReadonlySet<SettingName> = new Set<SettingName>([
  'max.connections',
  'max.connections.per.ip',
  'producer.id.expiration.ms',
  'transaction.partition.verification.enable',
  'group.consumer.assignment.interval.ms',
  'group.streams.assignment.interval.ms',
  'log.cleaner.backoff.ms',
  'log.cleaner.dedupe.buffer.size',
  'log.cleaner.io.max.bytes.per.second',
]);

/** Settings of which some can change; `change` takes the texts that hold instead of what was set at the start. */
export interface LiveSettings {
  readonly settings: Settings;
  readonly change: (texts: ReadonlyMap<string, string>) => void;
}

/** The same settings, of which those of LIVE_SETTINGS follow `change`. */
export function liveSettings(started: Settings): LiveSettings {
  let changed: ReadonlyMap<string, unknown> = new Map();
  const settings = { ...started };
  for (const name of LIVE_SETTINGS)
    Object.defineProperty(settings, name, { enumerable: true, get: () => changed.get(name) ?? started[name] });
  return {
    settings,
    change(texts) {
      const live = [...texts].filter(([name]) => LIVE_SETTINGS.has(name as SettingName));
      changed = new Map(live.map(([name, text]) => [name, declarations[name as SettingName].type.parse(text)]));
    },
  };
}
