import { afterEach, expect, test } from 'vitest';
import { below, seededRandom } from '../../../src/base/random.ts';
import { TestClient, until } from '../broker/client.ts';
import { BrokerProcess, endProcesses, temporaryFolder } from '../broker/process.ts';
import { Lake } from '../tables/lake.ts';
import { logRows } from '../tables/log-rows.ts';

afterEach(endProcesses);

const ARGS = {
  'wal.seal.age.ms': '50',
  'processor.interval.ms': '100',
  'processor.min.segment.age.ms': '0',
  'processor.garbage.grace.ms': '0',
  'memtable.flush.interval.ms': '30',
  'search.max.wait.ms': '5000',
  'log.level': 'silent',
};
const ROUNDS = 5;

test('a broker that is killed at any moment of a deletion finishes it after its restart', async () => {
  const folder = temporaryFolder();
  const random = seededRandom(7);
  const serve = () =>
    BrokerProcess.serve(
      folder.path,
      Object.entries(ARGS).flatMap(([name, value]) => [`--${name}`, value]),
    );
  const lake = new Lake(folder.path);
  let broker = await serve();
  let client = new TestClient(broker);
  let kept = 0;
  try {
    await client.createTopic('people', 2, { 'quarry.table': 'true' });
    for (let round = 0; round < ROUNDS; round++) {
      const producer = await client.producer();
      for (let part = 0; part < 3; part++) {
        const messages = Array.from({ length: 20 }, (_none, at) => {
          const gone = at % 4 === 0;
          if (!gone) kept++;
          return { key: gone ? `gone-${round}` : `kept-${at}`, value: `value of round ${round}`, partition: at % 2 };
        });
        await producer.send({ topic: 'people', messages });
        // Some are in packs and in the table by then, some only in the write-ahead log.
        if (part < 2) await until('rows', async () => (await lake.count('people')) >= kept - 15, 20_000);
      }
      const { status, body } = await client.http(`/admin/topics/people/keys/gone-${round}`, 'DELETE');
      expect(status).toBe(202);
      await new Promise((resolve) => setTimeout(resolve, below(random, 60 * round + 1)));
      await broker.kill('SIGKILL');
      await client.close().catch(() => {});
      broker = await serve();
      client = new TestClient(broker);
      const found = async () => (await client.http(`/admin/key-deletions/${body.id}`)).body.outcome;
      await until('the deletion', async () => (await found()) === 'deleted', 30_000);
    }
    await until('all rows', async () => (await lake.count('people')) === kept, 30_000);
    const rows = await lake.rows('people');
    expect(rows.filter(({ key }) => key?.startsWith('gone'))).toEqual([]);
    expect(rows).toEqual(await logRows(client.kafka, 'people', kept));
    const search = await client.http('/people/_search?size=0&track_total_hits=true');
    expect(search.body.hits.total).toEqual({ value: kept, relation: 'eq' });
    await client.close();
  } finally {
    await endProcesses();
    folder.remove();
  }
}, 180_000);
