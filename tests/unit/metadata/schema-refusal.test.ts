import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SchemaRefused, SqlUnavailable } from '../../../src/metadata/errors.ts';
import { openMetadata } from '../../../src/metadata/open.ts';
import { MIGRATIONS } from '../../../src/metadata/schema.ts';
import { openInlineSqlite } from '../../../src/metadata/sqlite-inline.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quarry-schema-'));
  path = join(folder, 'metadata.db');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function edit(sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

test('a file of a newer schema is refused with both versions named', async () => {
  await openInlineSqlite(path).close();
  edit(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
  const opening = openMetadata(`sqlite:${path}`);
  await expect(opening).rejects.toBeInstanceOf(SchemaRefused);
  await expect(opening).rejects.toThrow(
    `schema version ${MIGRATIONS.length + 1}, this program knows up to ${MIGRATIONS.length}`,
  );
});

test('a SQLite file of another program is refused and left alone', async () => {
  edit('CREATE TABLE theirs (a)');
  await expect(openMetadata(`sqlite:${path}`)).rejects.toBeInstanceOf(SchemaRefused);
  const database = new DatabaseSync(path);
  expect(
    database
      .prepare('SELECT name FROM sqlite_master')
      .all()
      .map((row) => row['name']),
  ).toEqual(['theirs']);
  database.close();
});

test('a file that is no database is reported', async () => {
  writeFileSync(path, 'not a database, but long enough to be looked at as one '.repeat(100));
  await expect(openMetadata(`sqlite:${path}`)).rejects.toBeInstanceOf(SqlUnavailable);
});

test('a folder that does not exist is reported', async () => {
  await expect(openMetadata(`sqlite:${join(folder, 'absent', 'x.db')}`)).rejects.toBeInstanceOf(SqlUnavailable);
});

test('an unknown scheme is named with those that work', async () => {
  await expect(openMetadata('mysql://host')).rejects.toThrow(
    "'mysql://host' is not supported: use sqlite:PATH or memory:",
  );
  await expect(openMetadata('sqlite:')).rejects.toBeInstanceOf(RangeError);
});
