import { allocateProducerIds, type ProducerIdBlock } from '../../metadata/producer-ids.ts';
import type { SqlEngine } from '../../metadata/types.ts';

/** Hands out producer ids. */
export interface ProducerIds {
  /** An id that was never handed out before, by this process or an earlier one. Rejects when the metadata store fails. */
  next(): Promise<number>;
}

/** As many as Kafka's blocks have (KIP-730). */
const BLOCK = 1000;

/** Producer ids out of blocks that are durable before the first of their ids is handed out. */
export function producerIdsOver(sql: SqlEngine): ProducerIds {
  let block: ProducerIdBlock = { first: 0, count: 0 };
  let used = 0;
  let refill: Promise<void> | undefined;
  const takeBlock = async (): Promise<void> => {
    try {
      block = await allocateProducerIds(sql, BLOCK);
      used = 0;
    } finally {
      refill = undefined;
    }
  };
  return {
    async next() {
      while (used >= block.count) {
        refill ??= takeBlock();
        await refill;
      }
      return block.first + used++;
    },
  };
}
