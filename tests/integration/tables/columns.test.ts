import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { ConfigResourceTypes } from 'kafkajs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { pythonWithIceberg } from '../../../compat-tests/iceberg/python.ts';
import type { Settings } from '../../../src/config/settings.ts';
import { Broker } from '../../../src/broker/index.ts';
import { TestClient, until } from '../broker/client.ts';
import { temporaryFolder } from '../broker/process.ts';
import { BUSY } from '../text/world.ts';
import { Lake } from './lake.ts';

const possible = process.env['CI'] !== undefined || spawnSync('python3', ['-m', 'venv', '--help']).status === 0;
if (!possible) console.warn('SKIPPED: reading promoted columns with pyiceberg needs python3 with venv');

const SCRIPT = join(import.meta.dirname, '../../../compat-tests/iceberg/columns.py');
const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A broker with the topic `rows`, whose table pyiceberg reads. */
async function world(columns: string, configs: Record<string, string> = {}, more: Partial<Settings> = {}) {
  const folder = temporaryFolder();
  closers.push(() => folder.remove());
  const settings = { ...BUSY, 'data.dir': folder.path, 'memtable.flush.interval.ms': 50, ...more };
  const broker = await Broker.start({ settings });
  const client = new TestClient({ bootstrap: broker.bootstrap, http: broker.httpAddress });
  closers.push(async () => {
    await client.close();
    await broker.stop();
  });
  await client.createTopic('rows', 1, { 'quarry.table': 'true', 'quarry.table.columns': columns, ...configs });
  const lake = new Lake(folder.path);
  let sent = 0;
  return {
    client,
    status: async () => (await client.http('/admin/processor')).body.tables,
    /** Sends values and waits until they are rows. */
    send: async (...values: object[]) => {
      await client.send(
        'rows',
        values.map((value) => JSON.stringify(value)),
      );
      sent += values.length;
      await until('all rows', async () => (await lake.count('rows')) === sent);
    },
    setColumns: async (value: string) => {
      const resource = { type: ConfigResourceTypes.TOPIC, name: 'rows' };
      const configEntries = [
        { name: 'quarry.table', value: 'true' },
        { name: 'quarry.table.columns', value },
      ];
      await (await client.admin()).alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries }] });
    },
    seen: async (): Promise<{ columns: string[]; rows: unknown[][] }> => {
      const { path } = folder;
      const args = [SCRIPT, `${path}/catalog.db`, pathToFileURL(`${path}/objects`).href, 'topics', 'rows'];
      const { stdout } = await promisify(execFile)(pythonWithIceberg(), args, { timeout: 120_000 });
      return JSON.parse(stdout) as { columns: string[]; rows: unknown[][] };
    },
  };
}

describe.skipIf(!possible)('promoted columns', () => {
  beforeAll(() => void pythonWithIceberg(), 300_000);

  test('fields of JSON values are typed columns, and what does not fit is null, counted and whole in value', async () => {
    const { send, seen, status } = await world('level string, took int, user.id long, at timestamptz');
    await send(
      { level: 'INFO', took: 7, user: { id: 1 }, at: '2026-01-31T10:00:00.5Z' },
      { level: 5, took: 'long', user: { id: 2 } },
    );
    expect(await seen()).toEqual({
      columns: ['11 level string', '12 took int', '13 user.id long', '14 at timestamptz'],
      rows: [
        ['INFO', 7, 1, '2026-01-31 10:00:00.500000+00:00'],
        [null, null, 2, null],
      ],
    });
    expect((await status()).misfits).toBe(2);
  }, 120_000);

  test('columns are added, widened and renamed while rows come, and old files are read under the new schema', async () => {
    const { send, seen, setColumns } = await world('level string, took int');
    await send({ level: 'a', took: 1 });
    await setColumns('severity string from level, took long, host string');
    await until('the new columns', async () => (await seen()).columns.length === 3);
    await send({ level: 'b', took: 2 ** 40, host: 'h' });
    const expected = {
      columns: ['11 severity string', '12 took long', '13 host string'],
      rows: [
        ['a', 1, null],
        ['b', 2 ** 40, 'h'],
      ],
    };
    expect(await seen()).toEqual(expected);

    await expect(setColumns('severity long from level')).rejects.toThrow(/[Cc]onfig/);
    await setColumns('severity string from level, took long');
    await send({ level: 'c', took: 3, host: 'no longer' });
    expect((await seen()).rows).toEqual([...expected.rows, ['c', 3, null]]);
  }, 120_000);

  test('a column that comes back with a type that Iceberg forbids is refused, and its rows go on', async () => {
    const { send, seen, setColumns, status } = await world('n long');
    await send({ n: 1 });
    await setColumns('');
    await setColumns('n string');
    await until('the refusal', async () => (await status()).tables[0].refusedColumns.length === 1);
    expect((await status()).tables[0]).toMatchObject({
      refusedColumns: ['Column "n" stays long: Iceberg lets no long become string.'],
    });
    await send({ n: 2 });
    expect(await seen()).toEqual({ columns: ['11 n long'], rows: [[1], [2]] });
  }, 120_000);

  test('columns are inferred where they are asked for, beside those that the setting names', async () => {
    const infer = { 'quarry.table.columns.infer': 'true' };
    const { send, seen } = await world('severity string from level', infer, { 'table.file.compression': 'snappy' });
    await send({ level: 'a', took: 1 }, { level: 'b', took: 2 });
    await send({ level: 'c', took: 3, ok: true });
    expect(await seen()).toEqual({
      columns: ['11 severity string', '12 took long', '13 ok boolean'],
      rows: [
        ['a', 1, null],
        ['b', 2, null],
        ['c', 3, true],
      ],
    });
  }, 120_000);
});
