import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@elastic/elasticsearch';
import { CompressionTypes, Kafka, logLevel, type Producer } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Broker } from '../../../src/broker/index.ts';

describe.each(['memory', 'disk'])('records produced to a broker (%s)', (where) => {
  let folder: string;
  let broker: Broker;
  let producer: Producer;
  let client: Client;

  async function start(): Promise<void> {
    // Exactness is what is tested here, not how fast a busy machine indexes.
    const patient = { 'search.max.wait.ms': 20_000 };
    const onDisk = { 'data.dir': folder, 'kafka.port': 0, 'http.port': 0 };
    broker = await Broker.start({ settings: where === 'disk' ? { ...patient, ...onDisk } : patient });
    producer = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    client = new Client({ node: `http://${broker.httpAddress}`, compression: true });
  }
  async function stop(): Promise<void> {
    await client.close();
    await producer.disconnect();
    await broker.stop();
  }

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'quarry-search-'));
    await start();
  });
  afterEach(async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const total = async (q: string): Promise<unknown> =>
    (await client.search({ index: 'logs', q, size: 0, track_total_hits: true })).hits.total;
  const send = (count: number, compression = CompressionTypes.None): Promise<unknown> =>
    producer.send({
      topic: 'logs',
      compression,
      messages: Array.from({ length: count }, (_, n) => ({
        key: `key-${n}`,
        value: JSON.stringify({ level: n % 4 === 0 ? 'ERROR' : 'INFO', n, text: `event number ${n}` }),
        headers: { trace: `t${n}` },
      })),
    });

  test('are found at once, with key, headers and value', async () => {
    await send(20, CompressionTypes.GZIP);
    const found = await client.search({ index: 'logs', query: { term: { n: 7 } } });
    expect(found.hits.total).toEqual({ value: 1, relation: 'eq' });
    expect(found.hits.hits[0]).toMatchObject({
      _index: 'logs',
      _source: { level: 'INFO', n: 7, text: 'event number 7', _kafka: { key: 'key-7', headers: { trace: 't7' } } },
    });
    expect(await total('level:ERROR')).toEqual({ value: 5, relation: 'eq' });
    expect(await total('_kafka.headers.trace:t3 OR _kafka.key:"key-3"')).toMatchObject({ relation: 'eq' });
  });

  test('are counted once while indexes are sealed, and after', async () => {
    for (let round = 1; round <= 3; round++) {
      await send(40);
      expect(await total('level:ERROR'), `round ${round}`).toEqual({ value: 10 * round, relation: 'eq' });
      const sealing = fetch(`http://${broker.httpAddress}/admin/processor/run`, { method: 'POST' });
      expect(await total('level:ERROR')).toEqual({ value: 10 * round, relation: 'eq' });
      expect((await sealing).status).toBe(200);
      expect(await total('level:ERROR')).toEqual({ value: 10 * round, relation: 'eq' });
    }
    const segments = (await (await fetch(`http://${broker.httpAddress}/admin/segments`)).json()) as {
      segments: unknown[];
    };
    expect(segments.segments.length).toBeGreaterThan(0);
    const { hits } = await client.search({ index: 'logs', q: 'n:39', sort: '_kafka.offset' });
    expect(hits.hits.map(({ _source }) => (_source as { n: number }).n)).toEqual([39, 39, 39]);
  });

  test.runIf(where === 'disk')('are found after a restart, sealed or not', async () => {
    await send(40);
    expect((await fetch(`http://${broker.httpAddress}/admin/processor/run`, { method: 'POST' })).status).toBe(200);
    await send(40);
    await stop();
    await start();
    expect(await total('level:ERROR')).toEqual({ value: 20, relation: 'eq' });
    const { hits } = await client.search({ index: 'logs', q: 'n:5', sort: '_kafka.offset:desc', size: 1 });
    expect(hits.hits[0]).toMatchObject({ _source: { text: 'event number 5' } });
  });

  test('are gone once deleted', async () => {
    await send(40);
    const admin = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const [partition] = await admin.fetchTopicOffsets('logs');
    await admin.deleteTopicRecords({ topic: 'logs', partitions: [{ partition: partition!.partition, offset: '40' }] });
    expect(await total('level:ERROR')).toEqual({ value: 0, relation: 'eq' });
    await admin.deleteTopics({ topics: ['logs'] });
    await admin.disconnect();
    await expect(total('*')).rejects.toThrow('no such index [logs]');
  });
});
