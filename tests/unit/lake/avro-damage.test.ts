import { expect, test } from 'vitest';
import { below, seededRandom } from '../../../src/base/random.ts';
import { InvalidAvro, readAvro, writeAvro } from '../../../src/lake/iceberg/avro.ts';
import { decodeManifestList } from '../../../src/lake/iceberg/manifest.ts';
import { keyIn } from '../../../src/lake/iceberg/files.ts';
import { newTable, someFile } from './tables.ts';

test('a damaged manifest list is an error or other values, never a crash', async () => {
  const { table, warehouse } = await newTable();
  await table.commit({ add: [someFile(table, 'a')] });
  const uri = table.metadata.snapshots[0]?.['manifest-list'] ?? '';
  const whole = await warehouse.store.get(keyIn(warehouse, uri));
  const random = seededRandom(11);
  let refused = 0;
  for (let round = 0; round < 400; round++) {
    const bytes = Uint8Array.from(whole);
    if (round % 4 === 0) bytes.fill(0, below(random, bytes.length));
    for (let i = 0; i < 3; i++) bytes[below(random, bytes.length)] = below(random, 256);
    const cut = round % 3 === 0 ? bytes.subarray(0, below(random, bytes.length)) : bytes;
    await decodeManifestList(cut).catch((error: unknown) => {
      expect(error).toBeInstanceOf(InvalidAvro);
      refused++;
    });
  }
  expect(refused).toBeGreaterThan(200);
});

test('rows of no bytes are refused, because a block could claim any number of them', async () => {
  const empty = { type: 'record', name: 'empty', fields: [] };
  const bytes = await writeAvro(empty, {}, [{}, {}], new Uint8Array(16));
  await expect(readAvro(bytes, (schema) => schema)).rejects.toThrow(InvalidAvro);
});

/** A file whose only row has these bytes, to be read under a schema of one field. */
async function readAs(row: readonly number[], type: unknown): Promise<unknown> {
  const fixed = { type: 'fixed', name: 'raw', size: row.length };
  const record = (of: unknown): object => ({ type: 'record', name: 'row', fields: [{ name: 'x', type: of }] });
  const bytes = await writeAvro(record(fixed), {}, [{ x: Buffer.from(row) }], new Uint8Array(16));
  return (await readAvro(bytes, () => record(type))).rows[0];
}

/** 2^40 as a count. */
const HUGE = [0x80, 0x80, 0x80, 0x80, 0x80, 0x40];

test.each([
  ['nothing', { type: 'array', items: 'null' }],
  ['records of nothing', { type: 'array', items: { type: 'record', name: 'none', fields: [] } }],
  ['numbers that are not there', { type: 'array', items: 'long' }],
  ['texts that go backwards', { type: 'array', items: 'bytes' }],
  ['a map', { type: 'map', values: 'null' }],
])('a list is not believed to have a million millions of entries: %s', async (_what, type) => {
  await expect(readAs([...HUGE, 1, 1, 1, 1], type)).rejects.toThrow(InvalidAvro);
});

test('lists are read block by block, with sizes or without', async () => {
  expect(await readAs([2, 6, 3, 4, 8, 10, 0], { type: 'array', items: 'int' })).toEqual({ x: [3, 4, 5] });
  expect(await readAs([2, 2, 97, 6, 0], { type: 'map', values: 'int' })).toEqual({ x: { a: 3 } });
});

test('a schema that holds itself over and over is refused', async () => {
  let schema: unknown = 'int';
  for (let level = 0; level < 40; level++)
    schema = {
      type: 'record',
      name: `R${level}`,
      fields: ['a', 'b'].map((name, at) => ({ name, type: at === 0 || level === 0 ? schema : `R${level - 1}` })),
    };
  await expect(readAs([1], schema)).rejects.toThrow(InvalidAvro);
});
