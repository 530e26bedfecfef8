import { array, defineApi, int16, int32, int64, records, string, struct, uuid } from '../schema/index.ts';

/**
 * Record batches to append.
 * Apache Kafka 4 reads v3 and later; v0 to v2 are described so far as to be told apart and refused (KAFKA-18659: librdkafka wants to see them advertised).
 * v3 transactional id, magic 2 (KIP-98). v5 log start offset (KIP-207). v7 zstd (KIP-110). v8 errors per record (KIP-467). v9 flexible.
 * v10 current leader and its endpoint, tagged (KIP-951). v11 TRANSACTION_ABORTABLE, v12 implicit AddPartitionsToTxn (KIP-890). v13 topic ids instead of names (KIP-516).
 */
export const produceApi = defineApi({
  key: 0,
  name: 'Produce',
  versions: [0, 13],
  flexible: 9,
  request: {
    transactionalId: string({ since: 3, nullableSince: 3, default: null }),
    acks: int16(),
    timeoutMs: int32(),
    topicData: array({
      name: string({ until: 12, ignorable: true }),
      topicId: uuid({ since: 13, ignorable: true }),
      partitionData: array({
        index: int32(),
        records: records({ nullableSince: 0 }),
      }),
    }),
  },
  response: {
    responses: array({
      name: string({ until: 12, ignorable: true }),
      topicId: uuid({ since: 13, ignorable: true }),
      partitionResponses: array({
        index: int32(),
        errorCode: int16(),
        baseOffset: int64(),
        logAppendTimeMs: int64({ since: 2, default: -1, ignorable: true }),
        logStartOffset: int64({ since: 5, default: -1, ignorable: true }),
        recordErrors: array(
          {
            batchIndex: int32(),
            batchIndexErrorMessage: string({ nullableSince: 0, default: null }),
          },
          { since: 8, ignorable: true },
        ),
        errorMessage: string({ since: 8, nullableSince: 8, default: null, ignorable: true }),
        currentLeader: struct(
          {
            leaderId: int32({ default: -1 }),
            leaderEpoch: int32({ default: -1 }),
          },
          { since: 10, tag: 0 },
        ),
      }),
    }),
    throttleTimeMs: int32({ since: 1, default: 0, ignorable: true }),
    nodeEndpoints: array(
      {
        nodeId: int32(),
        host: string(),
        port: int32(),
        rack: string({ nullableSince: 0, default: null }),
      },
      { since: 10, tag: 0 },
    ),
  },
});
