import { bool, defineApi, int16, int32, int64, string } from '../schema/index.ts';

/**
 * Commits or aborts a transaction (KIP-98). v3 flexible. v4 TRANSACTION_ABORTABLE, v5 the answer carries the next producer id and epoch (KIP-890).
 */
export const endTxnApi = defineApi({
  key: 26,
  name: 'EndTxn',
  versions: [0, 5],
  flexible: 3,
  request: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    committed: bool(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    producerId: int64({ since: 5, default: -1, ignorable: true }),
    producerEpoch: int16({ since: 5, default: -1, ignorable: true }),
  },
});
