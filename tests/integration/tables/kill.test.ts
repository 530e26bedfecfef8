import { afterEach, expect, test } from 'vitest';
import { sleep, systemClock } from '../../../src/base/clock.ts';
import { below, seededRandom } from '../../../src/base/random.ts';
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
  'memtable.flush.interval.ms': '30',
  'log.level': 'silent',
};
const KILLS = 20;
const random = seededRandom(20);

test('a broker that is killed at any moment of a flush has every record in its table once', async () => {
  const folder = temporaryFolder();
  const serve = () =>
    BrokerProcess.serve(
      folder.path,
      Object.entries(ARGS).flatMap(([name, value]) => [`--${name}`, value]),
    );
  const lake = new Lake(folder.path);
  let sent = 0;
  let broker = await serve();
  let client = new TestClient(broker);
  try {
    await client.createTopic('rows', 2, { 'quarry.table': 'true', 'quarry.table.columns': 'n long' });
    for (let kill = 0; kill < KILLS; kill++) {
      for (let round = 0; round < 4; round++) {
        await client.send(
          'rows',
          Array.from({ length: 50 }, () => JSON.stringify({ n: sent++ })),
        );
        const due = sent - 50;
        // The moment moves on with each kill: before the thread is there, while it writes, commits, settles, and after.
        if (round < 3 || kill % 2 === 1) await until('rows to get on', async () => (await lake.count('rows')) >= due);
      }
      await sleep(systemClock, below(random, 150));
      await broker.kill('SIGKILL');
      await client.close().catch(() => {});
      broker = await serve();
      client = new TestClient(broker);
    }
    await until('all rows', async () => (await lake.count('rows')) >= sent, 60_000);
    expect(await lake.rows('rows')).toEqual(await logRows(client.kafka, 'rows', sent));
    const columns = (await lake.select('rows', 'SELECT n, decode(value) AS value')).map(
      ({ n, value }) => `{"n":${String(n)}}` === value,
    );
    expect(columns.filter((right) => right)).toHaveLength(sent);
    await client.run();
    // After the sweep all files are still there, and no others.
    expect(await lake.count('rows')).toBe(sent);
    expect(await lake.rows('rows')).toHaveLength(sent);
    await client.close();
  } finally {
    await endProcesses();
    folder.remove();
  }
}, 600_000);
