import type { NamedConfig, NamedResource } from './named-configs.ts';
import { choice, type ConfigKind, flag, int, InvalidValue } from './topic-configs-types.ts';

/** An integer between two broker configs, which can be changed for one group (KIP-848, KIP-932, KIP-1071). */
interface BoundedConfig extends NamedConfig {
  readonly min?: string;
  readonly max?: string;
}

/** ISO-8601 as far as Java's Duration takes it: days, hours, minutes, seconds. */
const DURATION = /^P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d{0,9})?S)?)?$/i;

const offsetReset: ConfigKind = {
  type: 'string',
  parse(text) {
    const duration = text.startsWith('by_duration:') ? text.slice('by_duration:'.length) : undefined;
    if (text === 'earliest' || text === 'latest' || (duration !== undefined && DURATION.test(duration))) return text;
    throw new InvalidValue('It must be earliest, latest or by_duration:<ISO-8601 duration>');
  },
};

type Family = 'consumer' | 'share' | 'streams';

/** A config whose broker config is `group.<family>.<name>`, with limits `group.<family>.min.<name>` and `max` where there are some. */
function bounded(family: Family, name: string, value: number, limited: boolean, doc: string): BoundedConfig {
  const [min, max] = [`group.${family}.min.${name}`, `group.${family}.max.${name}`];
  return {
    name: `${family}.${name}`,
    kind: int(0),
    default: String(value),
    doc,
    broker: `group.${family}.${name}`,
    ...(limited ? { min, max } : {}),
  };
}

const SESSION = 'Time after which a member that is not heard of is taken out of the group.';
const HEARTBEAT = 'Pause between the heartbeats of a member.';
const ASSIGNMENT = 'Shortest time between two assignments of the group.';

const configs: readonly BoundedConfig[] = [
  bounded('consumer', 'session.timeout.ms', 45_000, true, SESSION),
  bounded('consumer', 'heartbeat.interval.ms', 5000, true, HEARTBEAT),
  bounded('consumer', 'assignment.interval.ms', 1000, true, ASSIGNMENT),
  bounded('share', 'session.timeout.ms', 45_000, true, SESSION),
  bounded('share', 'heartbeat.interval.ms', 5000, true, HEARTBEAT),
  bounded('share', 'assignment.interval.ms', 1000, true, 'Share groups are assigned at once; it has no effect here.'),
  bounded('share', 'record.lock.duration.ms', 30_000, true, 'How long a record belongs to the member that fetched it.'),
  bounded('share', 'delivery.count.limit', 5, true, 'How often a record is delivered at most.'),
  bounded('share', 'partition.max.record.locks', 2000, true, 'Records of a partition that members may hold at once.'),
  {
    name: 'share.auto.offset.reset',
    kind: offsetReset,
    default: 'latest',
    doc: 'Where a share group begins that has no position: earliest, latest, or by_duration:PERIOD before now.',
  },
  {
    name: 'share.isolation.level',
    kind: choice('read_committed', 'read_uncommitted'),
    default: 'read_uncommitted',
    doc: 'Whether a share group gets records of transactions before they are committed.',
  },
  {
    name: 'share.renew.acknowledge.enable',
    kind: flag,
    default: 'true',
    doc: 'Whether members may renew the time that a record belongs to them.',
  },
  bounded('streams', 'session.timeout.ms', 45_000, true, SESSION),
  bounded('streams', 'heartbeat.interval.ms', 5000, true, HEARTBEAT),
  bounded('streams', 'assignment.interval.ms', 1000, true, ASSIGNMENT),
  bounded('streams', 'num.standby.replicas', 0, false, 'Copies of each task that stand by.'),
  bounded('streams', 'initial.rebalance.delay.ms', 3000, false, 'Wait for more members before the first assignment.'),
];

/** The limit of standby tasks has a name of its own. */
const MAX_STANDBY = 'group.streams.max.standby.replicas';

function limitsOf(config: BoundedConfig): { min: string | undefined; max: string | undefined } {
  if (config.name === 'streams.num.standby.replicas') return { min: undefined, max: MAX_STANDBY };
  return { min: config.min, max: config.max };
}

/** GROUP resources. They can be set before the group exists, and outlive it. */
export const groupResource: NamedResource = {
  type: 'group',
  configs,
  unknown: 'INVALID_CONFIG',
  appendable: false,
  showsDefault: true,
  check(values, broker) {
    for (const config of configs) {
      const value = values.get(config.name);
      const { min, max } = limitsOf(config);
      if (value === undefined) continue;
      for (const [limit, beyond] of [
        [min, (bound: number) => Number(value) < bound],
        [max, (bound: number) => Number(value) > bound],
      ] as const) {
        const bound = limit === undefined ? undefined : broker.get(limit);
        if (bound !== undefined && beyond(Number(bound)))
          return `${config.name} (${value}) is beyond ${limit} (${bound}).`;
      }
    }
    return undefined;
  },
};
