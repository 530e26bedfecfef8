// DescribeProducers v0 (KIP-664): who has written to a partition with a producer id, and what is open. Needs READ on the topic. `lastTimestamp` is the broker's
// time of the last append, where Kafka has the largest timestamp of the batch: a clock of a client says nothing about age.
import { errorCode, errorMessage } from '../../../protocol/errors.ts';
import { describeProducersApi } from '../../../protocol/messages/index.ts';
import type { Log, PartitionLog } from '../../log/types.ts';
import { type Handler, handler } from '../handler.ts';
import { locate } from '../partitions.ts';

const NO_ID = '';

const producersOf = (log: PartitionLog) =>
  log.knownProducers.map(({ transactionStart, ...producer }) => ({
    ...producer,
    currentTxnStartOffset: transactionStart,
  }));

export function describeProducersHandler(log: Log): Handler {
  return handler(describeProducersApi, ({ topics }, { may }) => ({
    topics: topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => {
        const wanted = { topic: name, topicId: NO_ID, partition: partitionIndex };
        const located = locate(log, wanted, false, (topic) => may('read', 'topic', topic));
        if (located.error === undefined)
          return { partitionIndex, errorCode: errorCode.NONE, activeProducers: producersOf(located.log) };
        const refused = { errorCode: located.error, errorMessage: errorMessage(located.error) };
        return { partitionIndex, ...refused, activeProducers: [] };
      }),
    })),
  }));
}
