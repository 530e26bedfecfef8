import { createPartitionsApi, createTopicsApi, deleteTopicsApi } from '../../../protocol/messages/index.ts';
import type { WireArea } from '../area.ts';
import { NO_SUCH_ID, type World } from '../world.ts';

const ZERO_ID = 'AAAAAAAAAAAAAAAAAAAAAA';

interface NewTopic {
  readonly name: string;
  readonly numPartitions?: number;
  readonly replicationFactor?: number;
  readonly assignments?: readonly { partitionIndex: number; brokerIds: readonly number[] }[];
  readonly configs?: readonly { name: string; value: string | null }[];
}

function create(world: World, topics: readonly NewTopic[], validateOnly = true, version = 7) {
  const wanted = topics.map((topic) => ({
    numPartitions: 1,
    replicationFactor: 1,
    assignments: [],
    configs: [],
    ...topic,
  }));
  return world.ask(
    createTopicsApi,
    version,
    { topics: wanted, timeoutMs: 10_000, validateOnly },
    {
      show: ['numPartitions', 'replicationFactor'],
    },
  );
}

const config = (name: string, value: string | null) => [{ name, value }];
const assigned = (...assignments: readonly (readonly [index: number, ...brokers: number[]])[]): Partial<NewTopic> => ({
  numPartitions: -1,
  replicationFactor: -1,
  assignments: assignments.map(([partitionIndex, ...brokerIds]) => ({ partitionIndex, brokerIds })),
});

function grow(world: World, name: string, count: number, assignments: readonly (readonly number[])[] | null = null) {
  const topics = [{ name, count, assignments: assignments?.map((brokerIds) => ({ brokerIds })) ?? null }];
  return world.ask(createPartitionsApi, 3, { topics, timeoutMs: 10_000, validateOnly: true });
}

function remove(world: World, ...topics: readonly { name?: string | null; topicId?: string }[]) {
  const wanted = topics.map(({ name = null, topicId = ZERO_ID }) => ({ name, topicId }));
  return world.ask(deleteTopicsApi, 6, { topics: wanted, timeoutMs: 10_000 });
}

export const topicAdmin: WireArea = {
  name: 'topics',
  cases: {
    'CreateTopics of one that is there': (world) => create(world, [{ name: 'one' }]),
    'CreateTopics without a name': (world) => create(world, [{ name: '' }]),
    'CreateTopics named .': (world) => create(world, [{ name: '.' }]),
    'CreateTopics named ..': (world) => create(world, [{ name: '..' }]),
    'CreateTopics with a wrong character': (world) => create(world, [{ name: 'a/b' }]),
    'CreateTopics with a name of 249 characters': (world) => create(world, [{ name: 'n'.repeat(249) }]),
    'CreateTopics with a name that is too long': (world) => create(world, [{ name: 'n'.repeat(250) }]),
    'CreateTopics with an internal name': (world) => create(world, [{ name: '__consumer_offsets' }]),
    'CreateTopics of one whose name collides': async (world) => {
      await create(world, [{ name: 'with.dot' }], false);
      await create(world, [{ name: 'with_dot' }]);
    },
    'CreateTopics of the same topic twice': (world) => create(world, [{ name: 'twice' }, { name: 'twice' }]),
    'CreateTopics of the same topic twice and another': (world) =>
      create(world, [{ name: 'twice' }, { name: 'twice' }, { name: 'another' }]),
    'CreateTopics of nothing': (world) => create(world, []),
    'CreateTopics with 0 partitions': (world) => create(world, [{ name: 'n', numPartitions: 0 }]),
    'CreateTopics with -2 partitions': (world) => create(world, [{ name: 'n', numPartitions: -2 }]),
    'CreateTopics with the default of partitions': (world) => create(world, [{ name: 'n', numPartitions: -1 }]),
    'CreateTopics with more partitions than one request may have': (world) =>
      create(world, [{ name: 'n', numPartitions: 10_001 }]),
    'CreateTopics with 0 replicas': (world) => create(world, [{ name: 'n', replicationFactor: 0 }]),
    'CreateTopics with -2 replicas': (world) => create(world, [{ name: 'n', replicationFactor: -2 }]),
    'CreateTopics with the default of replicas': (world) => create(world, [{ name: 'n', replicationFactor: -1 }]),
    'CreateTopics with more replicas than brokers': (world) => create(world, [{ name: 'n', replicationFactor: 2 }]),
    'CreateTopics with 9 replicas': (world) => create(world, [{ name: 'n', replicationFactor: 9 }]),
    'CreateTopics with an assignment': (world) => create(world, [{ name: 'n', ...assigned([0, 1], [1, 1]) }]),
    'CreateTopics with an assignment and a number of partitions': (world) =>
      create(world, [{ name: 'n', ...assigned([0, 1]), numPartitions: 1 }]),
    'CreateTopics with an assignment and a number of replicas': (world) =>
      create(world, [{ name: 'n', ...assigned([0, 1]), replicationFactor: 1 }]),
    'CreateTopics with an assignment to an unknown broker': (world) =>
      create(world, [{ name: 'n', ...assigned([0, 9]) }]),
    'CreateTopics with an assignment to nobody': (world) => create(world, [{ name: 'n', ...assigned([0]) }]),
    'CreateTopics with an assignment to a broker twice': (world) =>
      create(world, [{ name: 'n', ...assigned([0, 1, 1]) }]),
    'CreateTopics with an assignment that does not begin with 0': (world) =>
      create(world, [{ name: 'n', ...assigned([1, 1]) }]),
    'CreateTopics with an assignment with a gap': (world) =>
      create(world, [{ name: 'n', ...assigned([0, 1], [2, 1]) }]),
    'CreateTopics with an assignment of a partition twice': (world) =>
      create(world, [{ name: 'n', ...assigned([0, 1], [0, 1]) }]),
    'CreateTopics with an unknown config': (world) => create(world, [{ name: 'n', configs: config('nope', '1') }]),
    'CreateTopics with a config of null': (world) =>
      create(world, [{ name: 'n', configs: config('retention.ms', null) }]),
    'CreateTopics with a config that is no number': (world) =>
      create(world, [{ name: 'n', configs: config('retention.ms', 'x') }]),
    'CreateTopics with a config out of range': (world) =>
      create(world, [{ name: 'n', configs: config('retention.ms', '-2') }]),
    'CreateTopics with an unknown cleanup policy': (world) =>
      create(world, [{ name: 'n', configs: config('cleanup.policy', 'burn') }]),
    'CreateTopics with a small segment': (world) =>
      create(world, [{ name: 'n', configs: config('segment.bytes', '13') }]),
    'CreateTopics with a config twice': (world) =>
      create(world, [{ name: 'n', configs: [...config('retention.ms', '1'), ...config('retention.ms', '2')] }]),
    'CreateTopics with lags that contradict each other': (world) =>
      create(world, [
        { name: 'n', configs: [...config('min.compaction.lag.ms', '9'), ...config('max.compaction.lag.ms', '3')] },
      ]),
    'CreateTopics with tiered storage': (world) =>
      create(world, [{ name: 'n', configs: config('remote.storage.enable', 'true') }]),
    'CreateTopics with a broker config': (world) =>
      create(world, [{ name: 'n', configs: config('log.retention.ms', '1') }]),
    'CreateTopics of null': (world) =>
      world.askBroken(createTopicsApi, 7, { topics: null, timeoutMs: 1000, validateOnly: true }),
    'CreateTopics of a null name': (world) =>
      world.askBroken(createTopicsApi, 7, {
        topics: [{ name: null, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
        timeoutMs: 1000,
        validateOnly: true,
      }),

    'CreatePartitions of an unknown topic': (world) => grow(world, 'no-such-topic', 3),
    'CreatePartitions without a name': (world) => grow(world, '', 3),
    'CreatePartitions to as many as there are': (world) => grow(world, 'two', 2),
    'CreatePartitions to fewer': (world) => grow(world, 'two', 1),
    'CreatePartitions to none': (world) => grow(world, 'two', 0),
    'CreatePartitions to a negative number': (world) => grow(world, 'two', -1),
    'CreatePartitions to more than a request may make': (world) => grow(world, 'two', 10_003),
    'CreatePartitions with an assignment': (world) => grow(world, 'two', 3, [[1]]),
    'CreatePartitions with too few assignments': (world) => grow(world, 'two', 4, [[1]]),
    'CreatePartitions with an assignment to an unknown broker': (world) => grow(world, 'two', 3, [[9]]),
    'CreatePartitions with an assignment to nobody': (world) => grow(world, 'two', 3, [[]]),
    'CreatePartitions of the same topic twice': (world) =>
      world.ask(createPartitionsApi, 3, {
        topics: [3, 4].map((count) => ({ name: 'two', count, assignments: null })),
        timeoutMs: 1000,
        validateOnly: true,
      }),
    'CreatePartitions of nothing': (world) =>
      world.ask(createPartitionsApi, 3, { topics: [], timeoutMs: 1000, validateOnly: true }),

    'DeleteTopics of an unknown name': (world) => remove(world, { name: 'no-such-topic' }),
    'DeleteTopics of an unknown id': (world) => remove(world, { topicId: NO_SUCH_ID }),
    'DeleteTopics of neither name nor id': (world) => remove(world, {}),
    'DeleteTopics by name and id together': (world) => remove(world, { name: 'one', topicId: world.id('one') }),
    'DeleteTopics without a name': (world) => remove(world, { name: '' }),
    'DeleteTopics of a wrong name': (world) => remove(world, { name: 'a b' }),
    'DeleteTopics of the same name twice': (world) =>
      remove(world, { name: 'no-such-topic' }, { name: 'no-such-topic' }),
    'DeleteTopics of a topic by name and by id': async (world) => {
      await create(world, [{ name: 'to-delete' }], false);
      await world.learnId('to-delete');
      await remove(world, { name: 'to-delete' }, { topicId: world.id('to-delete') });
    },
    'DeleteTopics of an unknown name in v1': (world) =>
      world.ask(deleteTopicsApi, 1, { topicNames: ['no-such-topic', 'no-such-topic'], timeoutMs: 1000 }),
    'DeleteTopics of nothing': (world) => remove(world),
  },
};
