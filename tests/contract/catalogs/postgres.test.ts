import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  CATALOG_TABLES,
  CatalogUnavailable,
  createMetrics,
  DEFAULT_POOL,
  openCatalog,
  openPostgres,
  type PostgresEngine,
} from '../../../src/lake/index.ts';
import { SqlConflict, SqlInvalid, SqlUnavailable } from '../../../src/metadata/errors.ts';
import { freePort } from '../../../compat-tests/brokers/broker.ts';
import { Cutter } from './cutter.ts';
import { POSTGRES_BIN, PostgresServer } from './postgres-server.ts';
import { catalogContract } from './suite.ts';

if (POSTGRES_BIN === undefined) test.skip('PostgreSQL is not installed on this machine', () => undefined);
else {
  const bin = POSTGRES_BIN;
  let server: PostgresServer;
  let databases = 0;
  const fresh = async (): Promise<string> => {
    const database = `catalog${++databases}`;
    await server.run(`CREATE DATABASE ${database}`);
    return database;
  };
  beforeAll(async () => {
    server = await PostgresServer.start(bin);
  }, 60_000);
  afterAll(() => server.stop(), 60_000);

  catalogContract({
    name: 'PostgreSQL',
    shared: true,
    start: async () => undefined,
    fresh: async () => server.url(await fresh()),
    stop: async () => undefined,
  });

  describe('a catalog in PostgreSQL whose connection breaks', () => {
    const table = { namespace: ['topics'], name: 't' };

    test.each([
      { mode: 'after', then: 'm1' },
      { mode: 'before', then: 'm0' },
    ] as const)(
      'says that it does not know of a commit cut $mode COMMIT, and knows when asked',
      async ({ mode, then }) => {
        const cutter = new Cutter(server.port);
        const catalog = await openCatalog(server.url(await fresh(), await cutter.listen()));
        try {
          await catalog.createNamespace(['topics']);
          await catalog.commit([{ table, from: undefined, to: 'm0' }]);
          cutter.mode = mode;
          const lost = catalog.commit([{ table, from: 'm0', to: 'm1' }]);
          await expect(lost).rejects.toBeInstanceOf(CatalogUnavailable);
          cutter.mode = 'pass';
          await expect.poll(() => catalog.metadataLocation(table)).toBe(then);
        } finally {
          await catalog.close();
          cutter.close();
        }
      },
    );

    test('goes on after its backends were killed', async () => {
      const database = await fresh();
      const catalog = await openCatalog(server.url(database));
      await catalog.createNamespace(['topics']);
      await server.run(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`);
      await expect.poll(() => catalog.listNamespaces().catch((error: Error) => error.name)).toEqual([['topics']]);
      await catalog.close();
    });

    test('cannot be opened where nobody listens', async () => {
      const url = server.url('postgres', await freePort());
      await expect(openCatalog(url)).rejects.toBeInstanceOf(CatalogUnavailable);
    });
  });

  describe('the PostgreSQL engine', () => {
    const open = async (pool = DEFAULT_POOL): Promise<PostgresEngine> =>
      openPostgres(server.url(await fresh()), CATALOG_TABLES, pool);

    test('gives back what was written, and leaves question marks in quotes alone', async () => {
      const engine = await open();
      await engine.transaction([{ sql: 'CREATE TABLE t (a BIGINT, b TEXT, "c?" BYTEA, d TEXT)' }]);
      const params = [Number.MAX_SAFE_INTEGER, "it's", new Uint8Array([0, 255, 7]), null];
      await engine.transaction([{ sql: 'INSERT INTO t (a, b, "c?", d) VALUES (?, ?, ?, ?)', params }]);
      const [row] = await engine.query(`SELECT a, b, "c?" AS c, d, '?' AS q FROM t WHERE a = ?`, [params[0]!]);
      const bytes = row?.['c'] as Uint8Array;
      expect({ ...row, c: [...bytes] }).toEqual({ a: params[0], b: "it's", c: [0, 255, 7], d: null, q: '?' });
      await engine.close();
    });

    test('sorts errors: conflicts, statements that are wrong, a closed database', async () => {
      const engine = await open();
      await engine.transaction([{ sql: 'CREATE TABLE t (k TEXT PRIMARY KEY)' }]);
      const put = { sql: 'INSERT INTO t VALUES (?)', params: ['x'] };
      await expect(engine.transaction([put, put])).rejects.toBeInstanceOf(SqlConflict);
      await expect(engine.transaction([put, { sql: 'DELETE FROM t', changes: 7 }])).rejects.toBeInstanceOf(SqlConflict);
      expect(await engine.query('SELECT k FROM t')).toEqual([]);
      await expect(engine.query('SELEKT 1')).rejects.toBeInstanceOf(SqlInvalid);
      await engine.close();
      await expect(engine.query('SELECT 1')).rejects.toBeInstanceOf(SqlUnavailable);
    });

    test('counts its connections, and refuses who waits too long for one', async () => {
      const engine = await open({ ...DEFAULT_POOL, maxConnections: 2, connectionTimeoutMs: 200 });
      const slow = [1, 2].map(() => engine.query('SELECT pg_sleep(0.6)'));
      await expect(engine.query('SELECT 1')).rejects.toBeInstanceOf(SqlUnavailable);
      await Promise.all(slow);
      expect(engine.use).toMatchObject({ made: 2, timeouts: 1, used: 3, open: 2, idle: 2, waiting: 0 });
      await engine.close();
      await expect.poll(() => engine.use).toMatchObject({ closed: 2, open: 0 });
    });

    test('shows what its connections do among the metrics', async () => {
      const metrics = createMetrics();
      const catalog = await openCatalog(server.url(await fresh()), { metrics });
      await catalog.createNamespace(['topics']);
      const text = await metrics.text();
      expect(text).toMatch(/quarry_catalog_pool_made_total [1-9]/);
      expect(text).toMatch(/quarry_catalog_pool_used_total [1-9]/);
      expect(text).toMatch(/quarry_catalog_pool_connections\{state="idle"\} [1-9]/);
      expect(text).toContain('quarry_catalog_pool_timeouts_total 0\n');
      await catalog.close();
    });

    test('replaces a connection that has lived its time', async () => {
      const engine = await open({ ...DEFAULT_POOL, maxLifetimeSeconds: 1 });
      await expect.poll(() => engine.use.closed, { timeout: 5000 }).toBe(1);
      expect(await engine.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
      expect(engine.use.made).toBe(2);
      await engine.close();
    });
  });
}
