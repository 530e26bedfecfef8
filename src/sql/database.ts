import { type DuckDBConnection, DuckDBInstance, type DuckDBResult, StatementType } from '@duckdb/node-api';
import type { Schema } from '../lake/index.ts';
import { columnDefinitions, literal, parquetRead, quoted } from './column-types.ts';
import { SqlError } from './errors.ts';
import { markedRead, type MarkedFiles } from './marked-files.ts';
import type { SqlLimits } from './messages.ts';
import { explained, readStatement, type Statement } from './statement.ts';

/** Where rows that are in no file are kept: a query cannot name schemas. */
const ROWS_SCHEMA = 'quarry';

export type DatabaseLimits = Pick<SqlLimits, 'memoryBytes' | 'threads'>;

/** A database in memory that loads no extensions and spills nothing to the disk. It is not closed yet: no query may have it. */
export function instanceWith({ memoryBytes, threads }: DatabaseLimits): Promise<DuckDBInstance> {
  return DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    threads: String(threads),
    memory_limit: `${Math.floor(memoryBytes / 1024)}KiB`,
    max_temp_directory_size: '0KiB',
  });
}

/**
 * A database in memory that one query has for itself: no extensions, nothing spilled to the disk, no files but those named when it is opened, and
 * the configuration locked, so that a query which got past the checks of its text still finds nothing but its own tables.
 */
export class QueryDatabase {
  readonly connection: DuckDBConnection;
  readonly #instance: DuckDBInstance;
  #tables = 0;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.connection = connection;
  }

  /** One that reads no files. */
  static async open(limits: DatabaseLimits): Promise<QueryDatabase> {
    return QueryDatabase.closed(await instanceWith(limits), []);
  }

  /** Makes of a database that has nothing yet one that a query may have: the files of `paths` are all that it can ever read. */
  static async closed(instance: DuckDBInstance, paths: readonly string[]): Promise<QueryDatabase> {
    const database = new QueryDatabase(instance, await instance.connect());
    const { connection } = database;
    if (paths.length > 0) await connection.run(`SET allowed_paths = [${paths.map(literal).join(', ')}]`);
    await connection.run('SET enable_external_access = false');
    await connection.run("SET TimeZone = 'UTC'");
    await connection.run('SET lock_configuration = true');
    return database;
  }

  /** What `sql` is, by DuckDB's own parser. Throws SqlError for what may not run. */
  async check(sql: string): Promise<Statement> {
    const { text, explains } = explained(sql);
    const reader = await this.connection.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [text]);
    return { ...readStatement(String(reader.getRows()[0]![0]), text), explains };
  }

  /**
   * Makes the table of a topic out of files, which it was opened for, and of rows that are loaded afterwards into the table whose name this gives;
   * undefined when there are to be none.
   */
  async createTopic(name: string, schema: Schema, rowsOf: TopicRows): Promise<RowsTable | undefined> {
    const { paths, marked, hasRows, condition } = rowsOf;
    const columns = schema.fields.map((field) => quoted(field.name)).join(', ');
    const where = (of: Schema): string => (condition(of) === '' ? '' : ` WHERE ${condition(of)}`);
    const sources = paths.length === 0 ? [] : [`SELECT ${columns} FROM ${parquetRead(schema, paths)}${where(schema)}`];
    if (marked !== undefined) {
      await this.#makeSchema();
      const { setup, from, columns: named } = markedRead(`${ROWS_SCHEMA}.marked_${this.#tables++}`, marked);
      for (const statement of setup) await this.connection.run(statement);
      const selected = schema.fields.map((field, at) => `d.${named.fields[at]!.name} AS ${quoted(field.name)}`);
      sources.push(`SELECT ${selected.join(', ')} FROM ${from}${where(named)}`);
    }
    let rows: RowsTable | undefined;
    if (hasRows || sources.length === 0) {
      rows = { schema: ROWS_SCHEMA, name: `rows_${this.#tables++}` };
      await this.#makeSchema();
      await this.connection.run(`CREATE TABLE ${ROWS_SCHEMA}.${rows.name} (${columnDefinitions(schema)})`);
      sources.push(`SELECT ${columns} FROM ${ROWS_SCHEMA}.${rows.name}`);
    }
    await this.connection.run(`CREATE VIEW ${quoted(name)} AS ${sources.join(' UNION ALL ')}`);
    return rows;
  }

  async #makeSchema(): Promise<void> {
    await this.connection.run(`CREATE SCHEMA IF NOT EXISTS ${ROWS_SCHEMA}`);
  }

  /** Runs a query that `check` let pass. Throws SqlError for what reads nothing: COPY could write the files that the database may open. */
  async run(text: string): Promise<DuckDBResult> {
    const statements = await this.connection.extractStatements(text);
    if (statements.count !== 1) throw new SqlError('a query is one statement');
    const prepared = await statements.prepare(0);
    const { statementType } = prepared;
    if (statementType !== StatementType.SELECT && statementType !== StatementType.EXPLAIN)
      throw new SqlError('only queries are served');
    return prepared.stream();
  }

  close(): void {
    this.connection.closeSync();
    this.#instance.closeSync();
  }
}

/** Where the rows of a topic are. */
export interface TopicRows {
  readonly paths: readonly string[];
  /** More files: rows of theirs were deleted by other engines. */
  readonly marked: MarkedFiles | undefined;
  /** Of the files only rows of which this is true are part of the topic; empty: all are. In terms of the columns that it is given. */
  readonly condition: (columns: Schema) => string;
  /** There will be rows of the log. */
  readonly hasRows: boolean;
}

/** A table that rows of the log are loaded into. */
export interface RowsTable {
  readonly schema: string;
  readonly name: string;
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
