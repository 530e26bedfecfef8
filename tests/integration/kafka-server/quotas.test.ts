import { afterEach, expect, test } from 'vitest';
import { apiVersionsApi, fetchApi, listOffsetsApi, produceApi } from '../../../protocol/messages/index.ts';
import { QuotaLimits } from '../../../src/kafka/quotas/limits.ts';
import type { QuotaName } from '../../../src/kafka/quotas/entity.ts';
import { quotasOf } from '../../unit/kafka/quotas/quota-world.ts';
import { RawClient, startServer, type TestServer } from '../../unit/kafka/wire.ts';
import { ManualClock } from '../../unit/processor/manual-clock.ts';
import { sampleBatch } from '../../unit/protocol/records/batch.ts';

/** Each look at it takes `step` ms. */
class TickingClock extends ManualClock {
  step = 0;
  #ticked = 0;

  override monotonic(): number {
    this.#ticked += this.step;
    return super.monotonic() + this.#ticked;
  }
}

let server: TestServer | undefined;
const clients: RawClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.destroy();
  await server?.server.close(0);
});

/** A server with one quota, for everybody; its time stands still. */
async function start(quota: QuotaName, value: number) {
  const clock = new TickingClock();
  const limits = new QuotaLimits();
  if (quota === 'connection_creation_rate') limits.set({ ip: null }, quota, value);
  else limits.set({ user: null }, quota, value);
  server = await startServer({}, { clock, quotas: quotasOf(limits, clock) });
  const { port } = server;
  return { clock, connect: () => clients[clients.push(new RawClient(port)) - 1]! };
}

const produce = (acks: number) => ({
  acks,
  timeoutMs: 1000,
  topicData: [{ name: 't', partitionData: [{ index: 0, records: sampleBatch(20) }] }],
});

const fetch = {
  maxWaitMs: 0,
  minBytes: 0,
  sessionEpoch: -1,
  topics: [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }] }],
  forgottenTopicsData: [],
  rackId: '',
};

const latest = {
  replicaId: -1,
  isolationLevel: 0,
  topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
};

const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1' };

/** Whether the client gets no answer although the server has had time for one to somebody else. */
async function isQuiet(client: RawClient, other: RawClient): Promise<boolean> {
  for (let i = 0; i < 3; i++) await other.call(apiVersionsApi, 3, software);
  return client.waiting === 0;
}

test('a producer above its quota is answered at once, and read from when the time is over', async () => {
  const { clock, connect } = await start('producer_byte_rate', 100);
  const [client, other] = [connect(), connect()];
  const { throttleTimeMs, responses } = await client.call(produceApi, 9, produce(1));
  expect(responses[0]?.partitionResponses[0]?.errorCode).toBe(0);
  expect(throttleTimeMs).toBeGreaterThan(1000);
  client.send(apiVersionsApi, 3, software);
  expect(await isQuiet(client, other)).toBe(true);
  await clock.advance(throttleTimeMs - 1);
  expect(await isQuiet(client, other)).toBe(true);
  await clock.advance(2);
  expect((await client.receive(apiVersionsApi, 3)).body.errorCode).toBe(0);
});

test('a producer that wants no answer is kept quiet all the same', async () => {
  const { clock, connect } = await start('producer_byte_rate', 100);
  const [client, other] = [connect(), connect()];
  client.send(produceApi, 9, produce(0));
  client.send(apiVersionsApi, 3, software);
  expect(await isQuiet(client, other)).toBe(true);
  await clock.advance(3_600_000);
  expect((await client.receive(apiVersionsApi, 3)).body.errorCode).toBe(0);
});

test('a consumer above its quota gets nothing, and has no session from it', async () => {
  const { clock, connect } = await start('consumer_byte_rate', 1000);
  const [client, other] = [connect(), connect()];
  for (let i = 0; i < 20; i++) await other.call(produceApi, 9, produce(1));
  const first = await client.call(fetchApi, 12, fetch);
  const bytes = (answer: typeof first): number => answer.responses[0]?.partitions[0]?.records?.length ?? 0;
  expect([first.throttleTimeMs, bytes(first) > 0, bytes(first) <= 10_000]).toEqual([0, true, true]);
  const second = await client.call(fetchApi, 12, { ...fetch, sessionEpoch: 0 });
  expect(second).toMatchObject({ errorCode: 0, sessionId: 0, responses: [] });
  expect(second.throttleTimeMs).toBeGreaterThan(0);
  client.send(fetchApi, 12, fetch);
  expect(await isQuiet(client, other)).toBe(true);
  await clock.advance(second.throttleTimeMs);
  // The windows of Kafka are not behind us yet: once more nothing.
  expect((await client.receive(fetchApi, 12)).body.responses).toEqual([]);
  await clock.advance(20_000);
  const third = await client.call(fetchApi, 12, fetch);
  expect([third.throttleTimeMs, bytes(third)]).toEqual([0, bytes(first)]);
});

test('a quota of time is for every request, and is told in every answer', async () => {
  const { clock, connect } = await start('request_percentage', 0.0001);
  const client = connect();
  clock.step = 1;
  const { throttleTimeMs } = await client.call(listOffsetsApi, 7, latest);
  expect(throttleTimeMs).toBe(1000);
  clock.step = 0;
  client.send(listOffsetsApi, 7, latest);
  await clock.advance(1001);
  expect((await client.receive(listOffsetsApi, 7)).body.topics).toHaveLength(1);
});

test('an address that connects too often is not served, and is closed when its time is over', async () => {
  const { clock, connect } = await start('connection_creation_rate', 1);
  const good = Array.from({ length: 10 }, connect);
  for (const client of good) await client.call(apiVersionsApi, 3, software);
  const late = connect();
  late.send(apiVersionsApi, 3, software);
  expect(await isQuiet(late, good[0]!)).toBe(true);
  expect(late.closed).toBe(false);
  await clock.advance(1000);
  await late.ended();
  expect(late.waiting).toBe(0);
});
