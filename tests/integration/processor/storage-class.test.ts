import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Broker } from '../../../src/broker/index.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { openObjectStore } from '../../../src/objects/open.ts';
import { type MotoServer, motoIsPossible, startMoto } from '../../contract/objects/moto.ts';
import { TestClient, until } from '../broker/client.ts';
import { temporaryFolder } from '../broker/process.ts';
import { CALM } from '../text/world.ts';

describe.runIf(motoIsPossible())('objects in a bucket', () => {
  const folder = temporaryFolder();
  let server: MotoServer;
  let objects: string;
  let broker: Broker;
  let client: TestClient;

  const settings = (more: Record<string, number | string> = {}) => ({
    ...CALM,
    'wal.seal.age.ms': 50,
    'log.level': 'silent' as const,
    'data.dir': folder.path,
    'storage.class.after.ms': 0,
    objects,
    ...more,
  });

  beforeAll(async () => {
    process.env['AWS_ACCESS_KEY_ID'] = process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
    server = await startMoto(['bucket']);
    objects = `s3://bucket/here?endpoint=${encodeURIComponent(server.endpoint)}`;
    broker = await Broker.start({ settings: settings({ 'storage.class': 'STANDARD_IA' }) });
    client = new TestClient({ bootstrap: broker.bootstrap, http: broker.httpAddress });
  }, 300_000);
  afterAll(async () => {
    await client.close();
    await broker.stop();
    await server.stop();
    folder.remove();
  });

  test('move to the storage class that is set, and are read from there', async () => {
    await client.createTopic('logs', 1, { 'quarry.table': 'true' });
    await client.send('logs', ['one', 'two', 'three']);
    const segments = async (kind: string) => (await client.http(`/admin/segments?kind=${kind}`)).body.segments;
    await until('a pack', async () => {
      await client.run();
      return (await segments('pack')).length > 0;
    });
    await client.http('/admin/jobs/storage-class/run', 'POST');
    await until('everything to move', async () => {
      const all = [...(await segments('pack')), ...(await segments('text'))];
      return all.length >= 2 && all.every((segment) => segment.storageClass === 'STANDARD_IA');
    });
    const store = await openObjectStore(objects, { clock: systemClock, random: systemRandom });
    const classes = new Map<string, string | undefined>();
    for await (const { key } of store.list(''))
      classes.set(
        key.split('/').slice(0, 1).join('') + (key.endsWith('.parquet') ? ' data' : ''),
        (await store.head(key))?.storageClass,
      );
    await store.close();
    expect(Object.fromEntries(classes)).toEqual({
      packs: 'STANDARD_IA',
      indexes: 'STANDARD_IA',
      'lake data': 'STANDARD_IA',
      lake: 'STANDARD',
    });
    expect(await client.read('logs', 3)).toEqual(['one', 'two', 'three']);
    expect(await client.exact('logs', 'two')).toBe(1);
    const { body } = await client.http('/sql', 'POST', { sql: 'SELECT count(*) AS n FROM "logs"' });
    expect(body.rows).toEqual([{ n: 3 }]);
    expect((await client.http('/metrics')).body).toContain('quarry_storage_class_moved_total{class="STANDARD_IA"} 3');
  });

  test('are not moved to a class from which they cannot be read at once', async () => {
    const admin = await client.admin();
    const configEntries = [{ name: 'quarry.storage.class', value: 'DEEP_ARCHIVE' }];
    const altered = admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: 'logs', configEntries }] });
    await expect(altered).rejects.toThrow(/./);
    await expect(
      Broker.start({ settings: settings({ 'storage.class': 'GLACIER', 'data.dir': `${folder.path}/other` }) }),
    ).rejects.toThrow('cannot be read at once');
  });
});
