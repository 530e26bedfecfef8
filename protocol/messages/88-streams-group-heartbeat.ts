import { array, bool, defineApi, int16, int32, int64, int8, string, struct, uint16 } from '../schema/index.ts';

const keyValue = {
  key: string(),
  value: string(),
};

const topicInfo = {
  name: string(),
  partitions: int32(),
  replicationFactor: int16(),
  topicConfigs: array(keyValue),
};

const endpoint = {
  host: string(),
  port: uint16(),
};

const taskOffset = {
  subtopologyId: string(),
  partition: int32(),
  offset: int64(),
};

const taskIds = {
  subtopologyId: string(),
  partitions: array(int32()),
};

const status = {
  statusCode: int8(),
  statusDetail: string(),
};

const topicPartition = {
  topic: string(),
  partitions: array(int32()),
};

/**
 * Heartbeat of a Streams group (KIP-1071).
 */
export const streamsGroupHeartbeatApi = defineApi({
  key: 88,
  name: 'StreamsGroupHeartbeat',
  versions: [0, 0],
  flexible: 0,
  request: {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    endpointInformationEpoch: int32(),
    instanceId: string({ nullableSince: 0, default: null }),
    rackId: string({ nullableSince: 0, default: null }),
    rebalanceTimeoutMs: int32({ default: -1 }),
    topology: struct(
      {
        epoch: int32(),
        subtopologies: array({
          subtopologyId: string(),
          sourceTopics: array(string()),
          sourceTopicRegex: array(string()),
          stateChangelogTopics: array(topicInfo),
          repartitionSinkTopics: array(string()),
          repartitionSourceTopics: array(topicInfo),
          copartitionGroups: array({
            sourceTopics: array(int16()),
            sourceTopicRegex: array(int16()),
            repartitionSourceTopics: array(int16()),
          }),
        }),
      },
      { nullableSince: 0, default: null },
    ),
    activeTasks: array(taskIds, { nullableSince: 0, default: null }),
    standbyTasks: array(taskIds, { nullableSince: 0, default: null }),
    warmupTasks: array(taskIds, { nullableSince: 0, default: null }),
    processId: string({ nullableSince: 0, default: null }),
    userEndpoint: struct(endpoint, { nullableSince: 0, default: null }),
    clientTags: array(keyValue, { nullableSince: 0, default: null }),
    taskOffsets: array(taskOffset, { nullableSince: 0, default: null }),
    taskEndOffsets: array(taskOffset, { nullableSince: 0, default: null }),
    shutdownApplication: bool({ default: false }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: string({ nullableSince: 0, default: null }),
    memberId: string(),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    acceptableRecoveryLag: int32(),
    taskOffsetIntervalMs: int32(),
    status: array(status, { nullableSince: 0 }),
    activeTasks: array(taskIds, { nullableSince: 0, default: null }),
    standbyTasks: array(taskIds, { nullableSince: 0, default: null }),
    warmupTasks: array(taskIds, { nullableSince: 0, default: null }),
    endpointInformationEpoch: int32(),
    partitionsByUserEndpoint: array(
      {
        userEndpoint: struct(endpoint),
        activePartitions: array(topicPartition),
        standbyPartitions: array(topicPartition),
      },
      { nullableSince: 0, default: null },
    ),
  },
});
