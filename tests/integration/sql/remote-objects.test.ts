import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Broker } from '../../../src/broker/index.ts';
import { type MotoServer, motoIsPossible, startMoto } from '../../contract/objects/moto.ts';
import { TestClient, until } from '../broker/client.ts';
import { temporaryFolder } from '../broker/process.ts';
import { BUSY } from '../text/world.ts';

describe.runIf(motoIsPossible())('a table whose files are in a bucket', () => {
  const folder = temporaryFolder();
  let server: MotoServer;
  let broker: Broker;
  let client: TestClient;

  beforeAll(async () => {
    process.env['AWS_ACCESS_KEY_ID'] = process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
    server = await startMoto(['bucket']);
    const objects = `s3://bucket/here?endpoint=${encodeURIComponent(server.endpoint)}`;
    const retries = { 'processor.retry.attempts': 2, 'processor.retry.base.ms': 10 };
    broker = await Broker.start({ settings: { ...BUSY, ...retries, 'data.dir': folder.path, objects } });
    client = new TestClient({ bootstrap: broker.bootstrap, http: broker.httpAddress });
    for (const topic of ['asked', 'not-asked']) {
      await client.createTopic(topic, 1, { 'quarry.table': 'true' });
      await client.send(topic, ['a', 'b', 'c']);
    }
    await client.run();
    const rows = async () => (await client.http('/admin/processor')).body.tables.rows;
    await until('the rows', async () => (await rows()) === 6);
  }, 300_000);
  afterAll(async () => {
    await client.close();
    await broker.stop();
    await server.stop();
    folder.remove();
  });

  const ask = (topic: string) =>
    client.http('/sql', 'POST', {
      sql: `SELECT string_agg(decode("value"), '' ORDER BY "offset") AS text FROM "${topic}"`,
    });
  const cached = (): string[] => readdirSync(`${folder.path}/cache/sql/files`);

  test('is downloaded by the first query, and read from the local disk by the next', async () => {
    expect((await ask('asked')).body.rows).toEqual([{ text: 'abc' }]);
    const files = cached();
    expect(files).toHaveLength(1);
    await client.send('asked', ['d']);
    expect((await ask('asked')).body.rows).toEqual([{ text: 'abcd' }]);
    expect(cached()).toEqual(files);
  });

  test('is answered out of what is there while the bucket cannot be reached; what is not there is refused with the reason', async () => {
    await server.stop();
    expect((await ask('asked')).body.rows).toEqual([{ text: 'abcd' }]);
    const { status, body } = await ask('not-asked');
    expect(status).toBe(503);
    expect(body.error.reason).toContain('the table cannot be read now');
  });
});
