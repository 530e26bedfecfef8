import { expect, test } from 'vitest';
import { textSegmentRegistry } from '../../../src/metadata/registry.ts';
import { verifySegments } from '../../../src/processor/segments/verify.ts';
import { liveIndex, segmentOf } from '../fulltext/oracle/sealed.ts';
import { A, packFixture, sealSome } from './pack-fixture.ts';

async function packed() {
  const fixture = await packFixture();
  await sealSome(fixture.wal, 0);
  await sealSome(fixture.wal, 4);
  await fixture.start().sink.run(true);
  const rows = await fixture.sections.page(100);
  return { ...fixture, rows, verify: () => verifySegments({ sql: fixture.sql, store: fixture.objects }) };
}

test('sound segments have no faults, and everything in them is counted', async () => {
  const { verify } = await packed();
  expect(await verify()).toMatchObject({
    sections: 6,
    textSegments: 0,
    batches: 12,
    records: 24,
    faults: [],
    gaps: [],
  });
});

test('every turned bit of a section is found', async () => {
  const { objects, rows, verify } = await packed();
  const [row] = rows;
  if (row === undefined) throw new Error('no row');
  const sound = await objects.get(row.objectKey);
  for (let at = row.position; at < row.position + row.length + 16; at += 3) {
    const rotten = sound.slice();
    rotten[at] = (rotten[at] ?? 0) ^ 16;
    await objects.put(row.objectKey, rotten);
    const { faults } = await verify();
    expect(faults.length, `byte ${at}`).toBeGreaterThan(0);
  }
});

test('a missing object is a fault of each of its segments', async () => {
  const { objects, rows, verify } = await packed();
  await objects.delete([rows[0]?.objectKey ?? '']);
  const { faults } = await verify();
  expect(faults).toHaveLength(3);
  expect(faults[0]).toEqual({ where: 'a-0-00000000000000000000-0', problem: `no object ${rows[0]?.objectKey}` });
});

test('an object that nobody knows is a fault, one that is being uploaded is not', async () => {
  const { objects, sql, verify } = await packed();
  await objects.put('packs/stray', new Uint8Array(3));
  await objects.put('packs/uploading', new Uint8Array(3));
  await sql.query(`INSERT INTO garbage VALUES ('packs/uploading', 1, 0, 'upload')`);
  expect((await verify()).faults).toEqual([
    { where: 'packs/stray', problem: 'is in the object store, but nothing refers to it' },
  ]);
});

test('a row that says something else than its pack is a fault', async () => {
  const { sql, verify } = await packed();
  await sql.query('UPDATE sections SET last_offset = 2 WHERE partition = 1 AND base_offset = 0');
  const { faults } = await verify();
  expect(faults.map((fault) => fault.where)).toEqual(['a-1-00000000000000000000-0']);
});

test('gaps are told and overlaps are faults', async () => {
  const { sql, verify } = await packed();
  await sql.query('DELETE FROM sections WHERE topic_id = ? AND partition = 1 AND base_offset = 0', [A]);
  await sql.query('UPDATE sections SET base_offset = 2 WHERE topic_id = ? AND partition = 0 AND base_offset = 4', [A]);
  expect((await verify()).faults.map((fault) => fault.problem)).toContain('overlaps a-0-00000000000000000000-0');
  await sql.query('UPDATE sections SET base_offset = 6 WHERE topic_id = ? AND partition = 0 AND base_offset = 2', [A]);
  expect((await verify()).gaps).toEqual([{ topic: 'a', partition: 0, from: 4, to: 5 }]);
});

test('a text segment is read whole, and has to be what its row says', async () => {
  const { sql, objects, rows } = await packed();
  const [row] = rows;
  if (row === undefined) throw new Error('no row');
  const values = Array.from({ length: 4000 }, (_, n) => JSON.stringify({ n, text: `word${n * 7} other${n * 13}` }));
  const segment = await segmentOf(liveIndex(values, row.baseOffset));
  expect(segment.length).toBeGreaterThan(50_000);
  const { records: _records, ...shared } = row;
  const lastOffset = row.baseOffset + values.length - 1;
  const object = { objectKey: 'indexes/1', position: 10, length: segment.length };
  const text = { ...shared, lastOffset, documents: values.length, ...object };
  const bytes = Buffer.concat([Buffer.alloc(10), segment]);
  const problems = async (stored?: Uint8Array): Promise<string[]> => {
    await objects.delete(['indexes/1']);
    if (stored !== undefined) await objects.put('indexes/1', stored);
    const { faults } = await verifySegments({ sql, store: objects });
    return faults.map((fault) => fault.problem);
  };
  await sql.transaction([textSegmentRegistry(sql).insert(text)]);
  expect(await problems()).toEqual(['no object indexes/1']);
  expect(await problems(bytes.subarray(0, bytes.length - 1))).toEqual([`its object ends at ${bytes.length - 1}`]);
  expect(await problems(bytes)).toEqual([]);
  for (let at = 10; at < bytes.length; at += 1501) {
    const rotten = Buffer.from(bytes);
    rotten[at] = (rotten[at] ?? 0) ^ 16;
    expect(await problems(rotten), `byte ${at}`).toEqual([expect.stringContaining('has a wrong CRC in')]);
  }
  await sql.query('UPDATE text_segments SET documents = 3999');
  expect(await problems(bytes)).toEqual([expect.stringMatching(/holds 4000 documents .*, not 3999 documents/)]);
});

test('what a broker that runs stores, replaces and deletes meanwhile is no fault', async () => {
  const { objects, sql, rows, sections, wal, start, clock } = await packed();
  const second = rows.at(-1)?.objectKey ?? '';
  let pieces = 0;
  const { faults } = await verifySegments({
    sql,
    store: objects,
    async pace() {
      if (pieces++ > 0) return;
      await sealSome(wal, 8);
      await start().sink.run(true);
      const gone = await sections.ofObject(second);
      await sql.transaction(gone.flatMap((row) => sections.forgetOne(row, clock.now())));
      await objects.delete([second]);
    },
  });
  expect(pieces).toBeGreaterThan(0);
  expect(faults).toEqual([]);
});
