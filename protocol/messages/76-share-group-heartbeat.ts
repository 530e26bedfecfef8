import { array, defineApi, int16, int32, string, struct, uuid } from '../schema/index.ts';

const topicPartitions = {
  topicId: uuid(),
  partitions: array(int32()),
};

/**
 * Heartbeat of a share group (KIP-932). v0 was a preview.
 */
export const shareGroupHeartbeatApi = defineApi({
  key: 76,
  name: 'ShareGroupHeartbeat',
  versions: [1, 1],
  flexible: 0,
  request: {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    rackId: string({ nullableSince: 0, default: null }),
    subscribedTopicNames: array(string(), { nullableSince: 0, default: null }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: string({ nullableSince: 0, default: null }),
    memberId: string({ nullableSince: 0, default: null }),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    assignment: struct(
      {
        topicPartitions: array(topicPartitions),
      },
      { nullableSince: 0, default: null },
    ),
  },
});
