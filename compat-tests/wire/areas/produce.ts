import { fetchApi, produceApi } from '../../../protocol/messages/index.ts';
import { readBatchHeader } from '../../../protocol/records/index.ts';
import type { WireArea } from '../area.ts';
import { batchOf, damaged, recordsOf } from '../batches.ts';
import { NO_SUCH_ID, type World } from '../world.ts';

const GOOD = batchOf(recordsOf('x'));
const FAR_FUTURE = Date.now() + 10 * 24 * 3_600_000;

function produce(world: World, records: Uint8Array | null, topic = 'one', index = 0, acks = -1, version = 9) {
  const topicData = [{ name: topic, partitionData: [{ index, records }] }];
  return world.ask(produceApi, version, { acks, timeoutMs: 5000, topicData });
}

function produceById(world: World, topicId: string, index = 0) {
  const topicData = [{ topicId, partitionData: [{ index, records: GOOD }] }];
  return world.ask(produceApi, 13, { acks: -1, timeoutMs: 5000, topicData });
}

async function idempotent(world: World, ...steps: readonly (readonly [epoch: number, sequence: number])[]) {
  const producerId = await world.producerId();
  for (const [producerEpoch, baseSequence] of steps)
    await produce(world, batchOf(recordsOf('x'), { producerId, producerEpoch, baseSequence }), 'two', 1);
}

const keyless = [{ timestamp: Date.now(), key: null, value: Buffer.from('x') }];

/** Produces one record and says what time the answer tells, and what the record has when it is read. */
async function stampOf(world: World, topic: string): Promise<void> {
  const topicData = [{ name: topic, partitionData: [{ index: 0, records: batchOf(recordsOf('x')) }] }];
  const { responses } = await world.tell(produceApi, 9, { acks: -1, timeoutMs: 5000, topicData });
  const told = responses[0]?.partitionResponses[0];
  const partitions = [{ partition: 0, fetchOffset: told?.baseOffset ?? 0, partitionMaxBytes: 1000 }];
  const request = { maxWaitMs: 1000, minBytes: 1, isolationLevel: 0, topics: [{ topic, partitions }] };
  const fetched = await world.tell(fetchApi, 12, { ...request, forgottenTopicsData: [] });
  const records = fetched.responses[0]?.partitions[0]?.records ?? new Uint8Array();
  const { timestampType, maxTimestamp } = readBatchHeader(records, 0);
  const stamped = told?.logAppendTimeMs === -1 ? 'no time' : 'a time';
  world.write(`the answer tells ${stamped}, the batch has ${timestampType}`);
  world.write(`they are ${told?.logAppendTimeMs === maxTimestamp ? 'the same' : 'not the same'}`);
}

export const producing: WireArea = {
  name: 'produce',
  cases: {
    'an unknown topic': (world) => produce(world, GOOD, 'no-such-topic'),
    'a partition that the topic does not have': (world) => produce(world, GOOD, 'one', 9),
    'a negative partition': (world) => produce(world, GOOD, 'one', -1),
    'a topic with a wrong name': (world) => produce(world, GOOD, 'a b'),
    'a topic without a name': (world) => produce(world, GOOD, ''),
    'an unknown topic id': (world) => produceById(world, NO_SUCH_ID),
    'the topic id of zeroes': (world) => produceById(world, 'AAAAAAAAAAAAAAAAAAAAAA'),
    'a known topic id with an unknown partition': (world) => produceById(world, world.id('one'), 9),
    'acks of 2': (world) => produce(world, GOOD, 'one', 0, 2),
    'acks of -2': (world) => produce(world, GOOD, 'one', 0, -2),
    'acks of 1': (world) => produce(world, GOOD, 'one', 0, 1),
    'records that are null': (world) => produce(world, null),
    'records that are empty': (world) => produce(world, new Uint8Array()),
    'no topics': (world) => world.ask(produceApi, 9, { acks: -1, timeoutMs: 5000, topicData: [] }),
    'a topic without partitions': (world) =>
      world.ask(produceApi, 9, { acks: -1, timeoutMs: 5000, topicData: [{ name: 'one', partitionData: [] }] }),
    'the same partition twice': (world) =>
      world.ask(produceApi, 9, {
        acks: -1,
        timeoutMs: 5000,
        topicData: [
          { name: 'one', partitionData: [0, 0].map((index) => ({ index, records: batchOf(recordsOf('x')) })) },
        ],
      }),
    'good and bad partitions together': (world) =>
      world.ask(produceApi, 9, {
        acks: -1,
        timeoutMs: 5000,
        topicData: [
          { name: 'two', partitionData: [0, 7].map((index) => ({ index, records: batchOf(recordsOf('x')) })) },
        ],
      }),
    'a wrong CRC': (world) =>
      produce(
        world,
        damaged((batch) => batch.setUint32(17, 1)),
      ),
    'magic 0': (world) =>
      produce(
        world,
        damaged((batch) => batch.setInt8(16, 0)),
      ),
    'magic 1': (world) =>
      produce(
        world,
        damaged((batch) => batch.setInt8(16, 1)),
      ),
    'magic 3': (world) =>
      produce(
        world,
        damaged((batch) => batch.setInt8(16, 3)),
      ),
    'a batch that is longer than its bytes': (world) =>
      produce(
        world,
        damaged((batch) => batch.setInt32(8, 5000)),
      ),
    'a batch that is shorter than a header': (world) =>
      produce(
        world,
        damaged((batch) => batch.setInt32(8, 10)),
      ),
    'half a batch': (world) => produce(world, GOOD.subarray(0, 40)),
    'two batches of one partition': (world) => produce(world, Buffer.concat([GOOD, GOOD])),
    'a batch without records': (world) => produce(world, batchOf([])),
    'a control batch': (world) => produce(world, batchOf(recordsOf('x'), { isControl: true })),
    'a count of records that is wrong': (world) => produce(world, batchOf(recordsOf('x', 'y'), { lastOffsetDelta: 5 })),
    'offsets that do not follow each other': (world) =>
      produce(world, batchOf(recordsOf('x', 'y').map((record, at) => ({ ...record, offsetDelta: at * 3 })))),
    'a record from the future': (world) =>
      produce(world, batchOf(recordsOf('x').map((record) => ({ ...record, timestamp: FAR_FUTURE })))),
    'a record without a timestamp': (world) =>
      produce(world, batchOf(recordsOf('x').map((record) => ({ ...record, timestamp: -1 })))),
    'the timestamp type of the append': (world) =>
      produce(world, batchOf(recordsOf('x'), { timestampType: 'LogAppendTime' })),
    'the timestamp type of the append, to a topic that has it': (world) =>
      produce(world, batchOf(recordsOf('x'), { timestampType: 'LogAppendTime' }), 'stamped'),
    'a topic that stamps its records': (world) => stampOf(world, 'stamped'),
    'a topic that leaves the times of its records': (world) => stampOf(world, 'two'),
    'a batch that is too large': (world) => produce(world, batchOf(recordsOf('x'.repeat(1_100_000)))),
    'a record without a key to a compacted topic': (world) => produce(world, batchOf(keyless), 'compacted'),
    'zstd in a version that did not have it': (world) =>
      produce(world, batchOf(recordsOf('x'.repeat(100)), { compression: 'zstd' }), 'one', 0, -1, 6),
    'a sequence that does not begin with 0': (world) => idempotent(world, [0, 5]),
    'a sequence with a gap': (world) => idempotent(world, [0, 0], [0, 7]),
    'a sequence again': (world) => idempotent(world, [0, 0], [0, 0]),
    'a sequence that goes back': (world) => idempotent(world, [0, 0], [0, 1], [0, 2], [0, 3], [0, 4], [0, 5], [0, 0]),
    'an epoch that goes back': (world) => idempotent(world, [3, 0], [2, 0]),
    'a new epoch that does not begin with 0': (world) => idempotent(world, [0, 0], [1, 4]),
    'a producer id with a negative epoch': (world) => idempotent(world, [-1, 0]),
    'an idempotent batch without a sequence': (world) => idempotent(world, [0, -1]),
    'a transactional id with a plain batch': (world) =>
      world.ask(produceApi, 9, {
        transactionalId: 'unknown-transaction',
        acks: -1,
        timeoutMs: 5000,
        topicData: [{ name: 'one', partitionData: [{ index: 0, records: batchOf(recordsOf('x')) }] }],
      }),
  },
};
