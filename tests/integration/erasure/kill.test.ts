import { afterEach, expect, test } from 'vitest';
import { sleep, systemClock } from '../../../src/base/clock.ts';
import { below, seededRandom } from '../../../src/base/random.ts';
import { until } from '../broker/client.ts';
import { endProcesses } from '../broker/process.ts';
import { KilledBroker } from '../tables/killed-broker.ts';
import { logRows } from '../tables/log-rows.ts';

afterEach(endProcesses);

const ROUNDS = 5;

test('a broker that is killed at any moment of a deletion finishes it after its restart', async () => {
  const random = seededRandom(7);
  let kept = 0;
  await KilledBroker.with({ 'search.max.wait.ms': '5000' }, async (killed) => {
    const { lake } = killed;
    await killed.client.createTopic('people', 2, { 'quarry.table': 'true' });
    for (let round = 0; round < ROUNDS; round++) {
      const producer = await killed.client.producer();
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
      const { status, body } = await killed.client.http(`/admin/topics/people/keys/gone-${round}`, 'DELETE');
      expect(status).toBe(202);
      await sleep(systemClock, below(random, 60 * round + 1));
      await killed.killAndServe();
      const found = async () => (await killed.client.http(`/admin/key-deletions/${body.id}`)).body.outcome;
      await until('the deletion', async () => (await found()) === 'deleted', 30_000);
    }
    await until('all rows', async () => (await lake.count('people')) === kept, 30_000);
    const rows = await lake.rows('people');
    expect(rows.filter(({ key }) => key?.startsWith('gone'))).toEqual([]);
    expect(rows).toEqual(await logRows(killed.client.kafka, 'people', kept));
    const search = await killed.client.http('/people/_search?size=0&track_total_hits=true');
    expect(search.body.hits.total).toEqual({ value: kept, relation: 'eq' });
  });
}, 180_000);
