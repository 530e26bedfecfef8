import type { Settings } from '../config/settings.ts';
import type { StreamsGroupSettings } from '../coordination/streams/types.ts';

/** The settings of streams groups. */
export function streamsSettings(settings: Settings): StreamsGroupSettings {
  return {
    sessionTimeoutMs: settings['group.streams.session.timeout.ms'],
    heartbeatIntervalMs: settings['group.streams.heartbeat.interval.ms'],
    maxSize: settings['group.streams.max.size'],
    standbyReplicas: settings['group.streams.num.standby.replicas'],
    initialRebalanceDelayMs: settings['group.streams.initial.rebalance.delay.ms'],
    get assignmentIntervalMs() {
      return settings['group.streams.assignment.interval.ms'];
    },
  };
}
