import { describe, expect, test } from 'vitest';
import { apiVersionsApi, fetchApi, produceApi } from '../../../protocol/messages/index.ts';
import { RawClient, startServer } from '../../unit/kafka/wire.ts';
import { sampleBatch } from '../../unit/protocol/records/batch.ts';

const produce = {
  acks: -1,
  timeoutMs: 1000,
  topicData: [{ name: 't', partitionData: [{ index: 0, records: sampleBatch(1) }] }],
};

describe('closing the server', () => {
  test('answers what is in work, cuts long waits short, and ends every connection', async () => {
    const { server, port, parts } = await startServer();
    parts[0]!.hold();
    const producer = new RawClient(port);
    producer.send(produceApi, 9, produce);
    const consumer = new RawClient(port);
    const topics = [{ topic: 't', partitions: [{ partition: 1, fetchOffset: 0, partitionMaxBytes: 1000 }] }];
    consumer.send(fetchApi, 11, { maxWaitMs: 600_000, minBytes: 1, topics });
    const idle = new RawClient(port);
    await idle.call(apiVersionsApi, 0, {});
    while (parts[0]!.logEndOffset === 0 || parts[1]!.listeners === 0) await new Promise(setImmediate);
    const closed = server.close(10_000);
    expect((await consumer.receive(fetchApi, 11)).body.responses[0]!.partitions[0]!.errorCode).toBe(0);
    await idle.ended();
    parts[0]!.release();
    expect((await producer.receive(produceApi, 9)).body.responses[0]!.partitionResponses[0]!.errorCode).toBe(0);
    await closed;
    await Promise.all([producer.ended(), consumer.ended()]);
    expect(server.connections).toBe(0);
  });

  test('does not wait longer than it is told', async () => {
    const { server, port, parts } = await startServer();
    parts[0]!.hold();
    const producer = new RawClient(port);
    producer.send(produceApi, 9, produce);
    while (parts[0]!.logEndOffset === 0) await new Promise(setImmediate);
    await server.close(50);
    expect(await producer.frame()).toBeUndefined();
  });

  test('refuses new connections', async () => {
    const { server, port } = await startServer();
    await server.close(5000);
    const late = new RawClient(port);
    await late.ended();
    expect(late.waiting).toBe(0);
  });
});
