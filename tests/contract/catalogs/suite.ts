import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { openFileStore } from '../../../src/objects/file.ts';
import { BY_DAY, SCHEMA } from '../../unit/lake/tables.ts';
import {
  type Catalog,
  CommitConflict,
  NamespaceExists,
  NamespaceNotEmpty,
  NoSuchNamespace,
  NoSuchTable,
  createTable,
  openCatalog,
  TableExists,
  warehouseAt,
} from '../../../src/lake/index.ts';

const COMMITTER = fileURLToPath(new URL('committer.ts', import.meta.url));
const APPENDER = fileURLToPath(new URL('appender.ts', import.meta.url));
const run = promisify(execFile);

/** A kind of catalog under test. */
export interface CatalogKind {
  readonly name: string;
  /** Whether processes can share one. */
  readonly shared: boolean;
  start(): Promise<void>;
  /** The URL of a new, empty catalog. */
  fresh(): Promise<string>;
  stop(): Promise<void>;
}

/** What every catalog has to do. */
export function catalogContract(kind: CatalogKind): void {
  describe(`the catalog: ${kind.name}`, () => {
    let url: string;
    let catalog: Catalog;
    const a = { namespace: ['topics'], name: 'a' };
    const b = { namespace: ['topics'], name: 'b' };

    beforeAll(() => kind.start(), 60_000);
    afterAll(() => kind.stop(), 60_000);
    beforeEach(async () => {
      url = await kind.fresh();
      catalog = await openCatalog(url);
      await catalog.createNamespace(['topics'], { owner: "it's us" });
    });
    afterEach(() => catalog.close());

    test('keeps properties of a namespace, and changes them', async () => {
      await catalog.updateNamespace(['topics'], { set: { color: 'blue', owner: 'them' }, remove: ['none'] });
      expect(await catalog.namespaceProperties(['topics'])).toEqual({ owner: 'them', color: 'blue' });
      await catalog.updateNamespace(['topics'], { remove: ['color'] });
      expect(await catalog.namespaceProperties(['topics'])).toEqual({ owner: 'them' });
    });

    test('knows namespaces with several levels', async () => {
      await catalog.createNamespace(['acme', 'sales']);
      await catalog.createNamespace(['acme', 'ops', 'night']);
      expect(await catalog.listNamespaces()).toEqual([['acme'], ['topics']]);
      expect(await catalog.listNamespaces(['acme'])).toEqual([
        ['acme', 'ops'],
        ['acme', 'sales'],
      ]);
      await expect(catalog.listNamespaces(['nobody'])).rejects.toBeInstanceOf(NoSuchNamespace);
    });

    test('refuses a namespace twice, and one that is not there', async () => {
      await expect(catalog.createNamespace(['topics'])).rejects.toBeInstanceOf(NamespaceExists);
      await expect(catalog.namespaceProperties(['other'])).rejects.toBeInstanceOf(NoSuchNamespace);
      await expect(catalog.listTables(['other'])).rejects.toBeInstanceOf(NoSuchNamespace);
      await expect(catalog.dropNamespace(['other'])).rejects.toBeInstanceOf(NoSuchNamespace);
      const other = { namespace: ['other'], name: 't' };
      await expect(catalog.commit([{ table: other, from: undefined, to: 'm' }])).rejects.toBeInstanceOf(
        NoSuchNamespace,
      );
    });

    test('drops a namespace only when nothing is in it', async () => {
      await catalog.commit([{ table: a, from: undefined, to: 'm0' }]);
      await expect(catalog.dropNamespace(['topics'])).rejects.toBeInstanceOf(NamespaceNotEmpty);
      await catalog.dropTable(a);
      await catalog.dropNamespace(['topics']);
      expect(await catalog.listNamespaces()).toEqual([]);
    });

    test('takes names with dots, quotes and letters of other scripts for what they are', async () => {
      const names = [`a.b`, `it's`, `"quoted"`, 'so?', 'naïve', '表', '%', '_'];
      for (const name of names)
        await catalog.commit([{ table: { namespace: ['topics'], name }, from: undefined, to: `of ${name}` }]);
      expect((await catalog.listTables(['topics'])).map(({ name }) => name).sort()).toEqual([...names].sort());
      for (const name of names)
        expect(await catalog.metadataLocation({ namespace: ['topics'], name })).toBe(`of ${name}`);
    });

    test('lets one of two writers win that start from the same metadata', async () => {
      await catalog.commit([{ table: a, from: undefined, to: 'm0' }]);
      const outcomes = await Promise.allSettled(
        ['x', 'y', 'z'].map((to) => catalog.commit([{ table: a, from: 'm0', to }])),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(CommitConflict);
    });

    test('lets one of several creators of a table win', async () => {
      const outcomes = await Promise.allSettled(
        ['x', 'y', 'z'].map((to) => catalog.commit([{ table: a, from: undefined, to }])),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(TableExists);
    });

    test('moves all tables of a commit or none', async () => {
      await catalog.commit([a, b].map((table) => ({ table, from: undefined, to: 'm0' })));
      const stale = [
        { table: a, from: 'm0', to: 'm1' },
        { table: b, from: 'another', to: 'm1' },
      ];
      await expect(catalog.commit(stale)).rejects.toBeInstanceOf(CommitConflict);
      expect(await catalog.metadataLocation(a)).toBe('m0');
      await catalog.commit([a, b].map((table) => ({ table, from: 'm0', to: 'm1' })));
      expect(await Promise.all([a, b].map((table) => catalog.metadataLocation(table)))).toEqual(['m1', 'm1']);
    });

    test('commits of several tables in opposite orders end, each whole or not at all', async () => {
      await catalog.commit([a, b].map((table) => ({ table, from: undefined, to: 'm0' })));
      const outcomes = await Promise.allSettled([
        catalog.commit([a, b].map((table) => ({ table, from: 'm0', to: 'forth' }))),
        catalog.commit([b, a].map((table) => ({ table, from: 'm0', to: 'back' }))),
      ]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await catalog.metadataLocation(a)).toBe(await catalog.metadataLocation(b));
    });

    test('renames and drops tables', async () => {
      await catalog.commit([a, b].map((table) => ({ table, from: undefined, to: `of ${table.name}` })));
      await expect(catalog.renameTable(a, b)).rejects.toBeInstanceOf(TableExists);
      const there = { namespace: ['far', 'away'], name: 'a' };
      await expect(catalog.renameTable(a, there)).rejects.toBeInstanceOf(NoSuchNamespace);
      await catalog.createNamespace(['far', 'away']);
      await catalog.renameTable(a, there);
      expect(await catalog.metadataLocation(a)).toBeUndefined();
      expect(await catalog.metadataLocation(there)).toBe('of a');
      await catalog.dropTable(b);
      await expect(catalog.dropTable(b)).rejects.toBeInstanceOf(NoSuchTable);
      await expect(catalog.renameTable(b, a)).rejects.toBeInstanceOf(NoSuchTable);
      await expect(catalog.commit([{ table: b, from: 'of b', to: 'm' }])).rejects.toBeInstanceOf(NoSuchTable);
    });

    test.runIf(kind.shared)('loses no commit of several processes', { timeout: 60_000 }, async () => {
      await catalog.commit([{ table: { namespace: ['topics'], name: 'counted' }, from: undefined, to: '0' }]);
      const args = ['--disable-warning=ExperimentalWarning', COMMITTER, url, '20'];
      await Promise.all([1, 2, 3].map(() => run(process.execPath, args)));
      expect(await catalog.metadataLocation({ namespace: ['topics'], name: 'counted' })).toBe('60');
    });

    test.runIf(kind.shared)('has every file that several processes add to a table', { timeout: 90_000 }, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'quarry-appenders-'));
      const store = await openFileStore(folder, { random: systemRandom, clock: systemClock });
      const warehouse = warehouseAt(`file://${folder}`, store);
      const definition = { schema: SCHEMA, spec: BY_DAY };
      const table = await createTable({ catalog, warehouse, clock: systemClock, random: systemRandom }, a, definition);
      const args = ['--disable-warning=ExperimentalWarning', APPENDER, url, folder];
      await Promise.all(['x', 'y', 'z'].map((name) => run(process.execPath, [...args, name, '8'])));
      await table.refresh();
      const added = (await table.files()).map(({ path }) => path.slice(path.lastIndexOf('/') + 1)).sort();
      const wanted = ['x', 'y', 'z'].flatMap((name) => Array.from({ length: 8 }, (_none, n) => `${name}${n}.parquet`));
      expect(added).toEqual(wanted);
      expect(table.metadata.snapshots).toHaveLength(24);
      rmSync(folder, { recursive: true, force: true });
    });
  });
}
