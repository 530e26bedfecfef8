import { afterEach, expect, test } from 'vitest';
import { Broker } from '../../../src/broker/index.ts';
import { TestClient, until } from '../broker/client.ts';
import { temporaryFolder } from '../broker/process.ts';
import { BUSY } from '../text/world.ts';
import { Lake } from './lake.ts';
import { framed, openRegistry } from './registry.ts';

const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

test('values that a serializer framed fill columns by the schema of a registry, and wait while it is away', async () => {
  const registry = await openRegistry();
  closers.push(() => registry.close());
  const folder = temporaryFolder();
  closers.push(() => folder.remove());
  const broker = await Broker.start({
    settings: {
      ...BUSY,
      'data.dir': folder.path,
      'memtable.flush.interval.ms': 50,
      'table.retry.base.ms': 20,
      'table.retry.max.ms': 50,
      'schema.registry.url': registry.url,
      'schema.registry.basic.auth.user.info': 'me:secret',
    },
  });
  const client = new TestClient({ bootstrap: broker.bootstrap, http: broker.httpAddress });
  closers.push(async () => {
    await client.close();
    await broker.stop();
  });
  const status = async () => (await client.http('/admin/processor')).body.tables;
  await client.createTopic('rows', 1, {
    'quarry.table': 'true',
    'quarry.table.columns': 'level string, at timestamptz, user.id string',
  });
  const lake = new Lake(folder.path);
  const send = async (...values: Buffer[]) => {
    const producer = await client.producer();
    await producer.send({ topic: 'rows', messages: values.map((value) => ({ value })) });
  };

  registry.away = true;
  await send(framed({ level: 'INFO', at: 1_769_853_600_000, user: { id: 'a' } }));
  await until('the reason', async () => /schema registry cannot be asked: status 503/.test((await status()).failing));
  expect(await lake.count('rows')).toBe(0);
  registry.away = false;
  await until('the row', async () => (await lake.count('rows')) === 1);

  await send(
    framed({ level: null, at: 0, user: { id: 'b' } }),
    Buffer.from('{"level":"plain"}'),
    Buffer.from([0, 0, 0, 0, 9, 1]),
  );
  await until('all rows', async () => (await lake.count('rows')) === 4);
  const select = 'SELECT level, "at"::VARCHAR AS "at", "user.id" AS id';
  expect(await lake.select('rows', select)).toEqual([
    { level: 'INFO', at: '2026-01-31 10:00:00+00', id: 'a' },
    { level: null, at: '1970-01-01 00:00:00+00', id: 'b' },
    { level: 'plain', at: null, id: null },
    { level: null, at: null, id: null },
  ]);
  expect((await status()).misfits).toBe(1);
}, 60_000);
