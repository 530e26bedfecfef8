import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  apiVersionsApi,
  deleteRecordsApi,
  initProducerIdApi,
  listOffsetsApi,
  offsetForLeaderEpochApi,
  produceApi,
} from '../../../protocol/messages/index.ts';
import { RawClient, startServer, type TestServer } from '../../unit/kafka/wire.ts';
import { sampleBatch } from '../../unit/protocol/records/batch.ts';

let running: TestServer;
let client: RawClient;

beforeEach(async () => {
  running = await startServer();
  client = new RawClient(running.port);
  for (let i = 0; i < 2; i++) {
    const topicData = [{ name: 't', partitionData: [{ index: 0, records: sampleBatch(3) }] }];
    await client.call(produceApi, 9, { acks: -1, timeoutMs: 1000, topicData });
  }
});

afterEach(async () => {
  client.socket.destroy();
  await running.server.close(100);
});

const LAST_TIMESTAMP = 1_700_000_002_000;

async function offsetAt(
  timestamp: number,
  version = 11,
  changes: { currentLeaderEpoch?: number; index?: number } = {},
) {
  const { index = 0, ...rest } = changes;
  const topics = [{ name: 't', partitions: [{ partitionIndex: index, timestamp, ...rest }] }];
  const body = await client.call(listOffsetsApi, version, { replicaId: -1, isolationLevel: 0, topics });
  const { errorCode, offset, timestamp: found, leaderEpoch } = body.topics[0]!.partitions[0]!;
  return [errorCode, offset, found, leaderEpoch];
}

describe('ListOffsets', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])('version %i finds both ends and a time', async (version) => {
    const epoch = version < 4 ? -1 : 0;
    expect(await offsetAt(-1, version)).toEqual([0, 6, -1, epoch]);
    expect(await offsetAt(-2, version)).toEqual([0, 0, -1, epoch]);
    expect(await offsetAt(LAST_TIMESTAMP, version)).toEqual([0, 0, LAST_TIMESTAMP, epoch]);
    expect(await offsetAt(LAST_TIMESTAMP + 1, version)).toEqual([0, -1, -1, -1]);
  });

  test('knows the special times, each from the version on that has it', async () => {
    expect(await offsetAt(-3, 7)).toEqual([0, 0, LAST_TIMESTAMP, 0]);
    expect(await offsetAt(-4, 8)).toEqual([0, 0, -1, 0]);
    expect(await offsetAt(-5, 9)).toEqual([0, -1, -1, -1]);
    expect(await offsetAt(-6, 11)).toEqual([0, -1, -1, -1]);
    for (const [time, version] of [
      [-3, 6],
      [-4, 7],
      [-5, 8],
      [-6, 10],
      [-7, 11],
    ] as const) {
      expect(await offsetAt(time, version)).toEqual([35, -1, -1, -1]);
    }
  });

  test('refuses another leader epoch, an unknown partition and a partition named twice', async () => {
    expect(await offsetAt(-1, 11, { currentLeaderEpoch: 0 })).toEqual([0, 6, -1, 0]);
    expect(await offsetAt(-1, 11, { currentLeaderEpoch: 9 })).toEqual([75, -1, -1, -1]);
    expect(await offsetAt(-1, 11, { index: 9 })).toEqual([3, -1, -1, -1]);
    const partitions = [0, 0, 1].map((partitionIndex) => ({ partitionIndex, timestamp: -1 }));
    const topics = [{ name: 't', partitions }];
    const body = await client.call(listOffsetsApi, 11, { replicaId: -1, isolationLevel: 0, topics });
    expect(body.topics[0]!.partitions.map((partition) => partition.errorCode)).toEqual([42, 0]);
  });
});

describe('DeleteRecords', () => {
  const deleteBefore = async (offset: number, partitionIndex = 0) => {
    const topics = [{ name: 't', partitions: [{ partitionIndex, offset }] }];
    const body = await client.call(deleteRecordsApi, 2, { timeoutMs: 1000, topics });
    return [body.topics[0]!.partitions[0]!.errorCode, body.topics[0]!.partitions[0]!.lowWatermark];
  };

  test('raises the log start, never lowers it, and takes -1 for all', async () => {
    expect(await deleteBefore(3)).toEqual([0, 3]);
    expect(await deleteBefore(1)).toEqual([0, 3]);
    expect(await offsetAt(-2)).toEqual([0, 3, -1, 0]);
    expect(await deleteBefore(-1)).toEqual([0, 6]);
  });

  test('refuses offsets that are not there and unknown partitions', async () => {
    expect(await deleteBefore(7)).toEqual([1, -1]);
    expect(await deleteBefore(-2)).toEqual([1, -1]);
    expect(await deleteBefore(0, 9)).toEqual([3, -1]);
  });
});

describe('InitProducerId', () => {
  interface Changes {
    transactionalId?: string;
    transactionTimeoutMs?: number;
    producerId?: number;
    producerEpoch?: number;
  }
  const init = async (changes: Changes = {}) => {
    const body = { transactionalId: null, transactionTimeoutMs: 1000, ...changes };
    const { errorCode, producerId, producerEpoch } = await client.call(initProducerIdApi, 4, body);
    return [errorCode, producerId, producerEpoch];
  };

  test('gives each idempotent producer an id of its own, also one that had an id', async () => {
    expect(await init()).toEqual([0, 1000, 0]);
    expect(await init({ producerId: 1000, producerEpoch: 3 })).toEqual([0, 1001, 0]);
  });

  test('refuses half an identity, an empty transactional id and a time-out that is too long', async () => {
    expect(await init({ producerId: 1000 })).toEqual([42, -1, -1]);
    expect(await init({ transactionalId: '' })).toEqual([42, -1, -1]);
    expect(await init({ transactionalId: 'x', transactionTimeoutMs: 0 })).toEqual([50, -1, -1]);
    expect(await init({ transactionalId: 'x', transactionTimeoutMs: 900_001 })).toEqual([50, -1, -1]);
  });
});

describe('OffsetForLeaderEpoch', () => {
  test('tells where an epoch ended, and refuses another current epoch', async () => {
    const ask = [
      [0, -1, 0],
      [0, -1, 3],
      [1, 0, 0],
      [1, 2, 0],
      [9, -1, 0],
    ] as const;
    const partitions = ask.map(([partition, currentLeaderEpoch, leaderEpoch]) => ({
      partition,
      currentLeaderEpoch,
      leaderEpoch,
    }));
    const body = await client.call(offsetForLeaderEpochApi, 4, { replicaId: -1, topics: [{ topic: 't', partitions }] });
    expect(
      body.topics[0]!.partitions.map(({ errorCode, leaderEpoch, endOffset }) => [errorCode, leaderEpoch, endOffset]),
    ).toEqual([
      [0, 0, 6],
      [0, -1, -1],
      [0, 0, 0],
      [75, -1, -1],
      [3, -1, -1],
    ]);
  });
});

describe('ApiVersions', () => {
  test('advertises exactly what is served', async () => {
    for (const version of [0, 1, 2, 3, 4]) {
      const software = version < 3 ? {} : { clientSoftwareName: 'test', clientSoftwareVersion: '1.0' };
      const { errorCode, apiKeys } = await client.call(apiVersionsApi, version, software);
      expect(errorCode).toBe(0);
      expect(apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, minVersion, maxVersion])).toEqual([
        [0, 0, 13],
        [1, 4, 18],
        [2, 1, 11],
        [17, 0, 1],
        [18, 0, 4],
        [21, 0, 2],
        [22, 0, 5],
        [23, 2, 4],
        [36, 0, 2],
      ]);
    }
  });

  test('refuses a client that does not say its software properly', async () => {
    const body = { clientSoftwareName: '-', clientSoftwareVersion: '1.0' };
    expect(await client.call(apiVersionsApi, 3, body)).toMatchObject({ errorCode: 42, apiKeys: [] });
  });
});
