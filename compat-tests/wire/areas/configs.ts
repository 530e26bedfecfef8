import {
  alterConfigsApi,
  describeConfigsApi,
  incrementalAlterConfigsApi,
  listConfigResourcesApi,
} from '../../../protocol/messages/index.ts';
import type { WireArea } from '../area.ts';
import type { World } from '../world.ts';

const TOPIC = 2;
const BROKER = 4;
const LOGGER = 8;
const METRICS = 16;
const GROUP = 32;
const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3];

const SHOWN = ['value', 'configSource', 'readOnly', 'isSensitive', 'configType', 'synonyms'];

function describe(world: World, resourceType: number, resourceName: string, ...keys: string[]) {
  const resources = [{ resourceType, resourceName, configurationKeys: keys.length === 0 ? null : keys }];
  return world.ask(
    describeConfigsApi,
    4,
    { resources, includeSynonyms: true },
    { show: keys.length === 0 ? [] : SHOWN },
  );
}

type Change = readonly [name: string, operation: number, value?: string | null];

function alter(
  world: World,
  resourceType: number,
  resourceName: string,
  changes: readonly Change[],
  validateOnly = false,
) {
  const configs = changes.map(([name, configOperation, value = null]) => ({ name, configOperation, value }));
  return world.ask(incrementalAlterConfigsApi, 1, {
    resources: [{ resourceType, resourceName, configs }],
    validateOnly,
  });
}

function replace(
  world: World,
  resourceType: number,
  resourceName: string,
  configs: readonly { name: string; value: string | null }[],
  validateOnly = true,
) {
  return world.ask(alterConfigsApi, 2, { resources: [{ resourceType, resourceName, configs }], validateOnly });
}

function list(world: World, version: number, ...resourceTypes: number[]) {
  return world.ask(listConfigResourcesApi, version, version === 0 ? {} : { resourceTypes }, {
    show: ['resourceName', 'resourceType'],
  });
}

export const configs: WireArea = {
  name: 'configs',
  cases: {
    'DescribeConfigs of an unknown topic': (world) => describe(world, TOPIC, 'no-such-topic'),
    'DescribeConfigs of a topic with a wrong name': (world) => describe(world, TOPIC, 'a b'),
    'DescribeConfigs of a topic without a name': (world) => describe(world, TOPIC, ''),
    'DescribeConfigs of a topic, one key': (world) => describe(world, TOPIC, 'compacted', 'cleanup.policy'),
    'DescribeConfigs of a topic, keys with and without broker configs': (world) =>
      describe(
        world,
        TOPIC,
        'one',
        'retention.ms',
        'segment.ms',
        'segment.jitter.ms',
        'flush.ms',
        'max.message.bytes',
        'message.timestamp.before.max.ms',
      ),
    'DescribeConfigs of a topic, a key that is not there': (world) => describe(world, TOPIC, 'one', 'nope'),
    'DescribeConfigs of another broker': (world) => describe(world, BROKER, '9'),
    'DescribeConfigs of a broker that is no number': (world) => describe(world, BROKER, 'x'),
    'DescribeConfigs of this broker, keys that can change': (world) =>
      describe(
        world,
        BROKER,
        '1',
        'log.retention.bytes',
        'message.max.bytes',
        'log.cleaner.threads',
        'num.io.threads',
        'compression.type',
      ),
    'DescribeConfigs of this broker, keys that cannot change': (world) =>
      describe(
        world,
        BROKER,
        '1',
        'num.partitions',
        'node.id',
        'process.roles',
        'log.retention.hours',
        'log.retention.ms',
        'broker.rack',
        'offset.metadata.max.bytes',
      ),
    'DescribeConfigs of this broker, a secret': (world) => describe(world, BROKER, '1', 'ssl.key.password'),
    'DescribeConfigs of this broker, a key that is not there': (world) => describe(world, BROKER, '1', 'nope'),
    'DescribeConfigs of loggers of no broker': (world) => describe(world, LOGGER, ''),
    'DescribeConfigs of loggers of another broker': (world) => describe(world, LOGGER, '9'),
    'DescribeConfigs of loggers of a broker that is no number': (world) => describe(world, LOGGER, 'x'),
    'DescribeConfigs of the root logger': (world) =>
      world.ask(
        describeConfigsApi,
        4,
        { resources: [{ resourceType: LOGGER, resourceName: '1', configurationKeys: ['root'] }] },
        { show: ['configSource', 'readOnly', 'configType', 'isSensitive'] },
      ),
    'DescribeConfigs of a metrics subscription without a name': (world) => describe(world, METRICS, ''),
    'DescribeConfigs of a metrics subscription that is not there': (world) =>
      describe(world, METRICS, 'nope', 'metrics', 'interval.ms', 'match'),
    'DescribeConfigs of a group without a name': (world) => describe(world, GROUP, ''),
    'DescribeConfigs of a group that is not there': (world) =>
      describe(
        world,
        GROUP,
        'nope',
        'consumer.session.timeout.ms',
        'share.auto.offset.reset',
        'share.isolation.level',
        'streams.num.standby.replicas',
      ),
    'DescribeConfigs of an unknown kind': (world) => describe(world, 64, 'x'),
    'DescribeConfigs of kind 0': (world) => describe(world, 0, 'x'),
    'DescribeConfigs of an unknown kind and a topic': (world) =>
      world.ask(describeConfigsApi, 4, {
        resources: [[TOPIC, 'no-such-topic'] as const, [77, 'x'] as const].map(([resourceType, resourceName]) => ({
          resourceType,
          resourceName,
          configurationKeys: null,
        })),
      }),
    'DescribeConfigs of nothing': (world) => world.ask(describeConfigsApi, 4, { resources: [] }),
    'DescribeConfigs of the same topic twice': (world) =>
      world.ask(describeConfigsApi, 4, {
        resources: [1, 2].map(() => ({
          resourceType: TOPIC,
          resourceName: 'one',
          configurationKeys: ['cleanup.policy'],
        })),
      }),

    'IncrementalAlterConfigs of an unknown topic': (world) =>
      alter(world, TOPIC, 'no-such-topic', [['retention.ms', SET, '1']]),
    'IncrementalAlterConfigs of a topic without a name': (world) =>
      alter(world, TOPIC, '', [['retention.ms', SET, '1']]),
    'IncrementalAlterConfigs of a topic with a wrong name': (world) =>
      alter(world, TOPIC, 'a b', [['retention.ms', SET, '1']]),
    'IncrementalAlterConfigs of an unknown config': (world) => alter(world, TOPIC, 'one', [['nope', SET, '1']]),
    'IncrementalAlterConfigs that deletes an unknown config': (world) => alter(world, TOPIC, 'one', [['nope', DELETE]]),
    'IncrementalAlterConfigs to null': (world) => alter(world, TOPIC, 'one', [['retention.ms', SET, null]]),
    'IncrementalAlterConfigs to no number': (world) => alter(world, TOPIC, 'one', [['retention.ms', SET, 'x']]),
    'IncrementalAlterConfigs to an empty text': (world) => alter(world, TOPIC, 'one', [['retention.ms', SET, '']]),
    'IncrementalAlterConfigs out of range': (world) => alter(world, TOPIC, 'one', [['retention.ms', SET, '-5']]),
    'IncrementalAlterConfigs that appends to no list': (world) =>
      alter(world, TOPIC, 'one', [['retention.ms', APPEND, '5']]),
    'IncrementalAlterConfigs that subtracts from no list': (world) =>
      alter(world, TOPIC, 'one', [['retention.ms', SUBTRACT, '5']]),
    'IncrementalAlterConfigs that appends null': (world) =>
      alter(world, TOPIC, 'one', [['cleanup.policy', APPEND, null]]),
    'IncrementalAlterConfigs that appends what the list has': (world) =>
      alter(world, TOPIC, 'one', [['cleanup.policy', APPEND, 'delete']], true),
    'IncrementalAlterConfigs that appends what no list may have': (world) =>
      alter(world, TOPIC, 'one', [['cleanup.policy', APPEND, 'burn']]),
    'IncrementalAlterConfigs that subtracts what the list does not have': (world) =>
      alter(world, TOPIC, 'one', [['cleanup.policy', SUBTRACT, 'compact']], true),
    'IncrementalAlterConfigs of an unknown operation': (world) =>
      alter(world, TOPIC, 'one', [['retention.ms', 9, '5']]),
    'IncrementalAlterConfigs of a negative operation': (world) =>
      alter(world, TOPIC, 'one', [['retention.ms', -1, '5']]),
    'IncrementalAlterConfigs of the same config twice': (world) =>
      alter(world, TOPIC, 'one', [
        ['retention.ms', SET, '5'],
        ['retention.ms', SET, '6'],
      ]),
    'IncrementalAlterConfigs of lags that contradict each other': (world) =>
      alter(world, TOPIC, 'one', [
        ['min.compaction.lag.ms', SET, '9'],
        ['max.compaction.lag.ms', SET, '3'],
      ]),
    'IncrementalAlterConfigs of the same topic twice': (world) =>
      world.ask(incrementalAlterConfigsApi, 1, {
        resources: ['5', '6'].map((value) => ({
          resourceType: TOPIC,
          resourceName: 'one',
          configs: [{ name: 'retention.ms', configOperation: SET, value }],
        })),
        validateOnly: true,
      }),
    'IncrementalAlterConfigs of nothing': (world) =>
      world.ask(incrementalAlterConfigsApi, 1, { resources: [], validateOnly: false }),
    'IncrementalAlterConfigs of a topic without changes': (world) => alter(world, TOPIC, 'one', []),
    'IncrementalAlterConfigs of another broker': (world) => alter(world, BROKER, '9', [['log.retention.ms', SET, '5']]),
    'IncrementalAlterConfigs of a broker that is no number': (world) =>
      alter(world, BROKER, 'x', [['log.retention.ms', SET, '5']]),
    'IncrementalAlterConfigs of a broker config that cannot change': (world) =>
      alter(world, BROKER, '1', [['num.partitions', SET, '5']]),
    'IncrementalAlterConfigs of a broker config that cannot change, for all': (world) =>
      alter(world, BROKER, '', [['process.roles', SET, 'broker']]),
    'IncrementalAlterConfigs of an unknown broker config': (world) =>
      alter(world, BROKER, '1', [['no.such.config', SET, '5']], true),
    'IncrementalAlterConfigs of an unknown broker config that appends': (world) =>
      alter(world, BROKER, '1', [['no.such.config', APPEND, '5']], true),
    'IncrementalAlterConfigs of a broker config to null': (world) =>
      alter(world, BROKER, '1', [['log.retention.ms', SET, null]]),
    'IncrementalAlterConfigs of a broker config to no number': (world) =>
      alter(world, BROKER, '1', [['log.retention.ms', SET, 'x']]),
    'IncrementalAlterConfigs of a broker config out of range': (world) =>
      alter(world, BROKER, '1', [['message.max.bytes', SET, '-1']]),
    'IncrementalAlterConfigs of a broker list that appends': (world) =>
      alter(world, BROKER, '1', [['log.cleanup.policy', APPEND, 'compact']], true),
    'IncrementalAlterConfigs of a broker number that appends': (world) =>
      alter(world, BROKER, '1', [['log.retention.ms', APPEND, '1']], true),
    'IncrementalAlterConfigs of a broker with an unknown operation': (world) =>
      alter(world, BROKER, '1', [['log.retention.ms', 9, '1']], true),
    'IncrementalAlterConfigs that deletes a broker config that cannot change': (world) =>
      alter(world, BROKER, '1', [['num.partitions', DELETE]], true),
    'IncrementalAlterConfigs of a per-broker config for all': (world) =>
      alter(world, BROKER, '', [['listeners', SET, 'PLAINTEXT://:1']], true),
    'broker configs: for all, then for this one, and what holds': async (world) => {
      await alter(world, BROKER, '', [['log.retention.bytes', SET, '777777']]);
      await alter(world, BROKER, '1', [['log.retention.bytes', SET, '888888']]);
      await settled(world, '888888');
      await describe(world, BROKER, '1', 'log.retention.bytes');
      await describe(world, BROKER, '', 'log.retention.bytes');
      await describe(world, TOPIC, 'one', 'retention.bytes');
      await alter(world, BROKER, '1', [['log.retention.bytes', DELETE]]);
      await settled(world, '777777');
      await describe(world, TOPIC, 'one', 'retention.bytes');
      await alter(world, BROKER, '', [['log.retention.bytes', DELETE]]);
      await settled(world, '-1');
      await describe(world, TOPIC, 'one', 'retention.bytes');
    },

    'loggers: an unknown level': (world) => alter(world, LOGGER, '1', [['root', SET, 'LOUD']], true),
    'loggers: an unknown logger': (world) => alter(world, LOGGER, '1', [['no.such.logger', SET, 'INFO']], true),
    'loggers: of another broker': (world) => alter(world, LOGGER, '9', [['root', SET, 'INFO']], true),
    'loggers: of no broker': (world) => alter(world, LOGGER, '', [['root', SET, 'INFO']], true),
    'loggers: append': (world) => alter(world, LOGGER, '1', [['root', APPEND, 'INFO']], true),
    'loggers: subtract': (world) => alter(world, LOGGER, '1', [['root', SUBTRACT, 'INFO']], true),
    'loggers: deletes the root': (world) => alter(world, LOGGER, '1', [['root', DELETE]], true),
    'loggers: deletes an unknown logger': (world) => alter(world, LOGGER, '1', [['no.such.logger', DELETE]], true),
    'loggers: null': (world) => alter(world, LOGGER, '1', [['root', SET, null]], true),
    'loggers: a level in small letters': (world) => alter(world, LOGGER, '1', [['root', SET, 'error']], true),
    'loggers: each level': async (world) => {
      for (const level of ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL', 'OFF', 'ALL'])
        await alter(world, LOGGER, '1', [['root', SET, level]], true);
    },
    'loggers: set and described': async (world) => {
      await alter(world, LOGGER, '1', [['root', SET, 'ERROR']]);
      await describe(world, LOGGER, '1', 'root');
      await alter(world, LOGGER, '1', [['root', SET, 'WARN']]);
    },
    'loggers: AlterConfigs': (world) => replace(world, LOGGER, '1', [{ name: 'root', value: 'INFO' }]),

    'metrics: without a name': (world) => alter(world, METRICS, '', [['interval.ms', SET, '1000']]),
    'metrics: an unknown config': (world) => alter(world, METRICS, 's1', [['nope', SET, '1']]),
    'metrics: an interval that is too short': (world) => alter(world, METRICS, 's1', [['interval.ms', SET, '99']]),
    'metrics: an interval that is too long': (world) => alter(world, METRICS, 's1', [['interval.ms', SET, '3600001']]),
    'metrics: an interval that is no number': (world) => alter(world, METRICS, 's1', [['interval.ms', SET, 'x']]),
    'metrics: a match without a value': (world) => alter(world, METRICS, 's1', [['match', SET, 'client_id']]),
    'metrics: a match of an unknown property': (world) => alter(world, METRICS, 's1', [['match', SET, 'shoe_size=9']]),
    'metrics: a match with a broken pattern': (world) => alter(world, METRICS, 's1', [['match', SET, 'client_id=(']]),
    'metrics: a match with two equals signs': (world) => alter(world, METRICS, 's1', [['match', SET, 'client_id=a=b']]),
    'metrics: appends to the interval': (world) => alter(world, METRICS, 's1', [['interval.ms', APPEND, '1']]),
    'metrics: deletes one that is not there': (world) => alter(world, METRICS, 's9', [['interval.ms', DELETE]]),
    'metrics: made, described, listed and deleted': async (world) => {
      await alter(world, METRICS, 's1', [
        ['interval.ms', SET, '60000'],
        ['metrics', SET, 'org.apache.kafka.consumer.'],
        ['match', SET, 'client_id=a.*,client_software_name=x'],
      ]);
      await alter(world, METRICS, 's1', [['metrics', APPEND, 'org.apache.kafka.producer.']]);
      await world.settle();
      await describe(world, METRICS, 's1', 'interval.ms', 'metrics', 'match');
      await list(world, 1, METRICS);
      await list(world, 0);
      await alter(world, METRICS, 's1', [
        ['interval.ms', DELETE],
        ['metrics', DELETE],
        ['match', DELETE],
      ]);
      await world.settle();
      await list(world, 1, METRICS);
    },
    'metrics: AlterConfigs': (world) => replace(world, METRICS, 's1', [{ name: 'interval.ms', value: '1000' }]),

    'groups: without a name': (world) => alter(world, GROUP, '', [['consumer.session.timeout.ms', SET, '45000']]),
    'groups: an unknown config': (world) => alter(world, GROUP, 'g1', [['nope', SET, '1']]),
    'groups: a session that is too short': (world) =>
      alter(world, GROUP, 'g1', [['consumer.session.timeout.ms', SET, '44999']]),
    'groups: a session that is too long': (world) =>
      alter(world, GROUP, 'g1', [['consumer.session.timeout.ms', SET, '60001']]),
    'groups: a heartbeat that is too short': (world) =>
      alter(world, GROUP, 'g1', [['consumer.heartbeat.interval.ms', SET, '4999']]),
    'groups: a heartbeat that is too long': (world) =>
      alter(world, GROUP, 'g1', [['consumer.heartbeat.interval.ms', SET, '15001']]),
    'groups: a session that is no number': (world) =>
      alter(world, GROUP, 'g1', [['consumer.session.timeout.ms', SET, 'x']]),
    'groups: a negative session': (world) => alter(world, GROUP, 'g1', [['consumer.session.timeout.ms', SET, '-1']]),
    'groups: an assignment interval that is too long': (world) =>
      alter(world, GROUP, 'g1', [['consumer.assignment.interval.ms', SET, '15001']]),
    'groups: a share session that is too short': (world) =>
      alter(world, GROUP, 'g1', [['share.session.timeout.ms', SET, '44999']]),
    'groups: a share session that is too long': (world) =>
      alter(world, GROUP, 'g1', [['share.session.timeout.ms', SET, '60001']]),
    'groups: a share heartbeat out of range': async (world) => {
      await alter(world, GROUP, 'g1', [['share.heartbeat.interval.ms', SET, '4999']]);
      await alter(world, GROUP, 'g1', [['share.heartbeat.interval.ms', SET, '15001']]);
    },
    'groups: a share lock out of range': async (world) => {
      await alter(world, GROUP, 'g1', [['share.record.lock.duration.ms', SET, '14999']]);
      await alter(world, GROUP, 'g1', [['share.record.lock.duration.ms', SET, '60001']]);
    },
    'groups: a delivery count out of range': async (world) => {
      await alter(world, GROUP, 'g1', [['share.delivery.count.limit', SET, '1']]);
      await alter(world, GROUP, 'g1', [['share.delivery.count.limit', SET, '11']]);
    },
    'groups: record locks out of range': async (world) => {
      await alter(world, GROUP, 'g1', [['share.partition.max.record.locks', SET, '99']]);
      await alter(world, GROUP, 'g1', [['share.partition.max.record.locks', SET, '4001']]);
    },
    'groups: an offset reset that is none': (world) =>
      alter(world, GROUP, 'g1', [['share.auto.offset.reset', SET, 'none']]),
    'groups: offset resets that are': async (world) => {
      for (const value of [
        'earliest',
        'latest',
        'by_duration:PT1H',
        'by_duration:-PT1H',
        'by_duration:x',
        'EARLIEST',
        '',
      ])
        await alter(world, GROUP, 'g1', [['share.auto.offset.reset', SET, value]], true);
    },
    'groups: isolation levels': async (world) => {
      for (const value of ['read_committed', 'read_uncommitted', 'READ_COMMITTED', 'x'])
        await alter(world, GROUP, 'g1', [['share.isolation.level', SET, value]], true);
    },
    'groups: renewal': async (world) => {
      for (const value of ['true', 'FALSE', 'x'])
        await alter(world, GROUP, 'g1', [['share.renew.acknowledge.enable', SET, value]], true);
    },
    'groups: streams out of range': async (world) => {
      await alter(world, GROUP, 'g1', [['streams.session.timeout.ms', SET, '44999']]);
      await alter(world, GROUP, 'g1', [['streams.session.timeout.ms', SET, '60001']]);
      await alter(world, GROUP, 'g1', [['streams.heartbeat.interval.ms', SET, '4999']]);
      await alter(world, GROUP, 'g1', [['streams.num.standby.replicas', SET, '3']]);
      await alter(world, GROUP, 'g1', [['streams.num.standby.replicas', SET, '-1']]);
      await alter(world, GROUP, 'g1', [['streams.initial.rebalance.delay.ms', SET, '-1']]);
      await alter(world, GROUP, 'g1', [['streams.assignment.interval.ms', SET, '15001']]);
    },
    'groups: appends to a number': (world) => alter(world, GROUP, 'g1', [['consumer.session.timeout.ms', APPEND, '1']]),
    'groups: a heartbeat as long as the session': (world) =>
      alter(
        world,
        GROUP,
        'g1',
        [
          ['consumer.session.timeout.ms', SET, '45000'],
          ['consumer.heartbeat.interval.ms', SET, '15000'],
        ],
        true,
      ),
    'groups: set, described, listed and deleted': async (world) => {
      await alter(world, GROUP, 'g1', [['consumer.session.timeout.ms', SET, '50000']]);
      await world.settle();
      await describe(world, GROUP, 'g1', 'consumer.session.timeout.ms', 'consumer.heartbeat.interval.ms');
      await list(world, 1, GROUP);
      await alter(world, GROUP, 'g1', [['consumer.session.timeout.ms', DELETE]]);
      await world.settle();
      await list(world, 1, GROUP);
    },
    'groups: AlterConfigs': (world) =>
      replace(world, GROUP, 'g1', [{ name: 'consumer.session.timeout.ms', value: '50000' }]),
    'groups: AlterConfigs of an unknown config': (world) =>
      replace(world, GROUP, 'g1', [{ name: 'nope', value: '50000' }]),

    'IncrementalAlterConfigs of an unknown kind': (world) => alter(world, 64, 'x', [['a', SET, 'b']]),
    'IncrementalAlterConfigs of kind 0': (world) => alter(world, 0, 'x', [['a', SET, 'b']]),

    'AlterConfigs of an unknown topic': (world) =>
      replace(world, TOPIC, 'no-such-topic', [{ name: 'retention.ms', value: '1' }]),
    'AlterConfigs to null': (world) => replace(world, TOPIC, 'one', [{ name: 'retention.ms', value: null }]),
    'AlterConfigs of an unknown config': (world) => replace(world, TOPIC, 'one', [{ name: 'nope', value: '1' }]),
    'AlterConfigs of the same config twice': (world) =>
      replace(world, TOPIC, 'one', [
        { name: 'retention.ms', value: '1' },
        { name: 'retention.ms', value: '2' },
      ]),
    'AlterConfigs of the same topic twice': (world) =>
      world.ask(alterConfigsApi, 2, {
        resources: [1, 2].map(() => ({ resourceType: TOPIC, resourceName: 'one', configs: [] })),
        validateOnly: true,
      }),
    'AlterConfigs of an unknown kind': (world) => replace(world, 99, 'x', []),
    'AlterConfigs of a broker config that cannot change': (world) =>
      replace(world, BROKER, '1', [{ name: 'num.partitions', value: '3' }]),
    'AlterConfigs of an unknown broker config': (world) =>
      replace(world, BROKER, '1', [{ name: 'no.such.config', value: '3' }]),
    'AlterConfigs of another broker': (world) => replace(world, BROKER, '9', []),
    'AlterConfigs of nothing': (world) => world.ask(alterConfigsApi, 2, { resources: [], validateOnly: false }),

    'ListConfigResources of an unknown kind': (world) => list(world, 1, 99),
    'ListConfigResources of an unknown kind and topics': (world) => list(world, 1, 2, 99),
    'ListConfigResources of kind 0': (world) => list(world, 1, 0),
    'ListConfigResources of brokers': (world) => list(world, 1, BROKER),
    'ListConfigResources of loggers': (world) => list(world, 1, LOGGER),
    'ListConfigResources of groups without configs': (world) => list(world, 1, GROUP),
    'ListConfigResources of the same kind twice': (world) => list(world, 1, BROKER, BROKER),
  },
};

/** Waits until a dynamic value has reached the broker, which in Apache Kafka it does a little after the answer. */
async function settled(world: World, value: string): Promise<void> {
  const resources = [{ resourceType: BROKER, resourceName: '1', configurationKeys: ['log.retention.bytes'] }];
  for (let attempts = 0; attempts < 200; attempts++) {
    const { results } = await world.tell(describeConfigsApi, 4, { resources });
    if (results[0]?.configs[0]?.value === value) return;
  }
  world.write(`log.retention.bytes did not become ${value}`);
}
