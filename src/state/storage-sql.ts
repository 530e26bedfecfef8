import type { SqlEngine, SqlStatement } from '../metadata/types.ts';
import { sortedEntries } from './storage-memory.ts';
import type { Storage, StorageEntry } from './types.ts';

/** Common to SQLite and PostgreSQL; SQLite takes any name of a type, and keeps bytes as they are. */
const TABLES = [
  `CREATE TABLE IF NOT EXISTS state_files (
     directory TEXT NOT NULL, name TEXT NOT NULL, content BYTEA NOT NULL, PRIMARY KEY (directory, name))`,
  `CREATE TABLE IF NOT EXISTS state_directories (
     parent TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (parent, name))`,
];

function split(path: string): readonly [directory: string, name: string] {
  const at = path.lastIndexOf('/');
  return at < 0 ? ['', path] : [path.slice(0, at), path.slice(at + 1)];
}

class SqlStorage implements Storage {
  readonly #engine: SqlEngine;

  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }

  async makeDirectory(path: string): Promise<void> {
    const statements: SqlStatement[] = [];
    for (let at = path; at !== ''; at = split(at)[0])
      statements.push({
        sql: 'INSERT INTO state_directories (parent, name) VALUES (?, ?) ON CONFLICT (parent, name) DO NOTHING',
        params: split(at),
      });
    await this.#engine.transaction(statements);
  }

  async #names(path: string): Promise<Map<string, boolean>> {
    const directories = await this.#engine.query('SELECT name FROM state_directories WHERE parent = ?', [path]);
    const files = await this.#engine.query('SELECT name FROM state_files WHERE directory = ?', [path]);
    const found = new Map<string, boolean>();
    for (const row of directories) found.set(String(row['name']), true);
    for (const row of files) found.set(String(row['name']), false);
    return found;
  }

  async list(path: string): Promise<StorageEntry[]> {
    return sortedEntries(await this.#names(path));
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const sql = 'SELECT content FROM state_files WHERE directory = ? AND name = ?';
    const [row] = await this.#engine.query(sql, split(path));
    return row === undefined ? undefined : (row['content'] as Uint8Array);
  }

  async write(path: string, content: Uint8Array): Promise<void> {
    const sql = `INSERT INTO state_files (directory, name, content) VALUES (?, ?, ?)
      ON CONFLICT (directory, name) DO UPDATE SET content = excluded.content`;
    await this.#engine.transaction([{ sql, params: [...split(path), content] }]);
  }

  async remove(paths: readonly string[]): Promise<void> {
    const sql = 'DELETE FROM state_files WHERE directory = ? AND name = ?';
    if (paths.length > 0) await this.#engine.transaction(paths.map((path) => ({ sql, params: split(path) })));
  }

  async removeDirectory(path: string): Promise<void> {
    for (const [name, directory] of await this.#names(path))
      if (directory) await this.removeDirectory(`${path}/${name}`);
    await this.#engine.transaction([
      { sql: 'DELETE FROM state_files WHERE directory = ?', params: [path] },
      { sql: 'DELETE FROM state_directories WHERE parent = ? AND name = ?', params: split(path) },
    ]);
  }
}

/** Files as rows; the two tables are made when they are missing. */
export async function sqlStorage(engine: SqlEngine): Promise<Storage> {
  await engine.transaction(TABLES.map((sql) => ({ sql })));
  return new SqlStorage(engine);
}
