import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { Catalog, PointerChange } from '../../../src/lake/catalog.ts';
import {
  CatalogUnavailable,
  CommitConflict,
  commitTables,
  createTable,
  loadTable,
  OffsetsMoved,
} from '../../../src/lake/index.ts';
import { BY_DAY, IDENTIFIER, newTable, QUICK, SCHEMA, someFile } from './tables.ts';

const reload = (world: Awaited<ReturnType<typeof newTable>>) =>
  loadTable(
    { catalog: world.catalog, warehouse: world.warehouse, clock: systemClock, random: seededRandom(8), retry: QUICK },
    IDENTIFIER,
  );

/** A catalog whose next commit does what `answer` says. */
function failing(catalog: Catalog, answer: { next?: (commit: () => Promise<void>) => Promise<void> }): Catalog {
  return new Proxy(catalog, {
    get(target, name) {
      if (name === 'commit')
        return (changes: readonly PointerChange[]) => {
          const { next } = answer;
          delete answer.next;
          return next === undefined ? target.commit(changes) : next(() => target.commit(changes));
        };
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
    },
  });
}

describe('a commit to a table', () => {
  test('files come back as they were added, with their statistics', async () => {
    const world = await newTable();
    const file = someFile(world.table, 'a');
    await world.table.commit({ add: [file] });
    const [found, ...more] = await (await reload(world)).files();
    expect(more).toEqual([]);
    expect({ ...found, lowerBounds: [...(found?.lowerBounds.get(1) ?? [])] }).toEqual({
      ...file,
      sequence: 1,
      lowerBounds: [0, 0, 0, 0],
      upperBounds: expect.any(Map),
    });
  });

  test('the summary counts what came, what went and what is there', async () => {
    const { table } = await newTable();
    await table.commit({ add: [someFile(table, 'a'), someFile(table, 'b', 20_001, 5)] });
    await table.commit({ remove: [someFile(table, 'a').path], add: [someFile(table, 'c', 20_000, 10)] });
    await table.commit({ remove: [someFile(table, 'b').path] });
    const summaries = table.metadata.snapshots.map((snapshot) => snapshot.summary);
    expect(summaries.map((summary) => summary?.['operation'])).toEqual(['append', 'replace', 'delete']);
    expect(summaries[0]).toMatchObject({ 'added-data-files': '2', 'added-records': '15', 'total-records': '15' });
    expect(summaries[2]).toMatchObject({ 'deleted-records': '5', 'total-records': '10', 'total-data-files': '1' });
    expect((await table.files()).map((file) => file.path)).toEqual([someFile(table, 'c').path]);
    // Every snapshot is still there to be read.
    expect(await table.files(undefined, table.metadata.snapshots[0]?.['snapshot-id'])).toHaveLength(2);
  });

  test('a writer that comes second tries again on top of the first', async () => {
    const world = await newTable();
    const other = await reload(world);
    await other.commit({ add: [someFile(other, 'first')] });
    await world.table.commit({ add: [someFile(world.table, 'second')] });
    const names = (await world.table.files()).map((file) => file.path.split('/').at(-1));
    expect(new Set(names)).toEqual(new Set(['first.parquet', 'second.parquet']));
    // One metadata file for the creation and for each commit, a manifest and a list a commit: nothing of the failed attempt is left.
    expect(await world.keys()).toHaveLength(3 + 4);
  });

  test('a file that is gone meanwhile ends the commit for good, and nothing of it stays', async () => {
    const world = await newTable();
    await world.table.commit({ add: [someFile(world.table, 'a')] });
    const other = await reload(world);
    await other.commit({ remove: [someFile(other, 'a').path] });
    const before = await world.keys();
    const change = { remove: [someFile(other, 'a').path], add: [someFile(other, 'b')] };
    await expect(world.table.commit(change)).rejects.toThrow(CommitConflict);
    expect(await world.keys()).toEqual(before);
  });

  test('an answer that got lost after the commit is not committed again', async () => {
    const answer: Parameters<typeof failing>[1] = {};
    const { table } = await newTable({}, (catalog) => failing(catalog, answer));
    answer.next = async (commit) => {
      await commit();
      throw new CatalogUnavailable('no answer');
    };
    await table.commit({ add: [someFile(table, 'a')] });
    expect(table.metadata.snapshots).toHaveLength(1);
    expect(await table.files()).toHaveLength(1);
  });

  test('an answer that got lost is found where the log of the metadata is too short to tell', async () => {
    const answer: Parameters<typeof failing>[1] = {};
    const world = await newTable({ 'write.metadata.previous-versions-max': '1' }, (catalog) =>
      failing(catalog, answer),
    );
    const { table } = world;
    await table.commit({ add: [someFile(table, 'a')] });
    answer.next = async (commit) => {
      await commit();
      const other = await reload(world);
      for (const round of ['1', '2']) await other.commit({ properties: { round } });
      throw new CatalogUnavailable('no answer');
    };
    await table.commit({ remove: [someFile(table, 'a').path], add: [someFile(table, 'b')] });
    expect((await table.files()).map(({ path }) => path)).toEqual([someFile(table, 'b').path]);
    expect(table.metadata.snapshots).toHaveLength(2);
  });

  test('where the table cannot be read after an answer got lost, nobody says that nothing was committed', async () => {
    const answer: Parameters<typeof failing>[1] = {};
    const world = await newTable({}, (catalog) => failing(catalog, answer));
    answer.next = async (commit) => {
      await commit();
      await world.catalog.renameTable(IDENTIFIER, { ...IDENTIFIER, name: 'elsewhere' });
      throw new CatalogUnavailable('no answer');
    };
    await expect(world.table.commit({ add: [someFile(world.table, 'a')] })).rejects.toThrow(CatalogUnavailable);
  });

  test('an answer that got lost before the commit is tried again, and its files go', async () => {
    const answer: Parameters<typeof failing>[1] = {};
    const world = await newTable({}, (catalog) => failing(catalog, answer));
    answer.next = () => Promise.reject(new CatalogUnavailable('no answer'));
    await world.table.commit({ add: [someFile(world.table, 'a')] });
    expect(world.table.metadata.snapshots).toHaveLength(1);
    expect(await world.keys()).toHaveLength(2 + 2);
  });

  test('two tables are committed together or not at all', async () => {
    const { catalog, warehouse, table } = await newTable();
    const identifier = { namespace: ['topics'], name: 'other' };
    const definition = { schema: SCHEMA, spec: BY_DAY };
    const other = await createTable(
      { catalog, warehouse, clock: systemClock, random: seededRandom(9), retry: QUICK },
      identifier,
      definition,
    );
    await commitTables([
      { table, change: { add: [someFile(table, 'a')] } },
      { table: other, change: { add: [someFile(other, 'a')] } },
    ]);
    await expect(
      commitTables([
        { table, change: { add: [someFile(table, 'b')] } },
        { table: other, change: { remove: ['nowhere'] } },
      ]),
    ).rejects.toThrow(CommitConflict);
    await table.refresh();
    expect([await table.files(), await other.files()].map((files) => files.length)).toEqual([1, 1]);
  });
});

describe('log offsets of a table', () => {
  const moved = (from: number, to: number) => ({ offsets: new Map([[0, { from, to }]]) });

  test('they move with the files, and a second writer of the same records is refused', async () => {
    const world = await newTable();
    const other = await reload(world);
    await world.table.commit({ add: [someFile(world.table, 'a')], ...moved(0, 10) });
    const late = other.commit({ add: [someFile(other, 'twice')], ...moved(0, 12) });
    await expect(late).rejects.toThrow(OffsetsMoved);
    expect(await (await reload(world)).files()).toHaveLength(1);
    await world.table.commit(moved(10, 11));
    expect((await reload(world)).logOffsets()).toEqual(new Map([[0, 11]]));
  });

  test('they outlive snapshots of other engines, and follow a rollback', async () => {
    const { table } = await newTable();
    await table.commit({ add: [someFile(table, 'a')], ...moved(0, 10) });
    const first = table.metadata.snapshots[0];
    await table.commit({ add: [someFile(table, 'b')], ...moved(10, 20) });
    await table.commit({ add: [someFile(table, 'c')], remove: [someFile(table, 'b').path] });
    expect(table.logOffsets()).toEqual(new Map([[0, 20]]));
    const foreign = {
      'snapshot-id': 2n ** 62n + 1n,
      'parent-snapshot-id': table.metadata['current-snapshot-id'] ?? null,
      'sequence-number': table.metadata['last-sequence-number'] + 1,
      'timestamp-ms': table.metadata['last-updated-ms'] + 1,
      'manifest-list': table.metadata.snapshots.at(-1)?.['manifest-list'] ?? '',
      summary: { operation: 'append' },
    };
    const current = { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch' } as const;
    await table.update([
      { action: 'add-snapshot', snapshot: foreign },
      { ...current, 'snapshot-id': foreign['snapshot-id'] },
    ]);
    await table.refresh();
    expect(table.metadata['current-snapshot-id']).toBe(2n ** 62n + 1n);
    expect(table.logOffsets()).toEqual(new Map([[0, 20]]));
    await table.update([{ ...current, 'snapshot-id': first?.['snapshot-id'] ?? 0 }]);
    expect(table.logOffsets()).toEqual(new Map([[0, 10]]));
  });

  test('after a rollback to before a partition had rows, it cannot go on where it was', async () => {
    const { table } = await newTable();
    await table.commit({ add: [someFile(table, 'a')], ...moved(0, 10) });
    const first = table.metadata.snapshots[0]?.['snapshot-id'] ?? 0;
    await table.commit({ add: [someFile(table, 'b')], offsets: new Map([[1, { from: 0, to: 5 }]]) });
    await table.update([{ action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch', 'snapshot-id': first }]);
    const on = { add: [someFile(table, 'c')], offsets: new Map([[1, { from: 5, to: 7 }]]) };
    await expect(table.commit(on)).rejects.toThrow(OffsetsMoved);
    expect(table.logOffsets()).toEqual(new Map([[0, 10]]));
  });
});

describe('manifests of a table', () => {
  test('small ones are merged where there are as many as the property says, and nothing gets lost', async () => {
    const { table } = await newTable({ 'commit.manifest.min-count-to-merge': '3' });
    const { readManifestList } = await import('../../../src/lake/iceberg/files.ts');
    const counts: number[] = [];
    for (let i = 0; i < 8; i++) {
      await table.commit({ add: [someFile(table, `f${i}`, 20_000 + i)] });
      const snapshot = table.metadata.snapshots.at(-1);
      if (snapshot !== undefined) counts.push((await readManifestList(table.context.warehouse, snapshot)).length);
    }
    expect(Math.max(...counts)).toBeLessThanOrEqual(4);
    expect(await table.files()).toHaveLength(8);
  });

  test('metadata files fall out of a log that is as long as the property says', async () => {
    const world = await newTable({ 'write.metadata.previous-versions-max': '2' });
    for (let i = 0; i < 5; i++) await world.table.commit({ properties: { round: String(i) } });
    expect(world.table.metadata['metadata-log']).toHaveLength(2);
    expect(await world.keys()).toHaveLength(3);
  });
});
