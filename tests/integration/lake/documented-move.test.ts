import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import {
  loadTable,
  openCatalog,
  openObjectStore,
  systemClock,
  systemRandom,
  warehouseAt,
} from '../../../src/lake/index.ts';
import { root } from '../../style/sources.ts';
import { temporaryFolder } from '../broker/process.ts';

interface Example {
  readonly moveFiles: (files: readonly string[], lake: string) => Promise<void>;
}

/** The example of the page as a module; `quarry/lake` is the source beside it. */
async function loadExample(folder: string): Promise<Example> {
  const page = readFileSync(join(root, 'docs/operations/from-parquet-files.md'), 'utf8');
  const code = /^```ts example\n([\s\S]*?)^```/m.exec(page)?.[1] ?? '';
  expect(code).toContain("from 'quarry/lake'");
  const library = pathToFileURL(join(root, 'src/lake/index.ts')).href;
  writeFileSync(join(folder, 'example.ts'), code.replace("'quarry/lake'", `'${library}'`));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(join(root, 'node_modules/hyparquet'), join(folder, 'node_modules/hyparquet'));
  return (await import(pathToFileURL(join(folder, 'example.ts')).href)) as Example;
}

/** A plain file, as programs write them: no field ids. */
function writePlainFile(path: string, from: number, rows: number): void {
  const numbers = Array.from({ length: rows }, (_none, n) => from + n);
  const columnData = [
    { name: 'time', data: numbers.map((n) => new Date(1_700_000_000_000 + n * 1000)), type: 'TIMESTAMP' as const },
    { name: 'name', data: numbers.map((n) => `sensor ${n % 7}`), type: 'STRING' as const },
    { name: 'value', data: numbers.map((n) => (n % 10 === 0 ? null : n / 2)), type: 'DOUBLE' as const },
  ];
  writeFileSync(path, new Uint8Array(parquetWriteBuffer({ columnData })));
}

test('the documented program makes one table of plain Parquet files, in one snapshot', async () => {
  const folder = temporaryFolder();
  const { moveFiles } = await loadExample(folder.path);
  const files = [0, 1, 2].map((n) => join(folder.path, `old-${n}.parquet`));
  for (const [n, file] of files.entries()) writePlainFile(file, n * 100, 100);
  const lake = join(folder.path, 'lake');
  mkdirSync(lake);
  await moveFiles(files, lake);

  const catalog = await openCatalog(`sqlite:${lake}/catalog.db`);
  const store = await openObjectStore(`file:${lake}`, { clock: systemClock, random: systemRandom });
  const identifier = { namespace: ['my_tenant', 'my_dataset'], name: 'measurements' };
  const warehouse = warehouseAt(`file://${lake}`, store);
  const table = await loadTable({ catalog, warehouse, clock: systemClock, random: systemRandom }, identifier);
  expect(table.metadata.snapshots).toHaveLength(1);
  const rows: Record<string, unknown>[] = [];
  for (const { path } of await table.files())
    rows.push(
      ...(await parquetReadObjects({ file: await asyncBufferFromFile(path.replace('file://', '')), compressors })),
    );
  rows.sort((a, b) => Number(a['time']) - Number(b['time']));
  expect(rows).toHaveLength(300);
  expect(rows[11]).toEqual({ time: new Date(1_700_000_011_000), name: 'sensor 4', value: 5.5 });
  expect(rows[20]?.['value'] ?? null).toBeNull();
  await catalog.close();
  await store.close();
  folder.remove();
});
