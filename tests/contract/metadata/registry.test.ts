import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SqlConflict } from '../../../src/metadata/errors.ts';
import { Garbage } from '../../../src/metadata/garbage.ts';
import { saveLogStart } from '../../../src/metadata/log-start.ts';
import { addPacked, partitionRows } from '../../../src/metadata/partitions.ts';
import { sectionRegistry, type SegmentRegistry, textSegmentRegistry } from '../../../src/metadata/registry.ts';
import { createTopic, deleteTopic } from '../../../src/metadata/topics.ts';
import type { SectionRow, SqlEngine, TextSegmentRow } from '../../../src/metadata/types.ts';
import { engines } from './engines.ts';

const TOPIC = 'AAAAAAAAAAAAAAAAAAAAAQ';
const OTHER = 'AAAAAAAAAAAAAAAAAAAAAg';

function section(baseOffset: number, lastOffset: number, more: Partial<SectionRow> = {}): SectionRow {
  return {
    topicId: TOPIC,
    partition: 0,
    baseOffset,
    lastOffset,
    generation: 0,
    objectKey: `packs/${baseOffset}`,
    position: 0,
    length: 100,
    records: lastOffset - baseOffset + 1,
    created: 5,
    minTimestamp: baseOffset * 10,
    maxTimestamp: lastOffset * 10,
    ...more,
  };
}

describe.each(engines)('the registry on $name', (engine) => {
  let fixture: ReturnType<typeof engine.start>;
  let sql: SqlEngine;
  let sections: SegmentRegistry<SectionRow>;
  let garbage: Garbage;
  const insert = (...rows: SectionRow[]) => sql.transaction(rows.map((row) => sections.insert(row)));
  const garbageKeys = async () =>
    (await sql.query('SELECT object_key FROM garbage ORDER BY 1')).map((r) => r['object_key']);

  beforeEach(async () => {
    fixture = engine.start();
    sql = await fixture.open();
    sections = sectionRegistry(sql);
    garbage = new Garbage(sql);
    await sql.transaction(createTopic({ topicId: TOPIC, name: 'logs', partitions: 2, created: 1 }, []));
  });

  afterEach(async () => {
    await sql.close();
    fixture.clean();
  });

  test('finds the section of an offset, or the next one after a gap', async () => {
    await insert(section(0, 9), section(10, 19), section(30, 39), section(0, 99, { partition: 1 }));
    expect(await sections.atOrAfter(TOPIC, 0, 0)).toEqual(section(0, 9));
    expect(await sections.atOrAfter(TOPIC, 0, 19)).toEqual(section(10, 19));
    expect(await sections.atOrAfter(TOPIC, 0, 20)).toEqual(section(30, 39));
    expect(await sections.atOrAfter(TOPIC, 0, 40)).toBeUndefined();
    expect(await sections.atOrAfter(OTHER, 0, 0)).toBeUndefined();
  });

  test('finds the highest generation of an offset', async () => {
    await insert(section(0, 9), section(0, 9, { generation: 2 }), section(0, 9, { generation: 1 }));
    expect((await sections.atOrAfter(TOPIC, 0, 3))?.generation).toBe(2);
  });

  test('finds sections that overlap a range', async () => {
    await insert(section(0, 9), section(10, 19), section(20, 29));
    const found = await sections.overlapping(TOPIC, 0, 9, 20);
    expect(found.map((row) => row.baseOffset)).toEqual([0, 10]);
  });

  test('finds the first section with a time, and the one with the latest', async () => {
    await insert(
      section(0, 9, { maxTimestamp: 500 }),
      section(10, 19, { maxTimestamp: 900 }),
      section(20, 29, { maxTimestamp: 700 }),
    );
    expect((await sections.firstSince(TOPIC, 0, 501, 0))?.baseOffset).toBe(10);
    expect((await sections.firstSince(TOPIC, 0, 501, 20))?.baseOffset).toBe(20);
    expect(await sections.firstSince(TOPIC, 0, 901, 0)).toBeUndefined();
    expect((await sections.latest(TOPIC, 0, 0))?.baseOffset).toBe(10);
  });

  test('sums up each partition', async () => {
    await insert(section(5, 9), section(10, 19), section(0, 1, { partition: 1, objectKey: 'packs/5' }));
    expect(await sections.bounds()).toEqual([
      {
        topicId: TOPIC,
        partition: 0,
        baseOffset: 5,
        lastOffset: 19,
        segments: 2,
        records: 15,
        bytes: 200,
        maxTimestamp: 190,
      },
      {
        topicId: TOPIC,
        partition: 1,
        baseOffset: 0,
        lastOffset: 1,
        segments: 1,
        records: 2,
        bytes: 100,
        maxTimestamp: 10,
      },
    ]);
    expect(await sections.bounds(TOPIC, 1)).toHaveLength(1);
    expect(await sections.bounds(OTHER)).toEqual([]);
  });

  test('lists everything in pages without a gap or a double', async () => {
    const rows = Array.from({ length: 7 }, (_, i) => section(i * 10, i * 10 + 9, { partition: i % 2 }));
    await insert(...rows);
    const seen: SectionRow[] = [];
    for (let page = await sections.page(3); page.length > 0; page = await sections.page(3, page.at(-1)))
      seen.push(...page);
    expect(seen).toHaveLength(7);
    expect(new Set(seen.map((row) => row.baseOffset)).size).toBe(7);
  });

  test('lists one topic in pages', async () => {
    await sql.transaction(createTopic({ topicId: OTHER, name: 'other', partitions: 1, created: 1 }, []));
    await insert(section(0, 9), section(0, 9, { topicId: OTHER }), section(10, 19, { topicId: OTHER }));
    const [first] = await sections.page(1, undefined, OTHER);
    expect(first).toMatchObject({ topicId: OTHER, baseOffset: 0 });
    expect(await sections.page(5, first, OTHER)).toMatchObject([{ baseOffset: 10 }]);
    expect(await sections.page(5, undefined, TOPIC)).toHaveLength(1);
  });

  test('refuses to register the same offsets twice', async () => {
    await insert(section(0, 9));
    await expect(insert(section(10, 19), section(0, 9, { objectKey: 'packs/again' }))).rejects.toBeInstanceOf(
      SqlConflict,
    );
    expect(await sections.bounds()).toMatchObject([{ lastOffset: 9 }]);
  });

  test('registers nothing of a topic that was deleted meanwhile', async () => {
    await insert(section(0, 9), section(0, 9, { topicId: OTHER }));
    expect(await sections.page(10)).toEqual([section(0, 9)]);
  });

  test('gives an object to the garbage when its last section is forgotten, and not before', async () => {
    await insert(
      section(0, 9, { objectKey: 'packs/a' }),
      section(10, 19, { objectKey: 'packs/b' }),
      section(0, 4, { partition: 1, objectKey: 'packs/a' }),
    );
    await sql.transaction(sections.forgetBefore(TOPIC, 0, 15, 77));
    expect(await sections.page(10)).toHaveLength(2);
    expect(await garbageKeys()).toEqual([]);
    await sql.transaction(sections.forgetBefore(TOPIC, 1, 5, 78));
    expect(await garbageKeys()).toEqual(['packs/a']);
  });

  test('raises a log start together with forgetting what lies before it', async () => {
    await insert(section(0, 9), section(10, 19));
    await saveLogStart(sql, TOPIC, 0, 12, 'retention', 90);
    await saveLogStart(sql, TOPIC, 0, 5, 'retention', 91);
    expect(await sections.page(10)).toEqual([section(10, 19)]);
    expect(await garbageKeys()).toEqual(['packs/0']);
    expect(await partitionRows(sql)).toMatchObject([{ topicId: TOPIC, partition: 0, logStart: 12 }]);
  });

  test('keeps the sums of each partition over registering and forgetting', async () => {
    const register = (...rows: SectionRow[]) =>
      sql.transaction(rows.flatMap((row) => [sections.insert(row), addPacked(row)]));
    const sums = async () =>
      (await partitionRows(sql)).map((row) => [row.partition, row.logStart, row.packedUpTo, row.packedBytes]);
    await register(section(0, 9), section(10, 19, { length: 50 }), section(0, 3, { partition: 1 }));
    await register(section(0, 9, { topicId: OTHER }));
    expect(await sums()).toEqual([
      [0, 0, 20, 150],
      [1, 0, 4, 100],
    ]);
    await saveLogStart(sql, TOPIC, 0, 10, 'retention', 90);
    await sql.transaction(sections.forgetOne(section(0, 3, { partition: 1 }), 90));
    expect(await sums()).toEqual([
      [0, 10, 20, 50],
      [1, 0, 4, 0],
    ]);
    await saveLogStart(sql, TOPIC, 0, 20, 'retention', 91);
    expect(await sums()).toContainEqual([0, 20, 20, 0]);
    await sql.transaction(deleteTopic(sql, TOPIC, 92));
    expect(await sums()).toEqual([]);
  });

  test('forgets a topic with its text segments', async () => {
    const texts = textSegmentRegistry(sql);
    const { records, ...shared } = section(0, 9);
    const text: TextSegmentRow = { ...shared, documents: records, objectKey: 'indexes/1' };
    await insert(section(0, 9));
    await sql.transaction([texts.insert(text)]);
    expect(await texts.page(10)).toEqual([text]);
    await sql.transaction(deleteTopic(sql, TOPIC, 50));
    expect(await texts.page(10)).toEqual([]);
    expect(await garbageKeys()).toEqual(['indexes/1', 'packs/0']);
    await expect(sql.transaction(deleteTopic(sql, TOPIC, 51))).rejects.toBeInstanceOf(SqlConflict);
  });

  test('holds an upload as garbage until it is registered', async () => {
    await garbage.announceUpload('packs/0', 100);
    await sql.transaction([garbage.takeBack('packs/0'), sections.insert(section(0, 9))]);
    expect(await garbage.condemn(1000, new Set())).toEqual([]);
  });

  test('does not register an object that the sweep has taken', async () => {
    await garbage.announceUpload('packs/0', 100);
    expect(await garbage.condemn(100, new Set())).toEqual([{ objectKey: 'packs/0', since: 100, reason: 'upload' }]);
    const registering = sql.transaction([garbage.takeBack('packs/0'), sections.insert(section(0, 9))]);
    await expect(registering).rejects.toBeInstanceOf(SqlConflict);
    expect(await sections.page(10)).toEqual([]);
    await garbage.forget(['packs/0']);
    expect(await garbage.keys()).toEqual(new Set());
  });

  test('leaves alone what is young or being worked on', async () => {
    await garbage.announceUpload('packs/young', 101);
    await garbage.announceUpload('packs/busy', 50);
    expect(await garbage.condemn(100, new Set(['packs/busy']))).toEqual([]);
    expect(await garbage.keys()).toEqual(new Set(['packs/young', 'packs/busy']));
  });

  test('names again what a crash left half deleted', async () => {
    await garbage.announceUpload('packs/0', 100);
    await garbage.condemn(100, new Set());
    expect(await garbage.condemn(0, new Set())).toMatchObject([{ objectKey: 'packs/0' }]);
  });
});
