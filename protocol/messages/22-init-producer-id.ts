import { defineApi, int16, int32, int64, string } from '../schema/index.ts';

/**
 * Gives a producer its id and epoch (KIP-98). v2 flexible. v3 goes on with a known id after an error (KIP-360). v4 PRODUCER_FENCED instead of INVALID_PRODUCER_EPOCH (KIP-588).
 * v5 TRANSACTION_ABORTABLE (KIP-890).
 */
export const initProducerIdApi = defineApi({
  key: 22,
  name: 'InitProducerId',
  versions: [0, 5],
  flexible: 2,
  request: {
    transactionalId: string({ nullableSince: 0 }),
    transactionTimeoutMs: int32(),
    producerId: int64({ since: 3, default: -1 }),
    producerEpoch: int16({ since: 3, default: -1 }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    producerId: int64({ default: -1 }),
    producerEpoch: int16(),
  },
});
