/**
 * AddPartitionsToTxn v0–5. v0–3 are of clients: one transaction, rights on the id and on each topic; when one partition cannot be added none is.
 * v4–5 are of brokers in Kafka (KIP-890): many transactions, the right of a broker, and `verifyOnly` asks whether partitions are in.
 */
import { errorCode } from '../../../protocol/errors.ts';
import { addPartitionsToTxnApi } from '../../../protocol/messages/index.ts';
import type { RequestOf } from '../../../protocol/schema/index.ts';
import type { TransactionCoordinator } from '../../coordination/transactions/coordinator.ts';
import type { GroupTopics } from '../../coordination/types.ts';
import type { TransactionPartition } from '../../coordination/transactions/types.ts';
import { CLUSTER_NAME } from '../../security/authorizer.ts';
import { type Handler, handler } from '../handler.ts';
import { fencedBefore } from './transaction-codes.ts';

const BATCHED_SINCE = 4;
const PRODUCER_FENCED_SINCE = 2;
const RAISES_EPOCH_SINCE = 5;

type Wanted = RequestOf<typeof addPartitionsToTxnApi>['transactions'][number];
type Topics = Wanted['topics'];

/** The outcome of each partition, in the form of the response. */
const results = (topics: Topics, codeOf: (topic: string, partition: number) => number) =>
  topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: codeOf(name, partitionIndex),
    })),
  }));

const keyOf = (topic: string, partition: number): string => `${topic}/${partition}`;

/** The partitions that can be added, and the codes of those that cannot. */
function sort(wanted: Topics, topics: GroupTopics, mayWrite: (topic: string) => boolean) {
  const found: TransactionPartition[] = [];
  const refused = new Map<string, number>();
  for (const { name, partitions } of wanted)
    for (const partition of partitions) {
      const topic = topics.byName(name);
      const exists = topic !== undefined && partition >= 0 && partition < topic.partitions;
      if (!mayWrite(name)) refused.set(keyOf(name, partition), errorCode.TOPIC_AUTHORIZATION_FAILED);
      else if (!exists) refused.set(keyOf(name, partition), errorCode.UNKNOWN_TOPIC_OR_PARTITION);
      else found.push({ topic: name, topicId: topic.topicId, partition });
    }
  return { found, refused };
}

/** Adds to one transaction or verifies it; gives the outcome of each partition. */
async function addTo(
  transactions: TransactionCoordinator,
  wanted: Wanted,
  { found, refused }: ReturnType<typeof sort>,
  apiVersion: number,
) {
  const { transactionalId, producerId, producerEpoch, verifyOnly } = wanted;
  if (refused.size > 0)
    return results(
      wanted.topics,
      (name, index) => refused.get(keyOf(name, index)) ?? errorCode.OPERATION_NOT_ATTEMPTED,
    );
  if (verifyOnly) {
    const participant = { transactionalId, producerId, producerEpoch, adds: false };
    const errors = new Map(
      found.map((one) => [keyOf(one.topic, one.partition), transactions.verify(participant, one)]),
    );
    return results(wanted.topics, (name, index) => errorCode[errors.get(keyOf(name, index)) ?? 'NONE']);
  }
  const raisesEpoch = apiVersion >= RAISES_EPOCH_SINCE;
  const added = { transactionalId, producerId, producerEpoch, partitions: found, groups: [], raisesEpoch };
  const error = await transactions.add(added);
  return results(wanted.topics, () => fencedBefore(PRODUCER_FENCED_SINCE, apiVersion, error));
}

export function addPartitionsToTxnHandler(transactions: TransactionCoordinator, topics: GroupTopics): Handler {
  return handler(addPartitionsToTxnApi, async (request, { apiVersion, may }) => {
    if (apiVersion >= BATCHED_SINCE) {
      if (!may('cluster-action', 'cluster', CLUSTER_NAME))
        return { errorCode: errorCode.CLUSTER_AUTHORIZATION_FAILED, resultsByTransaction: [] };
      const added = request.transactions.map(async (wanted) => ({
        transactionalId: wanted.transactionalId,
        topicResults: await addTo(
          transactions,
          wanted,
          sort(wanted.topics, topics, () => true),
          apiVersion,
        ),
      }));
      return { errorCode: errorCode.NONE, resultsByTransaction: await Promise.all(added) };
    }
    const wanted: Wanted = {
      transactionalId: request.v3AndBelowTransactionalId,
      producerId: request.v3AndBelowProducerId,
      producerEpoch: request.v3AndBelowProducerEpoch,
      verifyOnly: false,
      topics: request.v3AndBelowTopics,
    };
    if (!may('write', 'transactional-id', wanted.transactionalId)) {
      const refused = errorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
      return { resultsByTopicV3AndBelow: results(wanted.topics, () => refused) };
    }
    const sorted = sort(wanted.topics, topics, (topic) => may('write', 'topic', topic));
    return { resultsByTopicV3AndBelow: await addTo(transactions, wanted, sorted, apiVersion) };
  });
}
