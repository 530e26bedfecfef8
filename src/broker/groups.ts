import { SettingsError } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import { assignorNames } from '../coordination/consumer/target.ts';
import type { ConsumerGroupSettings } from '../coordination/consumer/types.ts';
import { GroupCoordinator } from '../coordination/coordinator.ts';
import type { GroupSettings } from '../coordination/types.ts';
import type { BrokerParts } from './parts.ts';
import type { Rights } from './rights.ts';
import { shareSettings } from './share-settings.ts';
import { streamsSettings } from './streams-settings.ts';
import type { Storage } from './storage.ts';
import type { Topics } from './topics.ts';

const MINUTE_MS = 60_000;

/** Reads all groups from SQL. Throws SettingsError for an assignor that is not there. */
export function openGroups(
  { settings, clock, random, logger, metrics }: BrokerParts,
  storage: Storage,
  { catalog, log }: Topics,
  { authorizer }: Rights,
): Promise<GroupCoordinator> {
  return GroupCoordinator.open({
    sql: storage.sql,
    clock,
    random,
    logger,
    metrics,
    topics: catalog,
    log,
    overrides: (groupId) => catalog.groups.overrides(groupId),
    mayDescribe: (requester, topic) => authorizer.authorize(requester, 'describe', 'topic', topic),
    settings: coordinatorSettings(settings),
  });
}

function coordinatorSettings(settings: Settings): GroupSettings {
  return {
    minSessionTimeoutMs: settings['group.min.session.timeout.ms'],
    maxSessionTimeoutMs: settings['group.max.session.timeout.ms'],
    maxSize: settings['group.max.size'],
    initialRebalanceDelayMs: settings['group.initial.rebalance.delay.ms'],
    offsetMetadataMaxBytes: settings['offset.metadata.max.bytes'],
    offsetsRetentionMs: settings['offsets.retention.minutes'] * MINUTE_MS,
    offsetsRetentionCheckIntervalMs: settings['offsets.retention.check.interval.ms'],
    consumer: consumerSettings(settings),
    share: shareSettings(settings),
    streams: streamsSettings(settings),
  };
}

function consumerSettings(settings: Settings): ConsumerGroupSettings {
  const assignors = settings['group.consumer.assignors'];
  const unknown = assignors.find((name) => !assignorNames.includes(name));
  if (unknown !== undefined || assignors.length === 0)
    throw new SettingsError(
      `setting 'group.consumer.assignors': expected names out of ${assignorNames.join(', ')}, got '${assignors.join(',')}'`,
    );
  return {
    sessionTimeoutMs: settings['group.consumer.session.timeout.ms'],
    heartbeatIntervalMs: settings['group.consumer.heartbeat.interval.ms'],
    maxSize: settings['group.consumer.max.size'],
    assignors,
    migrationPolicy: settings['group.consumer.migration.policy'],
    get assignmentIntervalMs() {
      return settings['group.consumer.assignment.interval.ms'];
    },
    regexRefreshIntervalMs: settings['group.consumer.regex.refresh.interval.ms'],
  };
}
