import { afterEach, expect, test } from 'vitest';
import { sleep, systemClock } from '../../../src/base/clock.ts';
import { below, seededRandom } from '../../../src/base/random.ts';
import { until } from '../broker/client.ts';
import { endProcesses } from '../broker/process.ts';
import { KilledBroker, MERGING } from './killed-broker.ts';
import { logRows } from './log-rows.ts';

afterEach(endProcesses);

const KILLS = 20;
/** Its threads give way to everything else on the machine. */
const PATIENCE_MS = 60_000;
const SEED = Number(process.env['KILL_SEED'] ?? 20);
/** Two files are enough for a merge, so that there is always one to come. */
const SETTINGS = { ...MERGING, 'merge.min.pieces': '2' };
/** What the broker is at when it is killed, in turns; flushes and commits go on all the time. */
const MOMENTS = ['flush', 'table-merge', 'flush', 'table-expiry', 'table-merge'] as const;

test(`a broker that is killed at any moment of flush, commit, merging and expiry has every record in its table once (KILL_SEED=${SEED})`, async () => {
  const random = seededRandom(SEED);
  let sent = 0;
  let merged = 0;
  let interrupted = 0;
  await KilledBroker.with(SETTINGS, async (killed) => {
    const { lake } = killed;
    const send = (count: number): Promise<void> =>
      killed.client.send(
        'rows',
        Array.from({ length: count }, () => JSON.stringify({ n: sent++ })),
      );
    /** Keeps the broker busy until it is at this, for a hundred times at most. */
    const busyWith = async (kind: string): Promise<boolean> => {
      for (let look = 0; look < 100; look++) {
        await send(1 + below(random, 20));
        if ((await killed.running()).includes(kind)) return true;
      }
      return false;
    };
    await killed.client.createTopic('rows', 2, { 'quarry.table': 'true', 'quarry.table.columns': 'n long' });
    for (let kill = 0; kill < KILLS; kill++) {
      for (let round = 0; round < 4; round++) {
        const due = sent;
        await send(50);
        // The moment moves on with each kill: before the thread is there, while it writes, commits, settles, and after.
        if (round < 3 || kill % 2 === 1)
          await until('rows to get on', async () => (await lake.count('rows')) >= due, PATIENCE_MS);
      }
      // On a busy machine a process may be killed before any of its merges is committed.
      if (kill % 4 === 3) await until('a merge', async () => (await killed.tableMerges()) > 0, PATIENCE_MS);
      const moment = MOMENTS[kill % MOMENTS.length]!;
      if (moment === 'flush') await sleep(systemClock, below(random, 150));
      else if (await busyWith(moment)) {
        interrupted++;
        await sleep(systemClock, below(random, 25));
      }
      merged += await killed.tableMerges();
      await killed.killAndServe();
    }
    await until('all rows', async () => (await lake.count('rows')) >= sent, PATIENCE_MS);
    // After the sweep all files are still there, and no others.
    await killed.client.run();
    expect((await lake.files('rows')).length).toBeLessThan(5);
    expect(await lake.rows('rows')).toEqual(await logRows(killed.client.kafka, 'rows', sent));
    const columns = await lake.select('rows', 'SELECT n, decode(value) AS value');
    expect(columns.filter(({ n, value }) => `{"n":${String(n)}}` === value)).toHaveLength(sent);
  });
  expect(merged).toBeGreaterThanOrEqual(KILLS / 4);
  expect(interrupted).toBeGreaterThan(KILLS / 4);
}, 600_000);
