import { expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { expireSnapshots, loadTable, removeOrphans } from '../../../src/lake/index.ts';
import { IDENTIFIER, newTable, QUICK, someFile, type World } from './tables.ts';

const HOUR_MS = 60 * 60 * 1000;

async function put(world: World, name: string): Promise<string> {
  const { path } = someFile(world.table, name);
  await world.warehouse.store.put(world.warehouse.keyOf(path) ?? '', new Uint8Array([1]));
  return world.warehouse.keyOf(path) ?? '';
}

test('expiry takes old snapshots and the files that only they needed, and leaves the offsets', async () => {
  const world = await newTable();
  const { table } = world;
  const [a, b] = [await put(world, 'a'), await put(world, 'b')];
  await table.commit({ add: [someFile(table, 'a')], offsets: new Map([[0, { from: 0, to: 10 }]]) });
  await table.commit({ add: [someFile(table, 'b')], remove: [someFile(table, 'a').path] });
  await table.commit({ add: [someFile(table, 'c', 20_001)] });
  expect(await expireSnapshots(table, { olderThanMs: systemClock.now() + 10 })).toBe(2);
  expect(table.metadata.snapshots).toHaveLength(1);
  const keys = await world.keys();
  expect([keys.includes(a), keys.includes(b)]).toEqual([false, true]);
  expect(await table.files()).toHaveLength(2);
  expect(table.logOffsets()).toEqual(new Map([[0, 10]]));
  expect(await expireSnapshots(table, { olderThanMs: systemClock.now() + 10 })).toBe(0);
});

test('expiry after a rollback keeps the offsets that the table went back to', async () => {
  const { table } = await newTable();
  const moved = (from: number, to: number) => ({ offsets: new Map([[0, { from, to }]]) });
  await table.commit({ add: [someFile(table, 'a')], ...moved(0, 10) });
  const [first] = table.metadata.snapshots;
  const foreign = {
    'snapshot-id': 7,
    'parent-snapshot-id': first!['snapshot-id'],
    'sequence-number': 2,
    'timestamp-ms': table.metadata['last-updated-ms'],
    'manifest-list': first!['manifest-list'],
    summary: { operation: 'append' },
  };
  const back = { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch', 'snapshot-id': 7 } as const;
  await table.update([{ action: 'add-snapshot', snapshot: foreign }, back]);
  await table.commit({ add: [someFile(table, 'b')], ...moved(10, 20) });
  await table.update([back]);
  expect(await expireSnapshots(table, { olderThanMs: systemClock.now() + 10 })).toBe(2);
  expect(table.metadata.snapshots.map((one) => one['snapshot-id'])).toEqual([7]);
  expect(table.logOffsets()).toEqual(new Map([[0, 10]]));
});

test('expiry keeps what is young, what a tag names, and as many as asked for', async () => {
  const { table } = await newTable();
  for (const name of ['a', 'b', 'c', 'd']) await table.commit({ add: [someFile(table, name)] });
  expect(await expireSnapshots(table)).toBe(0);
  const first = table.metadata.snapshots[0]?.['snapshot-id'] ?? 0;
  await table.update([{ action: 'set-snapshot-ref', 'ref-name': 'audit', type: 'tag', 'snapshot-id': first }]);
  expect(await expireSnapshots(table, { olderThanMs: systemClock.now() + 10, keep: 2 })).toBe(1);
  expect(await table.files(undefined, first)).toHaveLength(1);
  expect(await table.files()).toHaveLength(4);
});

test('only old files that nothing names are orphans', async () => {
  const world = await newTable();
  const [kept, orphan] = [await put(world, 'a'), await put(world, 'left-behind')];
  await world.table.commit({ add: [someFile(world.table, 'a')] });
  const later = { ...systemClock, now: () => systemClock.now() + 2 * HOUR_MS };
  const table = await loadTable(
    { catalog: world.catalog, warehouse: world.warehouse, clock: later, random: seededRandom(3), retry: QUICK },
    IDENTIFIER,
  );
  await expect(removeOrphans(table, 1000)).rejects.toThrow(RangeError);
  expect(await removeOrphans(table, 3 * HOUR_MS)).toBe(0);
  const before = await world.keys();
  expect(await removeOrphans(table, HOUR_MS)).toBe(1);
  expect(await world.keys()).toEqual(before.filter((key) => key !== orphan));
  expect(await world.keys()).toContain(kept);
});

test('a writer whose snapshot has expired since it loaded the table commits on top of what there is', async () => {
  const world = await newTable();
  await world.table.commit({ add: [someFile(world.table, 'a')] });
  const behind = await loadTable(
    { catalog: world.catalog, warehouse: world.warehouse, clock: systemClock, random: seededRandom(3), retry: QUICK },
    IDENTIFIER,
  );
  await world.table.commit({ add: [someFile(world.table, 'b')] });
  expect(await expireSnapshots(world.table, { olderThanMs: systemClock.now() + 10 })).toBe(1);
  await behind.commit({ add: [someFile(behind, 'c')] });
  expect(await behind.files()).toHaveLength(3);
});

test('expiry never deletes what lies outside of the folder of the table, whatever its snapshots name', async () => {
  const { table, warehouse } = await newTable();
  await warehouse.store.put('packs/someone-elses', new Uint8Array([1]));
  const foreign = { ...someFile(table, 'x'), path: warehouse.uriOf('packs/someone-elses') };
  await table.commit({ add: [foreign] });
  await table.commit({ remove: [foreign.path] });
  expect(await expireSnapshots(table, { olderThanMs: systemClock.now() + 10 })).toBe(1);
  expect(await warehouse.store.head('packs/someone-elses')).toBeDefined();
});
