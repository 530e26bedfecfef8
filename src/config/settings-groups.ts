import { choice, integer, list, setting } from './types.ts';

const INT32 = 2 ** 31 - 1;

/** Settings of the newer kinds of groups, with Kafka's names, meanings and defaults. */
export const groupSettings = {
  'group.consumer.session.timeout.ms': setting(
    integer(1, INT32),
    45_000,
    'Session time-out of the members of consumer groups.',
  ),
  'group.consumer.min.session.timeout.ms': setting(
    integer(1, INT32),
    45_000,
    'Least `consumer.session.timeout.ms` that a group may have for itself.',
  ),
  'group.consumer.max.session.timeout.ms': setting(
    integer(1, INT32),
    60_000,
    'Most `consumer.session.timeout.ms` that a group may have for itself.',
  ),
  'group.consumer.heartbeat.interval.ms': setting(
    integer(1, INT32),
    5000,
    'Pause between the heartbeats of the members of consumer groups.',
  ),
  'group.consumer.min.heartbeat.interval.ms': setting(
    integer(1, INT32),
    5000,
    'Least `consumer.heartbeat.interval.ms` that a group may have for itself.',
  ),
  'group.consumer.max.heartbeat.interval.ms': setting(
    integer(1, INT32),
    15_000,
    'Most `consumer.heartbeat.interval.ms` that a group may have for itself.',
  ),
  'group.consumer.max.size': setting(integer(1, INT32), INT32, 'Members of a consumer group.'),
  'group.consumer.assignors': setting(
    list,
    ['uniform', 'range'] as readonly string[],
    'Assignors that members may ask for; the first one is for those that ask for none.',
  ),
  'group.consumer.migration.policy': setting(
    choice('bidirectional', 'upgrade', 'downgrade', 'disabled'),
    'bidirectional',
    'Whether classic groups with members become consumer groups when one comes that speaks the new protocol, and the other way round when the last such member leaves.',
  ),
  'group.consumer.assignment.interval.ms': setting(
    integer(0, INT32),
    1000,
    'Least time between two assignments of one consumer group.',
  ),
  'group.consumer.min.assignment.interval.ms': setting(
    integer(0, INT32),
    0,
    'Least `consumer.assignment.interval.ms` that a group may have for itself.',
  ),
  'group.consumer.max.assignment.interval.ms': setting(
    integer(0, INT32),
    15_000,
    'Most `consumer.assignment.interval.ms` that a group may have for itself.',
  ),
  'group.consumer.regex.refresh.interval.ms': setting(
    integer(10_000, INT32),
    600_000,
    'Time after which the regular expressions of a consumer group are resolved anew although no topic came or went.',
  ),
  'group.streams.session.timeout.ms': setting(
    integer(1, INT32),
    45_000,
    'Session time-out of the members of streams groups.',
  ),
  'group.streams.min.session.timeout.ms': setting(
    integer(1, INT32),
    45_000,
    'Least `streams.session.timeout.ms` that a group may have for itself.',
  ),
  'group.streams.max.session.timeout.ms': setting(
    integer(1, INT32),
    60_000,
    'Most `streams.session.timeout.ms` that a group may have for itself.',
  ),
  'group.streams.heartbeat.interval.ms': setting(
    integer(1, INT32),
    5000,
    'Pause between the heartbeats of the members of streams groups.',
  ),
  'group.streams.min.heartbeat.interval.ms': setting(
    integer(1, INT32),
    5000,
    'Least `streams.heartbeat.interval.ms` that a group may have for itself.',
  ),
  'group.streams.max.heartbeat.interval.ms': setting(
    integer(1, INT32),
    15_000,
    'Most `streams.heartbeat.interval.ms` that a group may have for itself.',
  ),
  'group.streams.max.size': setting(integer(1, INT32), INT32, 'Members of a streams group.'),
  'group.streams.num.standby.replicas': setting(integer(0), 0, 'Copies of each stateful task that stand by.'),
  'group.streams.max.standby.replicas': setting(
    integer(0),
    2,
    'Most `streams.num.standby.replicas` that a group may have for itself.',
  ),
  'group.streams.initial.rebalance.delay.ms': setting(
    integer(0, INT32),
    3000,
    'Wait for more members before the first assignment of a streams group.',
  ),
  'group.streams.assignment.interval.ms': setting(
    integer(0, INT32),
    1000,
    'Least time between two assignments of one streams group.',
  ),
  'group.streams.min.assignment.interval.ms': setting(
    integer(0, INT32),
    0,
    'Least `streams.assignment.interval.ms` that a group may have for itself.',
  ),
  'group.streams.max.assignment.interval.ms': setting(
    integer(0, INT32),
    15_000,
    'Most `streams.assignment.interval.ms` that a group may have for itself.',
  ),
} as const;
