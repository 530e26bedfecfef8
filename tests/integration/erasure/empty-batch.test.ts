import { expect, test } from 'vitest';
import { until } from '../broker/client.ts';
import { temporaryFolder } from '../broker/process.ts';
import { ErasureWorld } from './world.ts';

test('a consumer gets past batches of which no record is left', async () => {
  const folder = temporaryFolder();
  const world = await ErasureWorld.open(folder.path, { 'wal.seal.age.ms': 20 });
  try {
    await world.client.createTopic('people', 1);
    for (const record of ['bob=one', 'bob=two', 'ann=three', 'bob=four']) {
      await world.send('people', [record]);
      // Each in a section of its own.
      await until('its section', async () => {
        await world.client.run();
        return (await world.client.http('/admin/wal')).body.sealed.length === 0;
      });
    }
    const { body } = await world.deleteKey('people', 'bob');
    expect(body.records).toBe(3);
    await world.send('people', ['ann=last']);
    expect((await world.read('people', 'last')).map(({ offset }) => offset)).toEqual([2, 4]);
  } finally {
    await world.close();
    folder.remove();
  }
}, 60_000);
