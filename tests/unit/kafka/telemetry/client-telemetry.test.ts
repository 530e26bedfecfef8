import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { errorCode } from '../../../../protocol/errors.ts';
import { codecs } from '../../../../src/base/compression.ts';
import { silentLogger } from '../../../../src/base/logger.ts';
import { createMetrics } from '../../../../src/base/metrics.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import { ClientTelemetry, ZERO_ID } from '../../../../src/kafka/telemetry/client-telemetry.ts';
import { ClientSeries } from '../../../../src/kafka/telemetry/series.ts';
import { Subscriptions } from '../../../../src/kafka/telemetry/subscriptions.ts';
import { openWorld } from '../../log/catalog-world.ts';
import { gauge, metricsData, sum } from '../../protocol/otlp/encode.ts';

const properties = {
  client_id: 'orders',
  client_software_name: 'apache-kafka-java',
  client_software_version: '4.3.1',
  client_source_address: '127.0.0.1',
  client_source_port: '5000',
};

async function open(configs: Readonly<Record<string, string>> = { metrics: 'org.', 'interval.ms': '1000' }) {
  const { catalog } = await openWorld();
  const subscribe = (wanted: Readonly<Record<string, string>>, name = 's') =>
    catalog.subscriptions.alter(
      name,
      Object.entries(wanted).map(([key, value]) => ({ operation: 'set', name: key, value })),
      false,
    );
  await subscribe(configs);
  const time = { now: 1_000_000 };
  const metrics = createMetrics();
  const series = new ClientSeries({ total: 4, perClient: 3 }, metrics);
  const clock = { now: () => time.now, monotonic: () => time.now, after: () => ({ cancel() {} }) };
  const subscriptions = new Subscriptions(catalog.subscriptions);
  const base = { random: seededRandom(1), codecs, logger: silentLogger, maxBytes: 10_000 };
  const telemetry = new ClientTelemetry({ ...base, subscriptions, series, clock });
  const connection = new AbortController();
  const client = { properties, signal: connection.signal };
  const shown = async () =>
    (await metrics.text()).split('\n').filter((line) => line.startsWith('quarry_client_metric{'));
  const pushOf = (instanceId: string, subscriptionId: number, bytes: Uint8Array, compressionType = 0) =>
    telemetry.push({ instanceId, subscriptionId, terminating: false, compressionType, metrics: bytes }, client);
  return { telemetry, client, connection, time, shown, subscribe, pushOf, metrics };
}

describe('metrics that clients push', () => {
  test('are asked for by the subscriptions that match the client', async () => {
    const { telemetry, client, subscribe } = await open();
    await subscribe(
      { metrics: 'other.', match: 'client_id=orders,client_software_name=apache.*', 'interval.ms': '500' },
      'b',
    );
    await subscribe({ metrics: '*', match: 'client_id=nobody' }, 'c');
    const { instanceId, subscription } = telemetry.subscribe(ZERO_ID, client);
    expect(instanceId).not.toBe(ZERO_ID);
    expect(subscription).toMatchObject({ metrics: ['org.', 'other.'], intervalMs: 500 });
  });

  test('are shown while the client is connected, those alone that were asked for', async () => {
    const { telemetry, client, connection, shown, pushOf } = await open();
    const { instanceId, subscription } = telemetry.subscribe(ZERO_ID, client);
    const bytes = metricsData(gauge('org.rate', 2, { topic: 't' }), gauge('net.rate', 9));
    expect(pushOf(instanceId, subscription.id, codecs.zstd.compress(bytes), 4)).toBe(errorCode.NONE);
    const labels = `metric="org.rate",client_id="orders",client_instance_id="${instanceId}",attributes="topic=t"`;
    expect(await shown()).toEqual([`quarry_client_metric{${labels}} 2`]);
    connection.abort();
    expect(await shown()).toEqual([]);
  });

  test('are series of their own where their attributes differ at the end only', async () => {
    const { telemetry, client, shown, pushOf } = await open();
    const { instanceId, subscription } = telemetry.subscribe(ZERO_ID, client);
    const of = (partition: string) => gauge('org.lag', Number(partition), { topic: 't'.repeat(249), partition });
    expect(pushOf(instanceId, subscription.id, metricsData(of('1'), of('2')))).toBe(errorCode.NONE);
    const lines = await shown();
    expect(new Set(lines.map((line) => line.slice(0, line.indexOf('}')))).size).toBe(2);
  });

  test('are dropped and counted where their names are too long to be kept', async () => {
    const { telemetry, client, shown, pushOf, metrics } = await open();
    const { instanceId, subscription } = telemetry.subscribe(ZERO_ID, client);
    const bytes = metricsData(gauge(`org.${'x'.repeat(3000)}`, 1), gauge('org.short', 2));
    expect(pushOf(instanceId, subscription.id, bytes)).toBe(errorCode.NONE);
    expect((await shown()).map((line) => /metric="([^"]*)"/.exec(line)?.[1])).toEqual(['org.short']);
    expect(await metrics.text()).toContain('quarry_client_metrics_dropped_total 1');
  });

  test('leave nothing on a connection that names one client after another', async () => {
    const { telemetry, client, connection } = await open();
    for (let clients = 0; clients < 10_500; clients++) telemetry.subscribe(ZERO_ID, client);
    expect(getEventListeners(connection.signal, 'abort').length).toBe(10_000);
    connection.abort();
    expect(getEventListeners(connection.signal, 'abort').length).toBe(0);
  });

  test('add up where they are deltas', async () => {
    const { telemetry, client, time, shown, pushOf } = await open();
    const { instanceId, subscription } = telemetry.subscribe(ZERO_ID, client);
    for (const value of [5n, 6n]) {
      time.now += 1000;
      pushOf(instanceId, subscription.id, metricsData(sum('org.total', value, 1), sum('org.all', value, 2)));
    }
    expect((await shown()).map((line) => line.split(' ').at(-1))).toEqual(['11', '6']);
  });

  test('are dropped and counted where they would be too many series', async () => {
    const { telemetry, client, shown, pushOf, metrics } = await open();
    const many = metricsData(...Array.from({ length: 9 }, (_, at) => gauge(`org.g${at}`, at)));
    for (let clients = 0; clients < 2; clients++) {
      const { instanceId, subscription } = telemetry.subscribe(ZERO_ID, client);
      expect(pushOf(instanceId, subscription.id, many)).toBe(errorCode.NONE);
    }
    expect(await shown()).toHaveLength(4);
    expect(await metrics.text()).toContain('quarry_client_metrics_dropped_total 14');
  });

  test('come at the interval: earlier ones are refused, but for a last one', async () => {
    const { telemetry, client, time, pushOf } = await open();
    const { instanceId, subscription } = telemetry.subscribe(ZERO_ID, client);
    const empty = new Uint8Array();
    expect(telemetry.subscribe(instanceId, client).errorCode).toBe(errorCode.THROTTLING_QUOTA_EXCEEDED);
    const codes = [0, 999, 1].map((wait) => {
      time.now += wait;
      return pushOf(instanceId, subscription.id, empty);
    });
    expect(codes).toEqual([errorCode.NONE, errorCode.THROTTLING_QUOTA_EXCEEDED, errorCode.NONE]);
    const last = { instanceId, subscriptionId: subscription.id, terminating: true, compressionType: 0, metrics: empty };
    expect(telemetry.push(last, client)).toBe(errorCode.NONE);
    time.now += 5000;
    expect(pushOf(instanceId, subscription.id, empty)).toBe(errorCode.INVALID_REQUEST);
  });

  test('are refused after what is subscribed to has changed, until the client has asked again', async () => {
    const { telemetry, client, subscribe, pushOf } = await open();
    const { instanceId, subscription } = telemetry.subscribe(ZERO_ID, client);
    await subscribe({ metrics: 'net.' });
    expect(pushOf(instanceId, subscription.id, new Uint8Array())).toBe(errorCode.UNKNOWN_SUBSCRIPTION_ID);
    const again = telemetry.subscribe(instanceId, client);
    expect(again).toMatchObject({ errorCode: 0, instanceId, subscription: { metrics: ['net.'] } });
    expect(pushOf(instanceId, again.subscription.id, new Uint8Array())).toBe(errorCode.NONE);
  });

  test.each([
    ['of no client', ZERO_ID, 0, new Uint8Array(), errorCode.INVALID_REQUEST],
    ['of client 1', 'AAAAAAAAAAAAAAAAAAAAAQ', 0, new Uint8Array(), errorCode.INVALID_REQUEST],
    ['in an unknown compression', '', 9, new Uint8Array(1), errorCode.UNSUPPORTED_COMPRESSION_TYPE],
    ['that are too large', '', 0, new Uint8Array(10_001), errorCode.TELEMETRY_TOO_LARGE],
    ['that are no OTLP', '', 0, new Uint8Array(5).fill(0xff), errorCode.INVALID_RECORD],
    ['in broken compression', '', 1, new Uint8Array(5).fill(0xff), errorCode.INVALID_RECORD],
    ['that grow too much', '', 1, codecs.gzip.compress(new Uint8Array(1_000_000)), errorCode.INVALID_RECORD],
  ])('%s are refused', async (_, instance, compression, bytes, code) => {
    const { telemetry, client, pushOf } = await open();
    const { instanceId, subscription } = telemetry.subscribe(ZERO_ID, client);
    expect(pushOf(instance === '' ? instanceId : instance, subscription.id, bytes, compression)).toBe(code);
  });
});
