import { execFileSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { textSegmentRegistry } from '../../../src/metadata/registry.ts';
import { createTopic } from '../../../src/metadata/topics.ts';
import { exportSegments } from '../../../src/processor/segments/export.ts';
import { TOPIC_A, TOPIC_B } from '../../unit/packs/batches.ts';
import { A, B, bytesOf, packFixture, sealSome } from '../../unit/processor/pack-fixture.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quarry-export-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function unpack(): string[] {
  execFileSync('tar', ['-xzf', join(folder, 'out.tar.gz'), '-C', folder]);
  return readdirSync(folder).filter((name) => name !== 'out.tar.gz');
}

const output = () => createWriteStream(join(folder, 'out.tar.gz'));

test('sections are exported as log files that tar can unpack', async () => {
  const { wal, sql, objects, start } = await packFixture();
  const { placed } = await sealSome(wal, 0);
  await start().sink.run(true);
  const report = await exportSegments({ sql, store: objects, kind: 'pack' }, output());
  expect(report.segments).toBe(3);
  expect(unpack().sort((a, b) => (a < b ? -1 : 1))).toEqual([
    'a-0-00000000000000000000-0.log',
    'a-1-00000000000000000000-0.log',
    'b-0-00000000000000000000-0.log',
    'segments.json',
  ]);
  expect(readFileSync(join(folder, 'a-1-00000000000000000000-0.log'))).toEqual(bytesOf(placed, TOPIC_A, 1));
  expect(readFileSync(join(folder, 'b-0-00000000000000000000-0.log'))).toEqual(bytesOf(placed, TOPIC_B, 0));
  const manifest = JSON.parse(readFileSync(join(folder, 'segments.json'), 'utf8')) as { id: string }[];
  expect(manifest.map((segment) => segment.id)).toContain('a-1-00000000000000000000-0');
});

test('one partition of one topic can be exported alone', async () => {
  const { wal, sql, objects, start } = await packFixture();
  await sealSome(wal, 0);
  await start().sink.run(true);
  await exportSegments({ sql, store: objects, kind: 'pack', topicId: A, partition: 1 }, output());
  expect(unpack()).toContain('a-1-00000000000000000000-0.log');
  expect(unpack()).toHaveLength(2);
});

test('a text segment of a topic with a long name is exported as it lies in its object', async () => {
  const { sql, objects } = await packFixture();
  const topic = 'long-'.repeat(40);
  const topicId = 'AAAAAAAAAAAAAAAAAAAAAw';
  await sql.transaction([
    ...createTopic({ topicId, name: topic, partitions: 1, created: 1 }, []),
    textSegmentRegistry(sql).insert({
      topicId,
      partition: 0,
      baseOffset: 0,
      lastOffset: 9,
      generation: 0,
      objectKey: 'indexes/1',
      position: 3,
      length: 4,
      documents: 10,
      minTimestamp: 1,
      maxTimestamp: 2,
      created: 3,
    }),
  ]);
  await objects.put('indexes/1', new TextEncoder().encode('abcdefghij'));
  await exportSegments({ sql, store: objects, kind: 'text' }, output());
  expect(unpack()).toContain(`${topic}-0-00000000000000000000-0.text`);
  expect(readFileSync(join(folder, `${topic}-0-00000000000000000000-0.text`), 'utf8')).toBe('defg');
});

test('a corrupt section ends the export with an error', async () => {
  const { wal, sql, objects, sections, start } = await packFixture();
  await sealSome(wal, 0);
  await start().sink.run(true);
  const row = await sections.atOrAfter(B, 0, 0);
  const bytes = await objects.get(row?.objectKey ?? '');
  bytes[(row?.position ?? 0) + 70] = 255;
  await objects.put(row?.objectKey ?? '', bytes);
  await expect(exportSegments({ sql, store: objects, kind: 'pack' }, output())).rejects.toThrow('wrong checksum');
});
