import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { programFlags } from '../../../scripts/node24.mjs';
import { Broker } from '../../../src/broker/index.ts';
import { TestClient } from './client.ts';

const addresses = (broker: Broker) => ({ bootstrap: broker.bootstrap, http: broker.httpAddress });

test('records are produced, consumed and found, with everything in memory', async () => {
  await using broker = await Broker.start();
  const client = new TestClient(addresses(broker));
  await client.send('fruit', ['{"name":"apple","n":1}', '{"name":"pear","n":2}', 'a plain apple']);
  expect(await client.read('fruit', 3)).toEqual(['{"name":"apple","n":1}', '{"name":"pear","n":2}', 'a plain apple']);
  expect(await client.exact('fruit', 'apple')).toBe(2);
  const { body } = await client.http('/fruit/_search?q=name:pear');
  expect(body.hits.hits[0]).toMatchObject({ _index: 'fruit', _source: { name: 'pear', n: 2 } });
  expect((await client.http('/health')).body.status).toBe('ok');
  await client.close();
});

test('clients are not told the URLs of the stores, which may hold credentials', async () => {
  const objects = 's3://bucket/prefix?endpoint=http%3A%2F%2Fuser%3Ahunter2%40127.0.0.1%3A1';
  await using broker = await Broker.start({ settings: { objects, metadata: 'memory:', 'http.max.connections': 77 } });
  const client = new TestClient(addresses(broker));
  const { resources } = await (await client.admin()).describeConfigs({
    includeSynonyms: true,
    resources: [{ type: 4, name: '1' }],
  });
  const shown = new Map(resources[0]!.configEntries.map((entry) => [entry.configName, entry]));
  for (const name of ['objects', 'metadata'])
    expect(shown.get(name)).toMatchObject({ configValue: null, isSensitive: true });
  expect(shown.get('http.max.connections')).toMatchObject({ configValue: '77', isSensitive: false });
  expect(JSON.stringify(resources)).not.toContain('hunter2');
  await client.close();
});

test('two brokers in one process know nothing of each other', async () => {
  await using one = await Broker.start();
  await using two = await Broker.start();
  const [a, b] = [new TestClient(addresses(one)), new TestClient(addresses(two))];
  await a.send('shared', ['first']);
  await b.send('shared', ['second', 'third']);
  expect(await a.read('shared', 1)).toEqual(['first']);
  expect(await b.read('shared', 2)).toEqual(['second', 'third']);
  expect([await a.exact('shared', '*'), await b.exact('shared', '*')]).toEqual([1, 2]);
  await a.close();
  await b.close();
});

test('a broker that was stopped, or could not start, leaves nothing that keeps the process', () => {
  const program = new URL('start-and-stop.ts', import.meta.url).pathname;
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [...programFlags(), program], {
    timeout: 25_000,
    encoding: 'utf8',
  });
  expect({ status, stdout, stderr, error }).toEqual({
    status: 0,
    stdout: 'false EADDRINUSE\ntrue EADDRINUSE\n',
    stderr: '',
    error: undefined,
  });
});

test('a setting without a value is as it is by default, one that there is not is refused', async () => {
  await using broker = await Broker.start({ settings: { 'data.dir': undefined, 'kafka.port': undefined } as object });
  expect(broker.bootstrap).toMatch(/^127\.0\.0\.1:\d+$/);
  await expect(Broker.start({ settings: { 'data.dri': './data' } as object })).rejects.toThrow(
    "unknown setting 'data.dri' (option); did you mean 'data.dir'?",
  );
});

test('a broker whose requests may have any size together answers them', async () => {
  await using broker = await Broker.start({ settings: { 'queued.max.request.bytes': 0 } });
  const client = new TestClient(addresses(broker));
  await client.send('fruit', ['apple']);
  expect(await client.read('fruit', 1)).toEqual(['apple']);
  await client.close();
});
