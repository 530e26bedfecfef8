import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { Broker } from '../../../src/broker/index.ts';
import { run as segments } from '../../../src/main/commands/segments.ts';
import { TestClient } from '../broker/client.ts';
import { temporaryFolder } from '../broker/process.ts';
import { recordedIo } from '../http-commands/io.ts';
import { byKey, commitDeletes } from '../lake/row-deletes.ts';
import { CALM } from '../text/world.ts';
import { Lake } from './lake.ts';

const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A data directory with two tables of two files each; `beside` runs while its broker does. */
async function directory(beside: (folder: string) => Promise<void> = async () => {}) {
  const folder = temporaryFolder();
  closers.push(() => folder.remove());
  const pauses = { 'memtable.flush.interval.ms': 3_600_000, 'merge.interval.ms': 3_600_000 };
  const broker = await Broker.start({ settings: { ...CALM, ...pauses, 'data.dir': folder.path } });
  const client = new TestClient({ bootstrap: broker.bootstrap, http: broker.httpAddress });
  try {
    for (const topic of ['sound', 'rotten']) {
      await client.createTopic(topic, 1, { 'quarry.table': 'true' });
      for (let file = 0; file < 2; file++) {
        await client.send(topic, ['one', 'two', 'three']);
        await client.http('/admin/jobs/table-flush/run', 'POST');
      }
    }
    await beside(folder.path);
  } finally {
    await client.close();
    await broker.stop();
  }
  return folder.path;
}

async function verify(folder: string, ...args: string[]): Promise<{ code: number; out: string }> {
  const io = recordedIo({ LOG_LEVEL: 'silent' });
  const code = await segments(['verify', ...args, '--data.dir', folder], io);
  return { code, out: io.printed.out };
}

test('sound tables have no faults, also beside a running broker, and their files are counted', async () => {
  const folder = await directory(async (path) => {
    expect(await verify(path)).toMatchObject({ code: 0, out: expect.stringContaining('4 table files, ') as string });
  });
  const { code, out } = await verify(folder, '--json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ tableFiles: 4, faults: [] });
}, 60_000);

test('a damaged file of a table is named with its topic and the reason, and so is one that is missing', async () => {
  const folder = await directory();
  const [first = '', second = ''] = await new Lake(folder).files('rotten');
  const bytes = readFileSync(first);
  bytes[20]! ^= 16;
  writeFileSync(first, bytes);
  rmSync(second);
  const { code, out } = await verify(folder);
  expect(code).toBe(1);
  const lines = out.trim().split('\n');
  expect(lines).toHaveLength(3);
  const keyOf = (path: string) => path.slice(`${folder}/objects/`.length);
  expect(lines.find((line) => line.startsWith(`table rotten, ${keyOf(first)}: `))).toMatch(/: \S+/);
  expect(lines).toContain(`table rotten, ${keyOf(second)}: no object ${keyOf(second)}`);
  expect(lines.at(-1)).toMatch(/ and 4 table files, .* 2 faults$/);
}, 60_000);

test('a damaged file in which another engine deleted rows is named too', async () => {
  const folder = await directory();
  const lake = new Lake(folder);
  const [path] = (await lake.with('rotten', (table) => commitDeletes(table, [byKey(['k'])])))!;
  expect(await verify(folder)).toMatchObject({ code: 0, out: expect.stringContaining('5 table files, ') as string });
  const file = fileURLToPath(path!);
  writeFileSync(file, readFileSync(file).fill(0, 4));
  const { code, out } = await verify(folder);
  expect(code).toBe(1);
  expect(out).toContain(`table rotten, ${file.slice(`${folder}/objects/`.length)}: it has no footer`);
}, 60_000);

test('a catalog that is gone is a fault where there are tables', async () => {
  const folder = await directory();
  renameSync(`${folder}/catalog.db`, `${folder}/elsewhere.db`);
  const { code, out } = await verify(folder, '--json');
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    tableFiles: 0,
    faults: [{ where: 'the catalog of the tables', problem: `there is none at ${folder}/catalog.db` }],
  });
  expect(await verify(folder, '--catalog', `sqlite:${folder}/elsewhere.db`)).toMatchObject({ code: 0 });
}, 60_000);
