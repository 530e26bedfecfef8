import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { SqlError } from './errors.ts';
import type { SqlLimits } from './messages.ts';
import { explained, readStatement, type Statement } from './statement.ts';

/** The columns of every topic; those of its Iceberg table. */
const COLUMNS = `"partition" INTEGER, "offset" BIGINT, "timestamp" TIMESTAMPTZ, "timestamp_type" INTEGER,
  "key" BLOB, "value" BLOB, "headers" STRUCT("key" VARCHAR, "value" BLOB)[]`;

/**
 * An empty database in memory that one query has for itself: no files, no extensions, nothing spilled to the disk, and the configuration locked,
 * so that a query which got past the checks of its text still finds nothing but its own tables.
 */
export class QueryDatabase {
  readonly connection: DuckDBConnection;
  readonly #instance: DuckDBInstance;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.connection = connection;
  }

  static async open({ memoryBytes, threads }: SqlLimits): Promise<QueryDatabase> {
    const instance = await DuckDBInstance.create(':memory:', {
      enable_external_access: 'false',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      allow_community_extensions: 'false',
      threads: String(threads),
      memory_limit: `${Math.floor(memoryBytes / 1024)}KiB`,
      max_temp_directory_size: '0KiB',
    });
    const database = new QueryDatabase(instance, await instance.connect());
    await database.connection.run("SET TimeZone = 'UTC'");
    await database.connection.run('SET lock_configuration = true');
    return database;
  }

  /** What `sql` is, by DuckDB's own parser. Throws SqlError for what may not run. */
  async check(sql: string): Promise<Statement> {
    const text = explained(sql);
    const reader = await this.connection.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [text]);
    return readStatement(String(reader.getRows()[0]![0]));
  }

  async createTopic(name: string): Promise<void> {
    await this.connection.run(`CREATE TABLE ${quoted(name)} (${COLUMNS})`);
  }

  close(): void {
    this.connection.closeSync();
    this.#instance.closeSync();
  }
}

/** Runs `task`; what DuckDB says against it becomes a SqlError. */
export async function askDuckDb<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (error instanceof SqlError) throw error;
    const message = (error as Error).message.trim();
    if (/^(?:Out of Memory|OutOfMemory)/i.test(message))
      throw new SqlError('the query needs more memory than sql.memory.bytes: bound partition, offset or timestamp');
    throw new SqlError(message);
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
