import type { Pool, PoolClient } from 'pg';
import { SqlConflict, SqlInvalid, SqlUnavailable } from '../../metadata/errors.ts';
import type { SqlEngine, SqlRow, SqlStatement, SqlValue } from '../../metadata/types.ts';

/** How connections to PostgreSQL are kept. */
export interface PoolSettings {
  /** So many stay open, once they were needed, however long they are idle. */
  readonly minConnections: number;
  readonly maxConnections: number;
  /** For making a connection, and for waiting until one is free. */
  readonly connectionTimeoutMs: number;
  readonly idleTimeoutSeconds: number;
  readonly maxLifetimeSeconds: number;
  /** A statement without an answer for so long counts as lost, and a transaction whose next statement does not come is undone. */
  readonly answerTimeoutMs: number;
}

export const DEFAULT_POOL: PoolSettings = {
  minConnections: 5,
  maxConnections: 20,
  connectionTimeoutMs: 3000,
  idleTimeoutSeconds: 600,
  maxLifetimeSeconds: 3600,
  answerTimeoutMs: 30_000,
};

/** What a pool has done, and how it is now. */
export interface PoolUse {
  readonly made: number;
  readonly closed: number;
  /** Callers that got no connection in time. */
  readonly timeouts: number;
  /** Callers that got one. */
  readonly used: number;
  readonly open: number;
  readonly idle: number;
  readonly waiting: number;
}

/** Held while the tables are made: two `CREATE TABLE IF NOT EXISTS` at once can fail in PostgreSQL. */
const SCHEMA_LOCK = 0x71756172;
const INT8 = 20;

/** PostgreSQL behind a pool of connections. */
export class PostgresEngine implements SqlEngine {
  readonly #pool: Pool;
  #made = 0;
  #closed = 0;
  #timeouts = 0;
  #used = 0;
  #ended: Promise<void> | undefined;

  constructor(pool: Pool) {
    this.#pool = pool;
    pool.on('connect', (client) => {
      this.#made++;
      // The statement under way learns of a broken connection by itself; without a listener the event would end the process.
      client.on('error', () => undefined);
    });
    pool.on('remove', () => this.#closed++);
    // An idle connection broke: the pool has dropped it, and makes another when one is needed.
    pool.on('error', () => undefined);
  }

  get use(): PoolUse {
    return {
      made: this.#made,
      closed: this.#closed,
      timeouts: this.#timeouts,
      used: this.#used,
      open: this.#pool.totalCount,
      idle: this.#pool.idleCount,
      waiting: this.#pool.waitingCount,
    };
  }

  async #connection(): Promise<PoolClient> {
    if (this.#ended !== undefined) throw new SqlUnavailable('the database is closed');
    try {
      const client = await this.#pool.connect();
      this.#used++;
      return client;
    } catch (error) {
      if (/timeout/i.test(String(error))) this.#timeouts++;
      // Nothing that goes wrong here is about a statement: refused, unknown user, no such database.
      throw new SqlUnavailable(`no connection to the database: ${messageOf(error)}`, { cause: error });
    }
  }

  /** One connection for `work`. It is kept for others unless its state is unknown. */
  async #with<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#connection();
    let broken = false;
    try {
      return await work(client);
    } catch (error) {
      const known = sorted(error);
      broken = known instanceof SqlUnavailable;
      throw known;
    } finally {
      client.release(broken);
    }
  }

  query(sql: string, params: readonly SqlValue[] = []): Promise<SqlRow[]> {
    return this.#with(async (client) => (await client.query<SqlRow>(numbered(sql), [...params])).rows);
  }

  /** Rejects with SqlUnavailable when the answer of the commit is lost: it may have happened. */
  transaction(statements: readonly SqlStatement[]): Promise<void> {
    return this.#with(async (client) => {
      await client.query('BEGIN');
      try {
        for (const { sql, params = [], changes } of statements) {
          const { rowCount } = await client.query(numbered(sql), [...params]);
          if (changes !== undefined && rowCount !== changes)
            throw new SqlConflict(`changed ${rowCount} rows where ${changes} were expected: ${sql}`);
        }
      } catch (error) {
        if (!(sorted(error) instanceof SqlUnavailable)) await client.query('ROLLBACK');
        throw error;
      }
      await client.query('COMMIT');
    });
  }

  async close(): Promise<void> {
    this.#ended ??= this.#pool.end();
    await this.#ended;
  }
}

/** Opens a database and makes `tables` (statements that do nothing where they are there). Rejects with SqlUnavailable. */
export async function openPostgres(
  url: string,
  tables: readonly string[],
  settings: PoolSettings = DEFAULT_POOL,
): Promise<PostgresEngine> {
  const { Pool, types } = await import('pg');
  const engine = new PostgresEngine(
    new Pool({
      connectionString: url,
      min: Math.min(settings.minConnections, settings.maxConnections),
      max: settings.maxConnections,
      connectionTimeoutMillis: settings.connectionTimeoutMs,
      idleTimeoutMillis: settings.idleTimeoutSeconds * 1000,
      maxLifetimeSeconds: settings.maxLifetimeSeconds,
      query_timeout: settings.answerTimeoutMs,
      // The locks of a process that was cut off go with its transaction: nobody waits for a connection that is dead and does not know it.
      idle_in_transaction_session_timeout: settings.answerTimeoutMs,
      keepAlive: true,
      fallback_application_name: 'quarry',
      types: {
        // Values of the engines stay below 2^53 (SqlValue).
        getTypeParser: ((oid: number, format?: 'text') =>
          oid === INT8 ? Number : types.getTypeParser(oid, format)) as typeof types.getTypeParser,
      },
    }),
  );
  try {
    await engine.transaction([
      { sql: 'SELECT pg_advisory_xact_lock(?)', params: [SCHEMA_LOCK] },
      ...tables.map((sql) => ({ sql })),
    ]);
  } catch (error) {
    await engine.close();
    throw error;
  }
  return engine;
}

/** `?` as `$1`, `$2` …, but not inside of quotes. */
function numbered(sql: string): string {
  let count = 0;
  return sql.replace(/'[^']*'|"[^"]*"|\?/g, (part) => (part === '?' ? `$${++count}` : part));
}

/** Sorts an error by its SQLSTATE (https://www.postgresql.org/docs/15/errcodes-appendix.html); one without comes from the connection. */
function sorted(error: unknown): Error {
  if (error instanceof SqlConflict) return error;
  const message = messageOf(error);
  const state = stateOf(error);
  // 23: a constraint; 40: rolled back because of another transaction (deadlock, serialization).
  if (/^(23|40)/.test(state)) return new SqlConflict(message, { cause: error });
  // 08 connection, 53 resources, 55 not available now, 57 operator, 58 system, 25006 a standby.
  if (state === '' || /^(08|53|55|57|58|25006)/.test(state)) return new SqlUnavailable(message, { cause: error });
  return new SqlInvalid(message, { cause: error });
}

/** Empty for an error that the server did not send. */
function stateOf(error: unknown): string {
  const { code, severity } = error as { code?: unknown; severity?: unknown };
  return typeof code === 'string' && severity !== undefined ? code : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
