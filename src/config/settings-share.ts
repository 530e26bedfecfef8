import { integer, setting } from './types.ts';

const MINUTE = 60_000;

/** Settings of share groups (KIP-932), as Apache Kafka has them. Where there is a range, a group may have its own value within it. */
export const shareSettings = {
  'group.share.max.size': setting(integer(1, 1000), 200, 'Members of a share group.'),
  'group.share.max.share.sessions': setting(integer(1), 2000, 'Share sessions at once, of all groups together.'),
  'group.share.session.timeout.ms': setting(integer(1), 45_000, 'Time after which a silent member is dropped.'),
  'group.share.min.session.timeout.ms': setting(integer(1), 45_000, 'Shortest session time-out that a group may have.'),
  'group.share.max.session.timeout.ms': setting(integer(1), MINUTE, 'Longest session time-out that a group may have.'),
  'group.share.heartbeat.interval.ms': setting(
    integer(1),
    5000,
    'Pause that members are told to make between heartbeats.',
  ),
  'group.share.min.heartbeat.interval.ms': setting(
    integer(1),
    5000,
    'Shortest heartbeat interval that a group may have.',
  ),
  'group.share.max.heartbeat.interval.ms': setting(
    integer(1),
    15_000,
    'Longest heartbeat interval that a group may have.',
  ),
  'group.share.record.lock.duration.ms': setting(integer(1000), 30_000, 'How long a member may hold a record.'),
  'group.share.min.record.lock.duration.ms': setting(
    integer(1000),
    15_000,
    'Shortest such time that a group may have.',
  ),
  'group.share.max.record.lock.duration.ms': setting(integer(1000), MINUTE, 'Longest such time that a group may have.'),
  'group.share.delivery.count.limit': setting(integer(2), 5, 'Deliveries of a record before it is given up.'),
  'group.share.min.delivery.count.limit': setting(integer(2), 2, 'Lowest such limit that a group may have.'),
  'group.share.max.delivery.count.limit': setting(integer(2), 10, 'Highest such limit that a group may have.'),
  'group.share.partition.max.record.locks': setting(
    integer(100),
    2000,
    'Records of a partition that may be in flight in one group, from the first unfinished to the last handed out.',
  ),
  'group.share.min.partition.max.record.locks': setting(integer(100), 100, 'Lowest such limit that a group may have.'),
  'group.share.max.partition.max.record.locks': setting(
    integer(100),
    4000,
    'Highest such limit that a group may have.',
  ),
} as const;
