import { expect, test } from 'vitest';
import { readFile } from '../../../src/base/disk.ts';
import { indexPath, segmentPath } from '../../../src/wal/files.ts';
import { TOPIC_A } from '../packs/batches.ts';
import { A, bytesOf, packedBytes, packFixture, sealSome } from './pack-fixture.ts';

/** Turns one bit of a file. */
function rot(disk: Awaited<ReturnType<typeof packFixture>>['disk'], path: string, at: number): void {
  const bytes = readFile(disk, path);
  const file = disk.open(path, 'write');
  file.writeSync([new Uint8Array([(bytes[at] ?? 0) ^ 1])], at);
  file.close();
}

test('a corrupt entry is counted, kept aside and left out; all others are packed', async () => {
  const fixture = await packFixture();
  const { wal, disk, start } = fixture;
  const { sequence, placed } = await sealSome(wal, 0);
  const bytes = Buffer.from(readFile(disk, segmentPath('/wal', sequence)));
  const first = placed[0];
  if (first === undefined) throw new Error('nothing placed');
  rot(disk, segmentPath('/wal', sequence), bytes.indexOf(first.batch) + 80);
  const { sink } = start();
  expect(await sink.run(true)).toMatchObject({ segments: 1, corrupt: 1, records: 10, errors: 0 });
  expect(await packedBytes(fixture, A, 0)).toEqual(bytesOf(placed.slice(1), TOPIC_A, 0));
  expect(await packedBytes(fixture, A, 1)).toEqual(bytesOf(placed, TOPIC_A, 1));
  const kept = disk.list('/wal/quarantine');
  expect(kept).toHaveLength(1);
  const aside = Buffer.from(readFile(disk, `/wal/quarantine/${kept[0]?.name}`));
  expect(aside.length).toBeGreaterThanOrEqual(first.batch.length);
});

test('a segment whose index is damaged or gone is read itself', async () => {
  for (const damage of ['gone', 0, 70, 400]) {
    const fixture = await packFixture();
    const { wal, disk, start } = fixture;
    const { sequence, placed } = await sealSome(wal, 0);
    if (typeof damage === 'number') rot(disk, indexPath('/wal', sequence), damage);
    else disk.remove(indexPath('/wal', sequence));
    expect(await start().sink.run(true)).toMatchObject({ segments: 1, records: 12, corrupt: 0, errors: 0 });
    expect(await packedBytes(fixture, A, 1)).toEqual(bytesOf(placed, TOPIC_A, 1));
  }
});

test('a segment that cannot be read is an error that stays, and nothing of it counts', async () => {
  const { wal, disk, start, sections } = await packFixture();
  const { sequence } = await sealSome(wal, 0);
  disk.remove(segmentPath('/wal', sequence));
  const { sink } = start();
  expect(await sink.run(true)).toMatchObject({ segments: 0, errors: 1 });
  expect(await sink.run(true)).toMatchObject({ segments: 0, errors: 1 });
  expect(sink.status().failing).toContain('ENOENT');
  expect(await sections.page(1)).toEqual([]);
});
