import { array, defineApi, int16, int32, int64, int8, saturated64, string } from '../schema/index.ts';

/**
 * Offset by time, or one of the special times: -1 latest, -2 earliest, -3 that of the highest timestamp, -4 earliest local, -5 latest tiered, -6 earliest pending upload.
 * v1 one offset with its timestamp (KIP-79). v2 isolation level (KIP-98). v4 leader epoch (KIP-320). v6 flexible. v7 -3 (KIP-734). v8 -4 (KIP-405). v9 -5 (KIP-1005).
 * v10 timeout for remote look-ups (KIP-1075). v11 -6 (KIP-1023).
 */
export const listOffsetsApi = defineApi({
  key: 2,
  name: 'ListOffsets',
  versions: [1, 11],
  flexible: 6,
  request: {
    replicaId: int32(),
    isolationLevel: int8({ since: 2 }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        currentLeaderEpoch: int32({ since: 4, default: -1, ignorable: true }),
        timestamp: saturated64(),
      }),
    }),
    timeoutMs: int32({ since: 10, ignorable: true }),
  },
  response: {
    throttleTimeMs: int32({ since: 2, default: 0, ignorable: true }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        timestamp: int64({ default: -1 }),
        offset: int64({ default: -1 }),
        leaderEpoch: int32({ since: 4, default: -1 }),
      }),
    }),
  },
});
