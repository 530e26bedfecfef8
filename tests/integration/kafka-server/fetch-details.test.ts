import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fetchApi, produceApi } from '../../../protocol/messages/index.ts';
import type { ResponseOutputOf } from '../../../protocol/schema/index.ts';
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

async function produce(index = 0): Promise<void> {
  const topicData = [{ name: 't', partitionData: [{ index, records: sampleBatch(1) }] }];
  await client.call(produceApi, 9, { acks: -1, timeoutMs: 1000, topicData });
}

type Answer = ResponseOutputOf<typeof fetchApi>;

function fetch(
  partitions: readonly { partition: number; fetchOffset: number; [field: string]: number }[],
  changes: Record<string, unknown> = {},
  version = 12,
): Promise<Answer> {
  const asked = partitions.map((partition) => ({ partitionMaxBytes: 1 << 20, ...partition }));
  const topics = asked.length === 0 ? [] : [{ topic: 't', topicId: TOPIC_ID, partitions: asked }];
  return client.call(fetchApi, version, { maxWaitMs: 0, minBytes: 1, topics, ...changes });
}

const flat = (answer: Answer) =>
  answer.responses.flatMap(({ partitions }) =>
    partitions.map(({ partitionIndex, errorCode, highWatermark, records }) => [
      partitionIndex,
      errorCode,
      highWatermark,
      records!.length,
    ]),
  );

const size = sampleBatch(1).length;

describe('a fetch', () => {
  test('gets whole batches within its limits, and at least one', async () => {
    for (let i = 0; i < 5; i++) await produce(0);
    await produce(1);
    const both = [
      { partition: 0, fetchOffset: 0 },
      { partition: 1, fetchOffset: 0 },
    ];
    expect(flat(await fetch(both, { maxBytes: size * 3 + 1 }))).toEqual([
      [0, 0, 5, size * 3],
      [1, 0, 1, 0],
    ]);
    expect(flat(await fetch(both, { maxBytes: 0 }))).toEqual([
      [0, 0, 5, size],
      [1, 0, 1, 0],
    ]);
    expect(flat(await fetch([{ partition: 0, fetchOffset: 0, partitionMaxBytes: 0 }]))).toEqual([[0, 0, 5, size]]);
  });

  test('is told what is wrong with a partition, at once', async () => {
    await produce(0);
    const wait = { maxWaitMs: 60_000 };
    expect(flat(await fetch([{ partition: 0, fetchOffset: 2 }], wait))).toEqual([[0, 1, -1, 0]]);
    expect(flat(await fetch([{ partition: 0, fetchOffset: -1 }], wait))).toEqual([[0, 1, -1, 0]]);
    expect(flat(await fetch([{ partition: 9, fetchOffset: 0 }], wait))).toEqual([[9, 3, -1, 0]]);
    expect(flat(await fetch([{ partition: 0, fetchOffset: 0, currentLeaderEpoch: 5 }], wait))).toEqual([
      [0, 75, -1, 0],
    ]);
    expect(flat(await fetch([{ partition: 0, fetchOffset: 0, lastFetchedEpoch: 5 }], wait))).toEqual([[0, 1, -1, 0]]);
    const unknown = [
      { topicId: Buffer.alloc(16, 3).toString('base64url'), partitions: [{ partition: 0, fetchOffset: 0 }] },
    ];
    const topics = unknown.map((topic) => ({
      ...topic,
      partitions: topic.partitions.map((partition) => ({ ...partition, partitionMaxBytes: 1000 })),
    }));
    expect(flat(await fetch([], { ...wait, topics }, 13))).toEqual([[0, 100, -1, 0]]);
  });
});

/** The same steps gave the same answers on Apache Kafka 4.3.1. */
describe('a session', () => {
  test('answers what is new, step by step', async () => {
    await produce(0);
    await produce(1);
    const start = [0, 1].map((partition) => ({ partition, fetchOffset: 0 }));
    const full = await fetch(start, { sessionEpoch: 0 });
    const { sessionId } = full;
    expect(sessionId).not.toBe(0);
    let sessionEpoch = 0;
    const next = (partitions: Parameters<typeof fetch>[0] = [], forget: number[] = []) => {
      sessionEpoch++;
      const forgottenTopicsData = forget.length === 0 ? [] : [{ topic: 't', partitions: forget }];
      return fetch(partitions, { sessionId, sessionEpoch, forgottenTopicsData });
    };
    expect(flat(await next())).toEqual([
      [0, 0, 1, size],
      [1, 0, 1, size],
    ]);
    expect(flat(await next([0, 1].map((partition) => ({ partition, fetchOffset: 1 }))))).toEqual([]);
    await produce(1);
    expect(flat(await next())).toEqual([[1, 0, 2, size]]);
    expect(
      flat(
        await next([
          { partition: 1, fetchOffset: 2 },
          { partition: 9, fetchOffset: 0 },
        ]),
      ),
    ).toEqual([[9, 3, -1, 0]]);
    expect(flat(await next())).toEqual([[9, 3, -1, 0]]);
    expect(flat(await next([], [9]))).toEqual([]);
    expect(flat(await next([{ partition: 1, fetchOffset: 77 }]))).toEqual([[1, 1, -1, 0]]);
    expect(flat(await next([{ partition: 1, fetchOffset: 2 }]))).toEqual([[1, 0, 2, 0]]);
    const ended = await next([], [0, 1]);
    expect([ended.errorCode, ended.sessionId]).toEqual([0, 0]);
    expect((await next()).errorCode).toBe(70);
  });

  test('waits for data of the partitions that it remembers', async () => {
    const { sessionId } = await fetch([{ partition: 0, fetchOffset: 0 }], { sessionEpoch: 0 });
    const reader = new RawClient(running.port);
    reader.send(fetchApi, 12, { maxWaitMs: 60_000, minBytes: 1, sessionId, sessionEpoch: 1, topics: [] });
    while (running.parts[0]!.listeners === 0) await new Promise(setImmediate);
    await produce(0);
    expect(flat((await reader.receive(fetchApi, 12)).body)).toEqual([[0, 0, 1, size]]);
    reader.socket.destroy();
  });

  test('goes on over another connection', async () => {
    await produce(0);
    const { sessionId } = await fetch([{ partition: 0, fetchOffset: 0 }], { sessionEpoch: 0 });
    client.socket.destroy();
    client = new RawClient(running.port);
    expect(flat(await fetch([], { sessionId, sessionEpoch: 1 }))).toEqual([[0, 0, 1, size]]);
  });
});
