import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Broker } from '../../../src/broker/index.ts';
import { TestClient, until } from '../broker/client.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quarry-attention-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('while the object store is down the status says what does not get on and what to do; afterwards nothing, and no row is lost', async () => {
  const settings = {
    'data.dir': folder,
    'kafka.port': 0,
    'http.port': 0,
    'memtable.flush.interval.ms': 50,
    'table.retry.max.ms': 200,
    'processor.retry.attempts': 1,
  };
  await using broker = await Broker.start({ settings });
  const client = new TestClient({ bootstrap: broker.bootstrap, http: broker.httpAddress });
  const attention = async (): Promise<any[]> => (await client.http('/admin/processor')).body.attention;
  await client.createTopic('orders', 1, { 'quarry.table': 'true' });
  await client.send('orders', ['first']);
  await until('the first row', async () => (await client.http('/admin/processor')).body.tables.rows === 1);
  expect(await attention()).toEqual([]);

  // A file is where the folder was: nothing can be written or read, whoever the process is.
  renameSync(join(folder, 'objects'), join(folder, 'away'));
  writeFileSync(join(folder, 'objects'), '');
  await client.send('orders', ['second']);
  expect((await client.http('/admin/jobs/table-flush/run', 'POST')).body).toMatchObject({ state: 'failed' });
  const found = await attention();
  expect(found).toMatchObject([{ part: 'tables', subject: 'orders', reason: expect.stringMatching(/ENOTDIR|EEXIST/) }]);
  expect(found[0].todo).toMatch(/tried again/);

  rmSync(join(folder, 'objects'));
  renameSync(join(folder, 'away'), join(folder, 'objects'));
  await until('the second row', async () => (await client.http('/admin/processor')).body.tables.rows === 2);
  const { replay } = (await client.http('/admin/processor')).body;
  expect(replay).toMatchObject({
    lagBytes: 0,
    tables: { lagOffsets: 0, appliers: { limit: 4 }, flushes: { limit: 2 } },
  });
  expect(await attention()).toEqual([]);
  await client.close();
}, 60_000);
