import {
  addOffsetsToTxnApi,
  addPartitionsToTxnApi,
  endTxnApi,
  produceApi,
  txnOffsetCommitApi,
} from '../../protocol/messages/index.ts';
import { casesOf, type RightsCase } from './case.ts';
import { oneRecord } from './record-cases.ts';

/** A producer that no broker has given this id to: who may go on is told that, or which partitions stand in the way. */
const producer = { transactionalId: 'tx', producerId: 987_654, producerEpoch: 0 };
const v3Producer = { v3AndBelowTransactionalId: 'tx', v3AndBelowProducerId: 987_654, v3AndBelowProducerEpoch: 0 };

/** Transactions; the transactional id is `tx`. */
export function transactionCases(): RightsCase[] {
  const topics = ['t', 'u', 'ghost'].map((name) => ({ name, partitions: [0] }));
  const offsets = ['t', 'ghost'].map((name) => ({
    name,
    partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }],
  }));
  const partitionData = () => [
    { index: 0, records: oneRecord({ producerId: 987_654, producerEpoch: 0, baseSequence: 0, isTransactional: true }) },
  ];
  return [
    ...casesOf(
      produceApi,
      9,
      () => ({
        transactionalId: 'tx',
        acks: -1,
        timeoutMs: 1000,
        topicData: [{ name: 't', partitionData: partitionData() }],
      }),
      { 'no rights': [], 'WRITE on the topic only': ['allow write topic *'] },
      ' in a transaction',
    ),
    ...casesOf(addPartitionsToTxnApi, 3, () => ({ ...v3Producer, v3AndBelowTopics: topics }), {
      'no rights': [],
      'WRITE on topics only': ['allow write topic *'],
      'the id only': ['allow write transactional-id tx'],
      'the id and a topic': ['allow write transactional-id tx', 'allow write topic t'],
      'DESCRIBE on the id': ['allow describe transactional-id tx', 'allow write topic *'],
    }),
    ...casesOf(addPartitionsToTxnApi, 4, () => ({ transactions: [{ ...producer, verifyOnly: false, topics }] }), {
      'no rights': [],
      'everything but CLUSTER_ACTION': ['allow all transactional-id *', 'allow all topic *'],
    }),
    ...casesOf(addOffsetsToTxnApi, 3, () => ({ ...producer, groupId: 'g' }), {
      'no rights': [],
      'the id only': ['allow write transactional-id tx'],
      'the group only': ['allow read group g'],
    }),
    ...casesOf(endTxnApi, 3, () => ({ ...producer, committed: true }), {
      'no rights': [],
      DESCRIBE: ['allow describe transactional-id tx'],
    }),
    ...casesOf(
      txnOffsetCommitApi,
      3,
      () => ({ ...producer, groupId: 'g', generationId: -1, memberId: '', topics: offsets }),
      {
        'no rights': [],
        'the id only': ['allow write transactional-id tx'],
        'the group only': ['allow read group g'],
        'the id and the group': ['allow write transactional-id tx', 'allow read group g'],
      },
    ),
  ];
}
