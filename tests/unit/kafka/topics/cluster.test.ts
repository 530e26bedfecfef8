import { describe, expect, test } from 'vitest';
import { errorCode } from '../../../../protocol/errors.ts';
import { describeClusterApi, describeLogDirsApi } from '../../../../protocol/messages/index.ts';
import { openTopicWorld } from './topic-world.ts';

describe('DescribeCluster', () => {
  test('tells this broker, which is the controller too', async () => {
    const { call } = await openTopicWorld();
    const response = await call(describeClusterApi, 2, { includeClusterAuthorizedOperations: true });
    expect(response).toMatchObject({
      errorCode: 0,
      clusterId: 'test-cluster',
      controllerId: 1,
      brokers: [{ brokerId: 1, host: 'broker.example', port: 9092, rack: 'r1', isFenced: false }],
      clusterAuthorizedOperations: 8096,
    });
  });

  test.each([
    [2, errorCode.MISMATCHED_ENDPOINT_TYPE],
    [9, errorCode.UNSUPPORTED_ENDPOINT_TYPE],
  ])('endpoint type %i is refused with %i', async (endpointType, code) => {
    const { call } = await openTopicWorld();
    const request = { includeClusterAuthorizedOperations: false, endpointType };
    expect(await call(describeClusterApi, 1, request)).toMatchObject({ errorCode: code, clusterId: '', brokers: [] });
  });
});

describe('DescribeLogDirs', () => {
  const partition = (partitionIndex: number) => ({
    partitionIndex,
    partitionSize: 123,
    offsetLag: 0,
    isFutureKey: false,
  });

  test.each([
    ['all topics', null, [{ name: 'a', partitions: [partition(0), partition(1)] }]],
    ['no topics', [], []],
    [
      'some, of which not all are there',
      [
        { topic: 'a', partitions: [1, 9, 1] },
        { topic: 'nope', partitions: [0] },
      ],
      [{ name: 'a', partitions: [partition(1)] }],
    ],
  ])('shows the data folder with %s', async (_, topics, shown) => {
    const { call, catalog } = await openTopicWorld();
    await catalog.create({ name: 'a', partitions: 2, configs: [] });
    const response = await call(describeLogDirsApi, 4, { topics });
    expect(response.results).toEqual([
      { errorCode: 0, logDir: '/data', topics: shown, totalBytes: 1000, usableBytes: 400, isCordoned: false },
    ]);
  });
});
