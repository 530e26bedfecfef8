import { expect, test } from 'vitest';
import { until } from '../broker/client.ts';
import { temporaryFolder } from '../broker/process.ts';
import { CALM, startWorld, stopWorld } from './world.ts';

test.each(['memory', 'disk'])(
  'a WAL over its limit drains once it is packed, and what was not indexed is indexed from packs (%s)',
  async (where) => {
    const folder = temporaryFolder();
    const settings = {
      ...CALM,
      'data.dir': where === 'disk' ? folder.path : 'memory:',
      'wal.max.bytes': 1024 * 1024,
      'tail.max.bytes': 0,
    };
    const world = await startWorld({ settings });
    const { client } = world;
    try {
      await client.createTopic('many', 2);
      await client.http('/admin/processor/pause', 'POST');
      const padding = 'x'.repeat(1000);
      for (let round = 0; round < 30; round++)
        await client.send(
          'many',
          Array.from({ length: 100 }, (_, n) => `record ${n} ${padding}`),
          round < 25 ? 0 : 1,
        );
      const sealedBytes = async (): Promise<number> => {
        const { sealed } = (await client.http('/admin/wal')).body;
        return sealed.reduce((sum: number, { bytes }: { bytes: number }) => sum + bytes, 0);
      };
      expect(await sealedBytes()).toBeGreaterThan(2 * settings['wal.max.bytes']);
      await until('the WAL to be within its limit', async () => {
        await client.run();
        return (await sealedBytes()) <= settings['wal.max.bytes'];
      });
      // Nothing more comes to these partitions that would show what was passed over.
      await client.http('/admin/processor/resume', 'POST');
      expect(await client.exact('many', 'record')).toBe(3000);
      expect(await client.exact('many', '7')).toBe(30);
      await client.run();
      expect(await client.exact('many', 'record')).toBe(3000);
    } finally {
      await stopWorld(world);
      folder.remove();
    }
  },
);
