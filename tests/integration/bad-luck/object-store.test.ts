import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type MotoServer, motoIsPossible, startMoto } from '../../contract/objects/moto.ts';
import { TestClient, until } from '../broker/client.ts';
import { BrokerProcess, endProcesses, temporaryFolder } from '../broker/process.ts';

const possible = motoIsPossible();
const BUCKET = 'quarry-bad-luck';
const ENV = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' };
const EAGER = Object.entries({
  'wal.seal.bytes': 65536,
  'wal.seal.age.ms': 100,
  'processor.interval.ms': 100,
  'processor.min.segment.age.ms': 0,
  'processor.retry.attempts': 2,
  'processor.retry.base.ms': 10,
  'search.max.wait.ms': 5000,
}).flatMap(([name, value]) => [`--${name}`, String(value)]);

let server: MotoServer;
let port = 0;

beforeAll(async () => {
  if (!possible) return;
  server = await startMoto([BUCKET]);
  port = Number(new URL(server.endpoint).port);
}, 300_000);
afterEach(endProcesses);
afterAll(() => server?.stop());

const url = (prefix: string): string[] => [
  '--objects',
  `s3://${BUCKET}/${prefix}?endpoint=${encodeURIComponent(`http://127.0.0.1:${port}`)}`,
];

const numbers = (count: number): string[] => Array.from({ length: count }, (_, n) => `record ${n} ${'x'.repeat(300)}`);

async function drained(client: TestClient): Promise<void> {
  await until('the WAL to drain', async () => {
    // The last segment with data goes when a later one has begun.
    return (await client.http('/admin/wal')).body.sealed.length <= 1;
  });
}

test.runIf(possible)(
  'packs and text segments go to S3, and an emptied cache changes no answer',
  async () => {
    const folder = temporaryFolder();
    const first = await BrokerProcess.serve(folder.path, [...url('whole'), ...EAGER], { env: ENV });
    const client = new TestClient(first);
    await client.createTopic('far', 2);
    for (let round = 0; round < 6; round++) await client.send('far', numbers(100), round % 2);
    await drained(client);
    await client.close();
    expect(await first.kill('SIGTERM')).toMatchObject({ code: 0 });
    const cache = join(folder.path, 'cache');
    expect(existsSync(join(folder.path, 'objects'))).toBe(false);
    rmSync(cache, { recursive: true, force: true });

    const second = await BrokerProcess.serve(folder.path, [...url('whole'), ...EAGER, '--tail.max.bytes', '0'], {
      env: ENV,
    });
    const reader = new TestClient(second);
    expect(await reader.read('far', 600)).toEqual([
      ...numbers(100),
      ...numbers(100),
      ...numbers(100),
      ...numbers(100),
      ...numbers(100),
      ...numbers(100),
    ]);
    expect(await reader.exact('far', 'record')).toBe(600);
    expect(await reader.exact('far', '42')).toBe(6);
    const { body } = await reader.http('/far/_search?q=42&size=10&sort=_kafka.offset');
    expect(body.hits.hits).toHaveLength(6);
    expect(existsSync(cache)).toBe(true);
    await reader.close();
    expect(await second.kill('SIGTERM')).toMatchObject({ code: 0 });
    folder.remove();
  },
  60_000,
);

test.runIf(possible)(
  'a store that is down degrades health only, and everything is uploaded when it is back',
  async () => {
    await server.stop();
    const folder = temporaryFolder();
    const args = [...url('down'), ...EAGER];
    const first = await BrokerProcess.serve(folder.path, args, { env: ENV });
    const client = new TestClient(first);
    await client.send('near', numbers(300));
    expect(await client.read('near', 300)).toEqual(numbers(300));
    expect(await client.exact('near', 'record')).toBe(300);
    let health = await client.http('/health');
    await until('packs and text to fail', async () => {
      health = await client.http('/health');
      return JSON.stringify(health.body).includes('packs cannot be stored');
    });
    expect(health).toMatchObject({ status: 200, body: { status: 'degraded' } });
    expect((await client.http('/health/ready')).status).toBe(200);
    expect((await client.http('/metrics')).body).toMatch(/quarry_errors_total\{category="flush"\} [1-9]/);
    await client.close();
    // A stop does not wait for a store that is not there, and loses nothing by that.
    expect(await first.kill('SIGTERM')).toMatchObject({ code: 0 });

    const second = await BrokerProcess.serve(folder.path, args, { env: ENV });
    const reader = new TestClient(second);
    await reader.send('near', numbers(300));
    expect(await reader.exact('near', 'record')).toBe(600);
    server = await startMoto([BUCKET], port);
    await until('health', async () => (await reader.http('/health')).body.status === 'ok');
    await drained(reader);
    expect((await reader.http('/admin/segments?kind=pack')).body.segments.length).toBeGreaterThan(0);
    expect(await reader.exact('near', 'record')).toBe(600);
    expect(await reader.read('near', 600)).toEqual([...numbers(300), ...numbers(300)]);
    await reader.close();
    expect(await second.kill('SIGTERM')).toMatchObject({ code: 0 });
    folder.remove();
  },
  90_000,
);
