import { afterEach, describe, expect, test } from 'vitest';
import { apiVersionsApi, fetchApi, heartbeatApi, produceApi } from '../../../protocol/messages/index.ts';
import { handler } from '../../../src/kafka/handler.ts';
import { RawClient, startServer, type TestServer } from '../../unit/kafka/wire.ts';
import { sampleBatch } from '../../unit/protocol/records/batch.ts';

let running: TestServer;

afterEach(() => running.server.close(100));

const produce = (index = 0) => ({
  acks: -1,
  timeoutMs: 1000,
  topicData: [{ name: 't', partitionData: [{ index, records: sampleBatch(1) }] }],
});

const heartbeat = { groupId: 'g', generationId: 1, memberId: 'm' };

describe('requests of one connection', () => {
  test('to produce all reach the log before the first is durable, and are answered in order', async () => {
    running = await startServer();
    running.parts[0]!.hold();
    const client = new RawClient(running.port);
    const sent = Array.from({ length: 50 }, () => client.send(produceApi, 9, produce()));
    while (running.parts[0]!.logEndOffset < 50) await new Promise(setImmediate);
    expect(client.waiting).toBe(0);
    running.parts[0]!.release();
    const answers = [];
    for (let i = 0; i < 50; i++) answers.push(await client.receive(produceApi, 9));
    expect(answers.map(({ correlationId }) => correlationId)).toEqual(sent);
    expect(answers.map(({ body }) => body.responses[0]!.partitionResponses[0]!.baseOffset)).toEqual(
      Array.from({ length: 50 }, (_, index) => index),
    );
    client.socket.destroy();
  });

  test('that are answered out of order leave in order', async () => {
    running = await startServer();
    const [slow, fast] = running.parts;
    slow!.hold();
    const client = new RawClient(running.port);
    const first = client.send(produceApi, 9, produce(0));
    const second = client.send(produceApi, 9, produce(1));
    while (fast!.highWatermark === 0) await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(client.waiting).toBe(0);
    slow!.release();
    expect((await client.receive(produceApi, 9)).correlationId).toBe(first);
    expect((await client.receive(produceApi, 9)).correlationId).toBe(second);
    client.socket.destroy();
  });

  test('other than produce begin when the one before is answered', async () => {
    const begun: string[] = [];
    let release = (): void => {};
    const slow = handler(heartbeatApi, async (request) => {
      begun.push(request.memberId);
      if (request.memberId === 'first') await new Promise<void>((resolve) => (release = resolve));
      return { errorCode: 0 };
    });
    running = await startServer({}, { others: [slow] });
    const client = new RawClient(running.port);
    client.send(heartbeatApi, 3, { ...heartbeat, memberId: 'first' });
    client.send(heartbeatApi, 3, { ...heartbeat, memberId: 'second' });
    client.send(produceApi, 9, produce());
    const other = new RawClient(running.port);
    await other.call(apiVersionsApi, 0, {});
    expect(begun).toEqual(['first']);
    expect(running.parts[0]!.logEndOffset).toBe(0);
    release();
    await client.receive(heartbeatApi, 3);
    await client.receive(heartbeatApi, 3);
    await client.receive(produceApi, 9);
    expect(begun).toEqual(['first', 'second']);
    client.socket.destroy();
    other.socket.destroy();
  });

  test('behind a waiting fetch wait too, and other connections do not', async () => {
    running = await startServer();
    const client = new RawClient(running.port);
    const topics = [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }];
    client.send(fetchApi, 11, { maxWaitMs: 60_000, minBytes: 1, topics });
    client.send(apiVersionsApi, 0, {});
    const other = new RawClient(running.port);
    await other.call(produceApi, 9, produce());
    expect((await client.receive(fetchApi, 11)).body.responses[0]!.partitions[0]!.highWatermark).toBe(1);
    await client.receive(apiVersionsApi, 0);
    client.socket.destroy();
    other.socket.destroy();
  });

  test('are answered even when the client has closed its sending side', async () => {
    running = await startServer();
    const client = new RawClient(running.port);
    for (let i = 0; i < 3; i++) client.send(produceApi, 9, produce());
    client.send(apiVersionsApi, 0, {});
    client.socket.end();
    for (let i = 0; i < 3; i++) await client.receive(produceApi, 9);
    await client.receive(apiVersionsApi, 0);
    expect(await client.frame()).toBeUndefined();
  });
});
