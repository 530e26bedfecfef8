import { readInt32, readInt64 } from '../../protocol/records/integers.ts';
import { AT } from '../../protocol/records/layout.ts';

/** Fields of a stored batch, straight from its bytes: it was checked when it was appended. */
export const baseOffsetOf = (batch: Uint8Array): number => readInt64(batch, AT.baseOffset);
export const lastOffsetOf = (batch: Uint8Array): number => baseOffsetOf(batch) + readInt32(batch, AT.lastOffsetDelta);
export const producerIdOf = (batch: Uint8Array): number => readInt64(batch, AT.producerId);
export const leaderEpochOf = (batch: Uint8Array): number => readInt32(batch, AT.partitionLeaderEpoch);

/** Whether compaction, or the deletion of a key, left no record of the batch. */
export const isEmptyBatch = (batch: Uint8Array): boolean => readInt32(batch, AT.recordCount) === 0;
