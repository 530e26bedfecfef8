import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fetchApi, produceApi } from '../../../protocol/messages/index.ts';
import { batchesOf } from '../../../protocol/records/index.ts';
import { TOPIC_ID } from '../../unit/kafka/array-log.ts';
import { RawClient, startServer, type TestServer } from '../../unit/kafka/wire.ts';
import { sampleBatch } from '../../unit/protocol/records/batch.ts';

let running: TestServer;
let client: RawClient;

beforeEach(async () => {
  running = await startServer();
  client = new RawClient(running.port);
});

afterEach(async () => {
  client.socket.destroy();
  await running.server.close(100);
});

const produce = (records: Uint8Array, acks = -1, index = 0) => ({
  acks,
  timeoutMs: 1000,
  topicData: [{ name: 't', topicId: TOPIC_ID, partitionData: [{ index, records }] }],
});

const fetch = (fetchOffset: number, changes: Record<string, number> = {}) => ({
  maxWaitMs: 0,
  minBytes: 1,
  topics: [{ topic: 't', topicId: TOPIC_ID, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1 << 20 }] }],
  ...changes,
});

describe('records', () => {
  test.each([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])('are produced with version %i', async (version) => {
    const answer = await client.call(produceApi, version, produce(sampleBatch(3)));
    expect(answer.responses[0]!.partitionResponses).toMatchObject([{ index: 0, errorCode: 0, baseOffset: 0 }]);
  });

  test.each([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18])('are fetched with version %i', async (version) => {
    await client.call(produceApi, 9, produce(sampleBatch(3)));
    const second = await client.call(produceApi, 9, produce(sampleBatch(2)));
    expect(second.responses[0]!.partitionResponses[0]!.baseOffset).toBe(3);
    const answer = await client.call(fetchApi, version, fetch(1));
    const partition = answer.responses[0]!.partitions[0]!;
    expect(partition).toMatchObject({ errorCode: 0, highWatermark: 5, abortedTransactions: null });
    expect([...batchesOf(partition.records!)].map((batch) => batch.baseOffset)).toEqual([0, 3]);
  });

  test('wait for the disk before they are acknowledged or readable', async () => {
    running.parts[0]!.hold();
    client.send(produceApi, 9, produce(sampleBatch(1)));
    const reader = new RawClient(running.port);
    const empty = await reader.call(fetchApi, 12, fetch(0));
    expect(empty.responses[0]!.partitions[0]).toMatchObject({ errorCode: 0, highWatermark: 0 });
    expect(client.waiting).toBe(0);
    running.parts[0]!.release();
    const { body } = await client.receive(produceApi, 9);
    expect(body.responses[0]!.partitionResponses[0]!.errorCode).toBe(0);
    reader.socket.destroy();
  });

  test('wake a fetch that waits for them', async () => {
    const reader = new RawClient(running.port);
    reader.send(fetchApi, 12, fetch(0, { maxWaitMs: 60_000 }));
    while (running.parts[0]!.listeners === 0) await new Promise(setImmediate);
    await client.call(produceApi, 9, produce(sampleBatch(4)));
    const { body } = await reader.receive(fetchApi, 12);
    expect(body.responses[0]!.partitions[0]!.highWatermark).toBe(4);
    expect(running.parts[0]!.listeners).toBe(0);
    reader.socket.destroy();
  });

  test('wake a fetch of many bytes only when there are enough', async () => {
    const reader = new RawClient(running.port);
    const size = sampleBatch(1).length;
    reader.send(fetchApi, 12, fetch(0, { maxWaitMs: 60_000, minBytes: size * 2 + 1 }));
    while (running.parts[0]!.listeners === 0) await new Promise(setImmediate);
    for (let i = 0; i < 3; i++) {
      expect(running.parts[0]!.listeners).toBe(1);
      await client.call(produceApi, 9, produce(sampleBatch(1)));
    }
    const { body } = await reader.receive(fetchApi, 12);
    expect(body.responses[0]!.partitions[0]!.records!.length).toBe(size * 3);
    reader.socket.destroy();
  });

  test('that never come end the wait after max wait', async () => {
    const answer = await client.call(fetchApi, 12, fetch(0, { maxWaitMs: 20 }));
    expect(answer.responses[0]!.partitions[0]!.records!.length).toBe(0);
  });

  test('sent with acks=0 get no answer', async () => {
    client.send(produceApi, 9, produce(sampleBatch(2), 0));
    const correlation = client.send(fetchApi, 12, fetch(0));
    const { correlationId, body } = await client.receive(fetchApi, 12);
    expect(correlationId).toBe(correlation);
    expect(body.responses[0]!.partitions[0]!.highWatermark).toBe(2);
  });

  test('sent with acks=0 that cannot be appended end the connection', async () => {
    client.send(produceApi, 9, produce(sampleBatch(2), 0, 77));
    expect(await client.frame()).toBeUndefined();
  });
});
