import { defineApi, int16, int32, int64, string } from '../schema/index.ts';

/**
 * Adds a group's offsets to a transaction (KIP-98). v3 flexible. v4 TRANSACTION_ABORTABLE (KIP-890).
 */
export const addOffsetsToTxnApi = defineApi({
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: [0, 4],
  flexible: 3,
  request: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    groupId: string(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
  },
});
