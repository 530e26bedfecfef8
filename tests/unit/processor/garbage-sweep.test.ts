import { expect, test } from 'vitest';
import { Garbage } from '../../../src/metadata/garbage.ts';
import { packFixture } from './pack-fixture.ts';

test('one object that cannot be deleted keeps few others, which are deleted and forgotten', async () => {
  const { sql, setFaults, start } = await packFixture();
  const garbage = new Garbage(sql);
  const keys = Array.from({ length: 1500 }, (_none, at) => `packs/${String(at).padStart(4, '0')}`);
  await sql.transaction(keys.map((key) => garbage.discard(key, 0)));
  setFaults((operation, key) => (operation === 'delete' && key === keys[0] ? 'refused' : undefined));
  const { sweep } = start();
  expect(await sweep.run()).toBe(500);
  expect(sweep.failing).toMatch(/injected fault/);
  expect(await garbage.keys()).toEqual(new Set(keys.slice(0, 1000)));
  setFaults(() => undefined);
  expect(await sweep.run()).toBe(1000);
  expect(sweep.failing).toBeUndefined();
  expect((await garbage.keys()).size).toBe(0);
});
