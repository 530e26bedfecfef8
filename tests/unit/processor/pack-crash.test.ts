import { expect, test } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { SqlUnavailable } from '../../../src/metadata/errors.ts';
import { deleteTopic } from '../../../src/metadata/topics.ts';
import type { SqlEngine } from '../../../src/metadata/types.ts';
import { TOPIC_A, TOPIC_B } from '../packs/batches.ts';
import { A, B, bytesOf, GRACE_MS, keysOf, packedBytes, packFixture, sealSome } from './pack-fixture.ts';

/** An engine that dies at the transaction of that number, before or after doing it. */
function dyingSql(sql: SqlEngine, at: number, done: boolean): SqlEngine {
  let transactions = 0;
  return {
    ...sql,
    query: (text, params) => sql.query(text, params),
    async transaction(statements) {
      if (transactions++ !== at) return sql.transaction(statements);
      if (done) await sql.transaction(statements);
      throw new SqlUnavailable('the process died here');
    },
  };
}

test.each([
  [0, false],
  [0, true],
  [1, false],
  [1, true],
])(
  'a crash around transaction %i (done: %s) loses nothing, doubles nothing, leaves no object behind',
  async (at, done) => {
    const fixture = await packFixture();
    const { wal, sql, clock, objects, sections, start } = fixture;
    const { placed } = await sealSome(wal, 0);
    const crashed = await start({}, { sql: dyingSql(sql, at, done) }).sink.run(true);
    expect(crashed.errors).toBe(1);
    const { sink, sweep } = start();
    expect(await sink.run(true)).toMatchObject({ segments: 1, errors: 0 });
    expect(await packedBytes(fixture, A, 0)).toEqual(bytesOf(placed, TOPIC_A, 0));
    expect(await packedBytes(fixture, B, 0)).toEqual(bytesOf(placed, TOPIC_B, 0));
    await clock.advance(GRACE_MS + 1);
    await sweep.run();
    const known = new Set((await sections.page(100)).map((row) => row.objectKey));
    expect(await keysOf(objects)).toEqual([...known]);
    expect(known.size).toBe(1);
    expect(await sql.query('SELECT * FROM garbage')).toEqual([]);
  },
);

test('an object store that is down is tried again by the next run, and the status says so', async () => {
  const fixture = await packFixture();
  const { wal, start, setFaults, packed } = fixture;
  await sealSome(wal, 0);
  await sealSome(wal, 4);
  setFaults((operation) => (operation === 'put' ? 'refused' : undefined));
  const { sink } = start();
  const failed = await sink.run(true);
  expect(failed.segments).toBe(0);
  expect(failed.errors).toBeGreaterThan(0);
  expect(sink.status().failing).toContain('injected fault');
  expect(packed).toEqual([]);
  setFaults(() => undefined);
  expect((await sink.run(true)).segments).toBe(2);
  expect(sink.status().failing).toBeUndefined();
});

test('a failure is said once as long as its reason stays, and again when it comes back', async () => {
  const said: string[] = [];
  const logger = { ...silentLogger, warn: (_fields: object, message: string) => void said.push(message) };
  const { wal, start, setFaults } = await packFixture();
  await sealSome(wal, 0);
  const refuse = (): void => setFaults((operation) => (operation === 'put' ? 'refused' : undefined));
  const { sink } = start({}, { logger });
  refuse();
  await sink.run(true);
  await sink.run(true);
  expect(said).toHaveLength(1);
  setFaults(() => undefined);
  await sink.run(true);
  await sealSome(wal, 4);
  refuse();
  await sink.run(true);
  expect(said).toHaveLength(2);
});

test('a later segment is not registered before an earlier one that failed', async () => {
  const { wal, start, setFaults, sections, packed } = await packFixture();
  const first = await sealSome(wal, 0);
  await sealSome(wal, 4);
  await sealSome(wal, 8);
  const firstKey = `packs/${String(first.sequence).padStart(20, '0')}`;
  setFaults((operation, key) => (operation === 'put' && key.startsWith(firstKey) ? 'refused' : undefined));
  const { sink } = start();
  await sink.run(true);
  expect(await sections.page(10)).toEqual([]);
  setFaults(() => undefined);
  await sink.run(true);
  expect(packed).toHaveLength(3);
  expect((await sections.overlapping(A, 0, 0, 100)).map((row) => row.baseOffset)).toEqual([0, 4, 8]);
});

test('what failed runs uploaded is swept after the grace time, and not what is being uploaded', async () => {
  const { wal, start, setFaults, objects, clock } = await packFixture();
  await sealSome(wal, 0);
  setFaults((operation) => (operation === 'put' ? 'answer-lost' : undefined));
  const { sink, sweep, uploads } = start();
  await sink.run(true);
  const [left] = await keysOf(objects);
  await clock.advance(GRACE_MS - 1);
  expect(await sweep.run()).toBe(0);
  await clock.advance(1);
  uploads.add(left ?? '');
  expect(await sweep.run()).toBe(0);
  uploads.clear();
  setFaults((operation) => (operation === 'delete' ? 'answer-lost' : undefined));
  expect(await sweep.run()).toBe(0);
  setFaults(() => undefined);
  expect(await sweep.run()).toBe(1);
  expect(await keysOf(objects)).toEqual([]);
});

test('a topic deleted while its segment is packed leaves nothing behind', async () => {
  const fixture = await packFixture();
  const { wal, sql, start, setFaults, sections, objects, clock } = fixture;
  await sealSome(wal, 0);
  const deleting = async (): Promise<void> => {
    await sql.transaction(deleteTopic(sql, A, clock.now()));
    await sql.transaction(deleteTopic(sql, B, clock.now()));
  };
  setFaults((operation) => (operation === 'put' ? deleting() : undefined));
  const { sink, sweep } = start();
  expect(await sink.run(true)).toMatchObject({ segments: 1, errors: 0 });
  expect(await sections.page(10)).toEqual([]);
  await clock.advance(GRACE_MS + 1);
  await sweep.run();
  expect(await keysOf(objects)).toEqual([]);
});

test('a topic deleted after it was packed loses its objects after the grace time', async () => {
  const { wal, sql, start, objects, clock } = await packFixture();
  await sealSome(wal, 0);
  const { sink, sweep } = start();
  await sink.run(true);
  await sql.transaction(deleteTopic(sql, A, clock.now()));
  await clock.advance(GRACE_MS + 1);
  expect(await sweep.run()).toBe(0);
  await sql.transaction(deleteTopic(sql, B, clock.now()));
  expect(await sweep.run()).toBe(0);
  await clock.advance(GRACE_MS);
  expect(await sweep.run()).toBe(1);
  expect(await keysOf(objects)).toEqual([]);
});
