import { expect, test } from 'vitest';
import { below, type Random, seededRandom } from '../../../src/base/random.ts';
import { until } from '../broker/client.ts';
import { temporaryFolder } from '../broker/process.ts';
import { BUSY, startWorld, stopWorld, type World } from './world.ts';

const WORDS = ['error', 'warning', 'disk', 'network', 'retry', 'ok'];

/** A record of some words; what a search for each word must count is kept beside. */
function record(random: Random, n: number): { value: string; words: ReadonlySet<string> } {
  const words = Array.from({ length: 1 + below(random, 4) }, () => WORDS[below(random, WORDS.length)]!);
  const text = words.join(' ');
  const value = below(random, 3) === 0 ? text : JSON.stringify({ n, text, padding: 'x'.repeat(below(random, 400)) });
  return { value, words: new Set(words) };
}

async function expectTotals(world: World, expected: ReadonlyMap<string, number>, when: string): Promise<void> {
  const found = new Map<string, number>();
  for (const word of expected.keys()) found.set(word, await world.client.exact('numbers', word));
  expect(found, when).toEqual(expected);
}

test.each([1, 2])(
  'totals equal a naive count while indexes are sealed, WAL segments go and the broker is restarted (seed %i)',
  async (seed) => {
    const folder = temporaryFolder();
    const settings = { ...BUSY, 'data.dir': folder.path, 'num.partitions': 3 };
    const random = seededRandom(seed);
    const expected = new Map(WORDS.map((word) => [word, 0]));
    let world = await startWorld({ settings });
    try {
      for (let round = 0; round < 6; round++) {
        for (let batch = 0; batch < 8; batch++) {
          const records = Array.from({ length: 1 + below(random, 60) }, (_, n) => record(random, n));
          await world.client.send(
            'numbers',
            records.map(({ value }) => value),
            below(random, 3),
          );
          for (const { words } of records) for (const word of words) expected.set(word, expected.get(word)! + 1);
        }
        await expectTotals(world, expected, `round ${round}`);
        if (round % 2 === 0) continue;
        if (round === 3) await world.client.run();
        await stopWorld(world);
        world = await startWorld({ settings });
        await expectTotals(world, expected, `round ${round}, after a restart`);
      }
      const { body } = await world.client.http('/admin/segments');
      expect(body.segments.length).toBeGreaterThan(3);
      await until('the WAL to drain', async () => {
        const { sealed } = (await world.client.http('/admin/wal')).body;
        return sealed.length === 0;
      });
      await expectTotals(world, expected, 'after the WAL was drained');
    } finally {
      await stopWorld(world);
      folder.remove();
    }
  },
  60_000,
);
