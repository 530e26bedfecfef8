import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SqlConflict, SqlInvalid, SqlUnavailable } from '../../../src/metadata/errors.ts';
import type { SqlEngine } from '../../../src/metadata/types.ts';
import { engines } from './engines.ts';

const put = (key: string, value: string) => ({
  sql: 'INSERT INTO meta (key, value) VALUES (?, ?)',
  params: [key, value],
});
const keys = async (sql: SqlEngine) => (await sql.query('SELECT key FROM meta ORDER BY key')).map((row) => row['key']);

describe.each(engines)('the SQL engine: $name', (engine) => {
  let fixture: ReturnType<typeof engine.start>;
  let sql: SqlEngine;

  beforeEach(async () => {
    fixture = engine.start();
    sql = await fixture.open();
  });

  afterEach(async () => {
    await sql.close();
    fixture.clean();
  });

  test('gives back what was written, each type as it was', async () => {
    await sql.transaction([{ sql: 'CREATE TABLE t (a BIGINT, b TEXT, c BYTEA, d TEXT)' }]);
    const bytes = new Uint8Array([0, 255, 7]);
    const params = [Number.MAX_SAFE_INTEGER, "it's", bytes, null];
    await sql.transaction([{ sql: 'INSERT INTO t (a, b, c, d) VALUES (?, ?, ?, ?)', params }]);
    const [row] = await sql.query('SELECT a, b, c, d FROM t WHERE a = ?', [Number.MAX_SAFE_INTEGER]);
    expect({ ...row }).toEqual({ a: Number.MAX_SAFE_INTEGER, b: "it's", c: bytes, d: null });
  });

  test('rolls a whole transaction back when one statement fails', async () => {
    await expect(sql.transaction([put('a', '1'), put('b', '1'), put('a', '2')])).rejects.toBeInstanceOf(SqlConflict);
    expect(await keys(sql)).toEqual([]);
  });

  test('rolls back with a conflict when another number of rows changed', async () => {
    const none = { sql: 'UPDATE meta SET value = ? WHERE key = ?', params: ['x', 'absent'], changes: 1 };
    await expect(sql.transaction([put('a', '1'), none])).rejects.toBeInstanceOf(SqlConflict);
    expect(await keys(sql)).toEqual([]);
    await sql.transaction([put('a', '1'), { ...none, params: ['x', 'a'] }]);
    expect(await keys(sql)).toEqual(['a']);
  });

  test('keeps callers apart that are committed together', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 60 }, (_, i) =>
        sql.transaction(i % 3 === 0 ? [put(`k${i}`, '1'), put(`k${i}`, '2')] : [put(`k${i}`, '1')]),
      ),
    );
    expect(outcomes.map((outcome) => outcome.status)).toEqual(
      Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? 'rejected' : 'fulfilled')),
    );
    expect(await keys(sql)).toHaveLength(40);
  });

  test('shows a query what was asked for before it', async () => {
    const writing = sql.transaction([put('a', '1')]);
    expect(await keys(sql)).toEqual(['a']);
    await writing;
  });

  test('answers rows of a statement that writes and returns', async () => {
    const rows = await sql.query(`INSERT INTO meta (key, value) VALUES ('a', '1') RETURNING key, value`);
    expect(rows.map((row) => ({ ...row }))).toEqual([{ key: 'a', value: '1' }]);
  });

  test('reports a statement that is wrong without harm to others', async () => {
    const wrong = sql.query('SELECT nothing FROM nowhere');
    const right = sql.transaction([put('a', '1')]);
    await expect(wrong).rejects.toBeInstanceOf(SqlInvalid);
    await right;
  });

  test('finishes what was asked before close and refuses what comes after', async () => {
    const last = sql.transaction([put('a', '1')]);
    const closing = sql.close();
    await last;
    await closing;
    await expect(sql.query('SELECT 1')).rejects.toBeInstanceOf(SqlUnavailable);
    await sql.close();
  });

  test.runIf(engine.durable)('keeps everything over a restart', async () => {
    await sql.transaction([put('a', '1')]);
    await sql.close();
    sql = await fixture.open();
    expect(await keys(sql)).toEqual(['a']);
  });
});
