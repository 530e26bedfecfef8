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
