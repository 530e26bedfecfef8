import { afterEach, describe, expect, test } from 'vitest';
import { apiVersionsApi, fetchApi, heartbeatApi, produceApi } from '../../../protocol/messages/index.ts';
import { buildBatch } from '../../../protocol/records/index.ts';
import { codecs } from '../../../src/base/compression.ts';
import { crc32c } from '../../../src/base/crc32c.ts';
import { handler } from '../../../src/kafka/handler.ts';
import { RawClient, startServer, type TestServer } from '../../unit/kafka/wire.ts';
import { ManualClock } from '../../unit/processor/manual-clock.ts';

let running: TestServer;
const clients: RawClient[] = [];

function connect(): RawClient {
  const client = new RawClient(running.port);
  clients.push(client);
  return client;
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.destroy();
  await running.server.close(100);
});

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

/** Reads at least so many bytes, and stops. */
function readSome({ socket }: RawClient, bytes: number): Promise<void> {
  return new Promise((resolve) => {
    let left = bytes;
    const take = (chunk: Buffer): void => {
      left -= chunk.length;
      if (left > 0) return;
      socket.pause();
      socket.off('data', take);
      resolve();
    };
    socket.on('data', take);
    socket.resume();
  });
}

function produce(valueBytes: number) {
  const records = buildBatch({ baseOffset: 0 }, [{ timestamp: 1, value: Buffer.alloc(valueBytes) }], codecs, crc32c);
  return { acks: -1, timeoutMs: 1000, topicData: [{ name: 't', partitionData: [{ index: 0, records }] }] };
}

describe('the server', () => {
  test('serves a thousand connections at once and forgets them', async () => {
    running = await startServer();
    for (let i = 0; i < 1000; i++) connect();
    await Promise.all(clients.map((client) => client.call(apiVersionsApi, 0, {})));
    expect(running.server.connections).toBe(1000);
    for (const client of clients) client.socket.destroy();
    await until(() => running.server.connections === 0);
    expect(await running.metrics.text()).toContain('quarry_kafka_connections 0');
  });

  test('refuses connections above its limit, until others leave', async () => {
    running = await startServer({ maxConnections: 2 });
    const first = connect();
    const second = connect();
    await first.call(apiVersionsApi, 0, {});
    await second.call(apiVersionsApi, 0, {});
    await connect().ended();
    first.socket.destroy();
    await until(() => running.server.connections === 1);
    await connect().call(apiVersionsApi, 0, {});
  });

  test('refuses connections of one address above its limit', async () => {
    running = await startServer({ maxConnectionsPerIp: 1 });
    const first = connect();
    await first.call(apiVersionsApi, 0, {});
    await connect().ended();
    await first.call(apiVersionsApi, 0, {});
  });

  test('closes connections that are idle, and not those that wait for an answer', async () => {
    let release = (): void => {};
    const slow = handler(heartbeatApi, async () => {
      await new Promise<void>((resolve) => (release = resolve));
      return { errorCode: 0 };
    });
    running = await startServer({ maxIdleMs: 200 }, { others: [slow] });
    const idle = connect();
    const waiting = connect();
    waiting.send(heartbeatApi, 3, { groupId: 'g', generationId: 1, memberId: 'm' });
    await idle.ended();
    expect(waiting.closed).toBe(false);
    release();
    await waiting.receive(heartbeatApi, 3);
  });

  test('closes a connection whose request is larger than allowed before it arrives', async () => {
    running = await startServer({ maxRequestBytes: 10_000 });
    const client = connect();
    client.socket.write(Uint8Array.of(0, 0, 0x27, 0x11));
    await client.ended();
  });

  test('holds no more bytes of requests than allowed, and takes up the rest later', async () => {
    running = await startServer({ queuedMaxRequestBytes: 3 << 20 });
    running.parts[0]!.hold();
    for (let i = 0; i < 20; i++) connect().send(produceApi, 9, produce(1 << 20));
    let peak = 0;
    const used = async (): Promise<number> =>
      Number(/quarry_kafka_queued_request_bytes (\d+)/.exec(await running.metrics.text())?.[1]);
    for (let i = 0; i < 20; i++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      peak = Math.max(peak, await used());
    }
    expect(peak).toBeGreaterThan(1 << 20);
    // Whoever had begun when the limit was reached, goes on.
    expect(peak).toBeLessThan(24 << 20);
    expect(running.parts[0]!.logEndOffset).toBeLessThan(20);
    running.parts[0]!.release();
    for (const client of clients) await client.receive(produceApi, 9);
    expect(running.parts[0]!.logEndOffset).toBe(20);
    expect(await used()).toBe(0);
  });

  test('lets one request at a time grow above what it may hold, and takes all of them in the end', async () => {
    running = await startServer({ queuedMaxRequestBytes: 3 << 20 });
    running.parts[0]!.hold();
    for (let i = 0; i < 12; i++) connect().send(produceApi, 9, produce(8 << 20));
    await until(() => running.parts[0]!.logEndOffset > 0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const held = /quarry_kafka_queued_request_bytes (\d+)/.exec(await running.metrics.text())?.[1];
    expect(Number(held)).toBeGreaterThan(8 << 20);
    expect(Number(held)).toBeLessThan(16 << 20);
    running.parts[0]!.release();
    for (const client of clients) await client.receive(produceApi, 9);
    expect(running.parts[0]!.logEndOffset).toBe(12);
    expect(await running.metrics.text()).toContain('quarry_kafka_queued_request_bytes 0');
  });
});

describe('a client that does not read its answers', () => {
  test('gets none built for it beyond the first ones, and all when it reads again', async () => {
    running = await startServer();
    const client = connect();
    const requests = 40;
    await client.call(produceApi, 9, produce(1 << 20));
    client.socket.pause();
    const topics = [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 2 << 20 }] }];
    for (let i = 0; i < requests; i++) client.send(fetchApi, 11, { maxWaitMs: 0, minBytes: 1, topics });
    await until(() => running.responseMemory.used > 0);
    for (let i = 0; i < 20; i++) await new Promise(setImmediate);
    expect(running.responseMemory.used).toBeLessThan(4 << 20);
    client.socket.resume();
    for (let i = 0; i < requests; i++) {
      const { body } = await client.receive(fetchApi, 11);
      expect(body.responses[0]!.partitions[0]!.records!.length).toBeGreaterThan(1 << 20);
    }
    expect(running.responseMemory.used).toBe(0);
  });

  test('gives back what it held when it goes away', async () => {
    running = await startServer();
    const client = connect();
    await client.call(produceApi, 9, produce(4 << 20));
    client.socket.pause();
    const topics = [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 8 << 20 }] }];
    client.send(fetchApi, 11, { maxWaitMs: 0, minBytes: 1, topics });
    await until(() => running.responseMemory.used > 0);
    client.socket.destroy();
    await until(() => running.server.connections === 0);
    expect(running.responseMemory.used).toBe(0);
  });

  test('keeps its connection as long as it reads some of them, however slowly', async () => {
    const clock = new ManualClock();
    running = await startServer({}, { responseBytes: 1 << 20, clock });
    const client = connect();
    await client.call(produceApi, 9, produce(48 << 20));
    const topics = [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 64 << 20 }] }];
    client.socket.pause();
    client.send(fetchApi, 11, { maxWaitMs: 0, minBytes: 1, topics });
    await until(() => running.responseMemory.used > 0);
    for (let turns = 0; turns < 3; turns++) {
      await readSome(client, 4 << 20);
      await clock.advance(8000);
    }
    expect([client.closed, running.responseMemory.exhausted]).toEqual([false, true]);
    await clock.advance(12_000);
    await until(() => running.server.connections === 0);
  });

  test('leaves others one batch at a time when all memory for answers is taken', async () => {
    running = await startServer({}, { responseBytes: 1 << 20 });
    const client = connect();
    for (let i = 0; i < 3; i++) await client.call(produceApi, 9, produce(1000));
    running.responseMemory.take(1 << 20);
    const topics = [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 8 << 20 }] }];
    const scarce = await client.call(fetchApi, 11, { maxWaitMs: 0, minBytes: 1, topics });
    running.responseMemory.release(1 << 20);
    const ample = await client.call(fetchApi, 11, { maxWaitMs: 0, minBytes: 1, topics });
    const bytes = (body: typeof ample): number => body.responses[0]!.partitions[0]!.records!.length;
    expect(bytes(ample)).toBe(3 * bytes(scarce));
  });
});
