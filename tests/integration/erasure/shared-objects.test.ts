import { afterEach, expect, test } from 'vitest';
import { until } from '../broker/client.ts';
import { temporaryFolder } from '../broker/process.ts';
import { ErasureWorld } from './world.ts';

const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

test('what lies in one object with a deleted key moves to another, and the bytes of the key go', async () => {
  const folder = temporaryFolder();
  closers.push(() => folder.remove());
  const world = await ErasureWorld.open(folder.path);
  closers.push(() => world.close());
  for (const topic of ['people', 'others']) await world.client.createTopic(topic, 2);
  await world.send('people', ['ann=secretword one', 'bob=plain two'], 0);
  await world.send('people', ['cyd=plain three'], 1);
  await world.send('others', ['dan=plain four'], 0);
  expect(await world.found('people', 'secretword')).toBe(1);
  // The deletion of a key that nobody has brings everything into packs and text segments.
  await world.deleteKey('people', 'nobody');
  await world.deleteKey('others', 'nobody');
  expect(world.objectsWith('secretword')).not.toEqual([]);
  await world.deleteKey('people', 'ann');
  await until('the objects to go', async () => {
    await world.client.http('/admin/jobs/garbage/run', 'POST');
    return world.objectsWith('secretword').length === 0;
  });
  expect(await world.client.read('people', 2)).toEqual(['plain two', 'plain three']);
  expect(await world.client.read('others', 1)).toEqual(['plain four']);
  for (const [topic, count] of [
    ['people', 2],
    ['others', 1],
  ] as const)
    expect(await world.found(topic, 'plain')).toBe(count);
}, 60_000);
