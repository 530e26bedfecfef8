import { errorCode } from '../../../protocol/errors.ts';
import {
  addOffsetsToTxnApi,
  addPartitionsToTxnApi,
  describeProducersApi,
  describeTransactionsApi,
  endTxnApi,
  initProducerIdApi,
  listTransactionsApi,
  produceApi,
  txnOffsetCommitApi,
} from '../../../protocol/messages/index.ts';
import type { WireArea } from '../area.ts';
import { batchOf, recordsOf } from '../batches.ts';
import type { World } from '../world.ts';

interface Producer {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** A producer of a new transactional id. */
async function begin(world: World, transactionalId: string): Promise<Producer> {
  const request = { transactionalId, transactionTimeoutMs: 60_000 };
  return world.retried(`begin ${transactionalId}`, async () => {
    const { errorCode: code, producerId, producerEpoch } = await world.tell(initProducerIdApi, 4, request);
    return code === 0 ? { transactionalId, producerId, producerEpoch } : undefined;
  });
}

const init = (
  world: World,
  request: Partial<Omit<Producer, 'transactionalId'>> & {
    transactionTimeoutMs?: number;
    transactionalId: string | null;
  },
  version = 4,
) => world.ask(initProducerIdApi, version, { transactionTimeoutMs: 60_000, ...request });

function add(world: World, producer: Producer, topic: string, ...partitions: number[]) {
  return world.ask(addPartitionsToTxnApi, 3, {
    v3AndBelowTransactionalId: producer.transactionalId,
    v3AndBelowProducerId: producer.producerId,
    v3AndBelowProducerEpoch: producer.producerEpoch,
    v3AndBelowTopics: [{ name: topic, partitions }],
  });
}

const end = (world: World, producer: Producer, committed: boolean, version = 3) =>
  world.ask(endTxnApi, version, { ...producer, committed });

function produce(
  world: World,
  { transactionalId, producerId, producerEpoch }: Producer,
  baseSequence: number,
  version = 9,
) {
  const records = batchOf(recordsOf('x'), { producerId, producerEpoch, baseSequence, isTransactional: true });
  const topicData = [{ name: 'two', partitionData: [{ index: 0, records }] }];
  const topicsById = [{ topicId: world.id('two'), partitionData: [{ index: 0, records }] }];
  return world.ask(produceApi, version, {
    transactionalId,
    acks: -1,
    timeoutMs: 5000,
    topicData: version < 13 ? topicData : topicsById,
  });
}

function commitOffsets(world: World, producer: Producer, groupId: string, version = 3, more: object = {}) {
  const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }];
  return world.ask(txnOffsetCommitApi, version, {
    ...producer,
    groupId,
    topics: [{ name: 'one', partitions }],
    ...more,
  });
}

/** Waits until the end of a transaction is complete; until then Apache Kafka asks for patience. */
function ended(world: World, producer: Producer): Promise<unknown> {
  return world.retried('end a transaction', async () => {
    const { errorCode: code } = await world.tell(endTxnApi, 3, { ...producer, committed: true });
    return code === errorCode.CONCURRENT_TRANSACTIONS ? undefined : true;
  });
}

const stranger: Producer = { transactionalId: 'nobody', producerId: 999_999, producerEpoch: 0 };

export const transactions: WireArea = {
  name: 'transactions',
  cases: {
    'InitProducerId with an empty id': (world) => init(world, { transactionalId: '' }),
    'InitProducerId with a time-out of 0': (world) =>
      init(world, { transactionalId: 't-timeout', transactionTimeoutMs: 0 }),
    'InitProducerId with a negative time-out': (world) =>
      init(world, { transactionalId: 't-timeout', transactionTimeoutMs: -1 }),
    'InitProducerId with a time-out that is too long': (world) =>
      init(world, { transactionalId: 't-timeout', transactionTimeoutMs: 900_001 }),
    'InitProducerId with a producer id and no epoch': (world) =>
      init(world, { transactionalId: 't-half', producerId: 5 }),
    'InitProducerId with an epoch and no producer id': (world) =>
      init(world, { transactionalId: 't-half', producerEpoch: 5 }),
    'InitProducerId of an unknown producer id': (world) =>
      init(world, { transactionalId: 't-unknown', producerId: 999_999, producerEpoch: 0 }),
    'InitProducerId of another producer id': async (world) => {
      await begin(world, 't-other');
      await init(world, { transactionalId: 't-other', producerId: 999_999, producerEpoch: 0 });
    },
    'InitProducerId with an old epoch': async (world) => {
      const { producerId } = await begin(world, 't-old');
      await begin(world, 't-old');
      await begin(world, 't-old');
      await init(world, { transactionalId: 't-old', producerId, producerEpoch: 0 });
      await init(world, { transactionalId: 't-old', producerId, producerEpoch: 0 }, 3);
    },
    'InitProducerId with an epoch that is too new': async (world) => {
      const { producerId } = await begin(world, 't-new');
      await init(world, { transactionalId: 't-new', producerId, producerEpoch: 99 });
    },
    'InitProducerId without a transactional id, with a producer id': (world) =>
      init(world, { transactionalId: null, producerId: 5, producerEpoch: 0 }),

    'AddPartitionsToTxn of an unknown id': (world) => add(world, stranger, 'one', 0),
    'AddPartitionsToTxn of another producer id': async (world) => {
      const producer = await begin(world, 't-add');
      await add(world, { ...producer, producerId: 999_999 }, 'one', 0);
    },
    'AddPartitionsToTxn with another epoch': async (world) => {
      const producer = await begin(world, 't-add2');
      await add(world, { ...producer, producerEpoch: producer.producerEpoch + 1 }, 'one', 0);
      await add(world, { ...producer, producerEpoch: producer.producerEpoch - 1 }, 'one', 0);
    },
    'AddPartitionsToTxn of an unknown topic': async (world) => {
      const producer = await begin(world, 't-add3');
      await add(world, producer, 'no-such-topic', 0);
    },
    'AddPartitionsToTxn of known and unknown partitions': async (world) => {
      const producer = await begin(world, 't-add4');
      await add(world, producer, 'one', 0, 9);
    },
    'AddPartitionsToTxn of nothing': async (world) => {
      const producer = await begin(world, 't-add5');
      await add(world, producer, 'one');
    },
    'AddPartitionsToTxn of many transactions, by a client': (world) =>
      world.ask(addPartitionsToTxnApi, 4, {
        transactions: [{ ...stranger, topics: [{ name: 'one', partitions: [0] }] }],
      }),
    'AddPartitionsToTxn of no transactions': (world) => world.ask(addPartitionsToTxnApi, 4, { transactions: [] }),
    'AddPartitionsToTxn of partitions to be verified that were not added': async (world) => {
      const producer = await begin(world, 't-verify');
      await world.ask(addPartitionsToTxnApi, 4, {
        transactions: [{ ...producer, verifyOnly: true, topics: [{ name: 'one', partitions: [0] }] }],
      });
    },

    'EndTxn of an unknown id': (world) => end(world, stranger, true),
    'EndTxn with an empty id': (world) => end(world, { ...stranger, transactionalId: '' }, true),
    'EndTxn of what was not begun': async (world) => {
      const producer = await begin(world, 't-end');
      await end(world, producer, true);
      await end(world, producer, false);
    },
    'EndTxn with another epoch': async (world) => {
      const producer = await begin(world, 't-end2');
      await add(world, producer, 'one', 0);
      await end(world, { ...producer, producerEpoch: producer.producerEpoch + 1 }, true);
      await end(world, { ...producer, producerEpoch: producer.producerEpoch - 1 }, true);
      await end(world, { ...producer, producerId: 999_999 }, true);
      await end(world, producer, false);
    },
    'EndTxn twice': async (world) => {
      const producer = await begin(world, 't-end3');
      await add(world, producer, 'one', 0);
      await end(world, producer, true);
      await ended(world, producer);
      await end(world, producer, true);
      await end(world, producer, false);
    },
    'EndTxn v5 of what was not begun': async (world) => {
      const producer = await begin(world, 't-end5');
      await end(world, producer, true, 5);
    },
    'EndTxn v5 that aborts what was not begun': async (world) => {
      const producer = await begin(world, 't-end6');
      await end(world, producer, false, 5);
    },

    'Produce to a partition that was not added': async (world) => {
      const producer = await begin(world, 't-produce');
      await produce(world, producer, 0);
      await produce(world, producer, 0, 11);
    },
    'Produce of an unknown transaction': (world) => produce(world, stranger, 0),
    'Produce of an unknown transaction that adds its partition': (world) => produce(world, stranger, 0, 12),
    'Produce with an old epoch': async (world) => {
      const producer = await begin(world, 't-fenced');
      await begin(world, 't-fenced');
      await produce(world, producer, 0, 12);
      await produce(world, producer, 0, 9);
    },
    'Produce of a transaction without its id': async (world) => {
      const { producerId, producerEpoch } = await begin(world, 't-anonymous');
      const records = batchOf(recordsOf('x'), { producerId, producerEpoch, baseSequence: 0, isTransactional: true });
      const topicData = [{ name: 'two', partitionData: [{ index: 0, records }] }];
      await world.ask(produceApi, 9, { acks: -1, timeoutMs: 5000, topicData });
    },

    'AddOffsetsToTxn of an unknown id': (world) => world.ask(addOffsetsToTxnApi, 3, { ...stranger, groupId: 'g' }),
    'AddOffsetsToTxn without a group': async (world) => {
      const producer = await begin(world, 't-offsets');
      await world.ask(addOffsetsToTxnApi, 3, { ...producer, groupId: '' });
    },
    'AddOffsetsToTxn with another epoch': async (world) => {
      const producer = await begin(world, 't-offsets2');
      await world.ask(addOffsetsToTxnApi, 3, { ...producer, producerEpoch: 7, groupId: 'g' });
    },
    'TxnOffsetCommit of an unknown id': (world) => commitOffsets(world, stranger, 'g-txn'),
    'TxnOffsetCommit without a group': async (world) => commitOffsets(world, await begin(world, 't-commit'), ''),
    'TxnOffsetCommit of a group that was not added': async (world) =>
      commitOffsets(world, await begin(world, 't-commit2'), 'g-txn2'),
    'TxnOffsetCommit of an unknown generation': async (world) => {
      const producer = await begin(world, 't-commit3');
      await commitOffsets(world, producer, 'g-txn3', 3, { generationId: 4, memberId: 'm' });
    },
    'TxnOffsetCommit v5 of an unknown id': (world) => commitOffsets(world, stranger, 'g-txn', 5),
    'TxnOffsetCommit v5 with an old epoch': async (world) => {
      const producer = await begin(world, 't-commit5');
      await begin(world, 't-commit5');
      await commitOffsets(world, producer, 'g-txn5', 5);
    },

    'DescribeProducers of an unknown topic': (world) =>
      world.ask(describeProducersApi, 0, { topics: [{ name: 'no-such-topic', partitionIndexes: [0] }] }),
    'DescribeProducers of an unknown partition': (world) =>
      world.ask(describeProducersApi, 0, { topics: [{ name: 'one', partitionIndexes: [9, -1] }] }),
    'DescribeProducers of nothing': (world) => world.ask(describeProducersApi, 0, { topics: [] }),
    'DescribeTransactions of an unknown id': (world) =>
      world.ask(describeTransactionsApi, 0, { transactionalIds: ['nobody'] }, { show: ['transactionState'] }),
    'DescribeTransactions of an empty id': (world) => world.ask(describeTransactionsApi, 0, { transactionalIds: [''] }),
    'DescribeTransactions of nothing': (world) => world.ask(describeTransactionsApi, 0, { transactionalIds: [] }),
    'DescribeTransactions of one that has begun': async (world) => {
      const producer = await begin(world, 't-described');
      await world.ask(
        describeTransactionsApi,
        0,
        { transactionalIds: ['t-described'] },
        { show: ['transactionState', 'topics', 'transactionTimeoutMs'] },
      );
      await add(world, producer, 'one', 0);
      await world.ask(
        describeTransactionsApi,
        0,
        { transactionalIds: ['t-described'] },
        { show: ['transactionState', 'topics'] },
      );
      await end(world, producer, false);
    },
    'ListTransactions of an unknown state': (world) =>
      world.ask(
        listTransactionsApi,
        1,
        { stateFilters: ['Sleeping'], producerIdFilters: [] },
        { show: ['unknownStateFilters', 'transactionStates'] },
      ),
    'ListTransactions of an unknown producer id': (world) =>
      world.ask(
        listTransactionsApi,
        1,
        { stateFilters: [], producerIdFilters: [999_999] },
        { show: ['unknownStateFilters', 'transactionStates'] },
      ),
    'ListTransactions with a broken pattern': (world) =>
      world.ask(listTransactionsApi, 2, { stateFilters: [], producerIdFilters: [], transactionalIdPattern: '(' }),
    'ListTransactions with an empty pattern': (world) =>
      world.ask(listTransactionsApi, 2, {
        stateFilters: ['CompleteAbort'],
        producerIdFilters: [],
        transactionalIdPattern: '',
      }),
  },
};
