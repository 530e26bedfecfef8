import { afterEach, expect, test } from 'vitest';
import { TestClient, until } from '../broker/client.ts';
import { BrokerProcess, endProcesses, temporaryFolder } from '../broker/process.ts';
import { Lake } from './lake.ts';
import { logRows } from './log-rows.ts';

afterEach(endProcesses);

const ARGS = {
  'wal.seal.age.ms': '50',
  'processor.interval.ms': '100',
  'processor.min.segment.age.ms': '0',
  'processor.garbage.grace.ms': '0',
  'memtable.flush.interval.ms': '20',
  'merge.interval.ms': '20',
  'table.snapshot.retention.ms': '0',
  'table.expiry.interval.ms': '50',
  'log.level': 'silent',
};
const KILLS = 5;

test('a broker that is killed while files are merged and old ones removed has every record in its table once', async () => {
  const folder = temporaryFolder();
  const serve = () =>
    BrokerProcess.serve(
      folder.path,
      Object.entries(ARGS).flatMap(([name, value]) => [`--${name}`, value]),
    );
  const lake = new Lake(folder.path);
  let sent = 0;
  let merged = 0;
  let broker = await serve();
  let client = new TestClient(broker);
  try {
    await client.createTopic('rows', 2, { 'quarry.table': 'true' });
    for (let kill = 0; kill < KILLS; kill++) {
      for (let round = 0; round < 5; round++) {
        await client.send(
          'rows',
          Array.from({ length: 20 }, () => `row ${sent++}`),
        );
        const due = sent;
        await until('rows to get on', async () => (await lake.count('rows')) >= due);
      }
      if ((await lake.files('rows')).length < 5) merged++;
      await new Promise((resolve) => setTimeout(resolve, kill * 11));
      await broker.kill('SIGKILL');
      await client.close().catch(() => {});
      broker = await serve();
      client = new TestClient(broker);
    }
    await until('the files to be few', async () => (await lake.files('rows')).length < 5);
    expect(merged).toBeGreaterThan(0);
    expect(await lake.rows('rows')).toEqual(await logRows(client.kafka, 'rows', sent));
    await client.run();
    expect(await lake.rows('rows')).toHaveLength(sent);
    await client.close();
  } finally {
    await endProcesses();
    folder.remove();
  }
}, 180_000);
