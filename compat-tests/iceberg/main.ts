/** Engines that read and write Iceberg tables through the REST catalog, while the broker writes to them. */
import { type Case, type CaseContext, holds, runCases, same } from '../harness.ts';
import { Engine, type TableRow } from './engine.ts';
import { loginCases } from './login-cases.ts';
import { pythonWithDuckdb, pythonWithIceberg, pythonWithSpark } from './python.ts';
import { deletesRows, deletesValues } from './row-deletes.ts';
import { WrittenTopic } from './written-topic.ts';

const uri = `http://${process.env['HTTP'] ?? '127.0.0.1:9200'}/iceberg`;
/** Spark alone takes a minute for a dozen statements on two cores. */
const LIMIT_MS = 400_000;

const pyiceberg = (): Engine => new Engine(pythonWithIceberg(), 'pyiceberg_engine.py', uri);
const duckdb = (): Engine => new Engine(pythonWithDuckdb(), 'duckdb_engine.py', uri);
let sparkEngine: Engine | undefined;
/** One for all cases: it takes long to start. */
function spark(): Engine {
  const { python, jars } = pythonWithSpark();
  sparkEngine ??= new Engine(python, 'spark_engine.py', uri, jars);
  return sparkEngine;
}

function using(context: CaseContext, engine: Engine): Engine {
  if (engine !== sparkEngine) context.defer(() => engine.stop());
  return engine;
}

/** An engine reads while rows come, finds old snapshots and filtered rows, and in the end exactly the log. */
const reads = (name: string, open: () => Engine): Case => ({
  name: `${name}-reads-while-written`,
  timeoutMs: LIMIT_MS,
  async run(context) {
    const engine = using(context, open());
    const topic = await WrittenTopic.create(context);
    await topic.readWhileWritten(engine);
    await topic.settled(engine);
    same(
      await engine.read(topic.name, { first: 10 }),
      topic.rows().filter(([, offset]) => offset >= 10),
      'rows from offset 10 on',
    );
    const snapshots = await engine.ask<readonly (readonly [string, number])[]>('snapshots', { table: topic.name });
    holds(snapshots.length >= 3, `${snapshots.length} snapshots`);
    for (const [snapshot, count] of snapshots.slice(0, 3)) {
      const rows = await engine.read(topic.name, { snapshot });
      same(rows.length, count, `rows of snapshot ${snapshot}`);
      topic.checkPrefix(rows, `snapshot ${snapshot}`);
    }
  },
});

/** An engine appends while the broker writes: neither loses a commit. */
const appends = (name: string, open: () => Engine): Case => ({
  name: `${name}-appends-while-written`,
  timeoutMs: LIMIT_MS,
  async run(context) {
    const engine = using(context, open());
    const topic = await WrittenTopic.create(context);
    await topic.write();
    await topic.settled(engine);
    const others: TableRow[] = [];
    let appending = true;
    const writing = topic.writeWhile(() => appending);
    try {
      for (let n = 0; n < 3; n++) {
        const [partition, offset, value] = [7, 100 + n, `appended ${n}`] as const;
        await engine.ask('append', { table: topic.name, partition, offset, value });
        others.push([partition, offset, value]);
      }
    } finally {
      appending = false;
      await writing;
    }
    await topic.settled(engine, others);
  },
});

const cases: readonly Case[] = [
  ...loginCases,
  reads('pyiceberg', pyiceberg),
  reads('spark', spark),
  reads('duckdb', duckdb),
  appends('pyiceberg', pyiceberg),
  appends('spark', spark),
  {
    name: 'spark-expires-snapshots-and-nothing-is-written-twice',
    timeoutMs: LIMIT_MS,
    async run(context) {
      const engine = using(context, spark());
      const topic = await WrittenTopic.create(context);
      for (let n = 0; n < 3; n++) {
        await topic.write();
        await topic.settled(engine);
      }
      const [partition, offset, value] = [7, 1, 'of another engine'] as const;
      await engine.ask('append', { table: topic.name, partition, offset, value });
      // Afterwards no snapshot is left that the broker made.
      const text = `CALL quarry.system.expire_snapshots(table => 'topics.\`${topic.name}\`', older_than => TIMESTAMP '2100-01-01', retain_last => 1)`;
      await engine.ask('sql', { text });
      same((await engine.ask<unknown[]>('snapshots', { table: topic.name })).length, 1, 'snapshots left');
      await topic.write();
      await topic.settled(engine, [[partition, offset, value]]);
    },
  },
  {
    name: 'spark-deletes-rows-beside-their-files',
    timeoutMs: LIMIT_MS,
    run: (context) => deletesRows(context, using(context, spark()), using(context, pyiceberg())),
  },
  {
    name: 'iceberg-deletes-rows-by-value',
    timeoutMs: LIMIT_MS,
    run: (context) => deletesValues(context, using(context, spark())),
  },
  {
    name: 'spark-works-on-tables-of-its-own',
    timeoutMs: LIMIT_MS,
    async run(context) {
      const engine = using(context, spark());
      const namespace = context.name('own').replaceAll('-', '_');
      const table = `quarry.${namespace}.t`;
      for (const text of [
        `CREATE NAMESPACE quarry.${namespace} WITH PROPERTIES ('team' = 'spark')`,
        `CREATE TABLE ${table} (id BIGINT, name STRING) USING iceberg PARTITIONED BY (bucket(4, id))`,
        `INSERT INTO ${table} VALUES (1, 'a'), (2, 'b'), (3, 'c')`,
        `ALTER TABLE ${table} ADD COLUMN more DOUBLE`,
        `ALTER TABLE ${table} RENAME COLUMN name TO title`,
        `ALTER TABLE ${table} ADD PARTITION FIELD truncate(title, 1)`,
        `UPDATE ${table} SET more = 0.5 WHERE id = 2`,
        `DELETE FROM ${table} WHERE id = 3`,
        `ALTER TABLE ${table} CREATE TAG before_more`,
        `MERGE INTO ${table} t USING (SELECT 4L AS id, 'd' AS title) s ON t.id = s.id WHEN NOT MATCHED THEN INSERT (id, title, more) VALUES (s.id, s.title, 1.5)`,
        `ALTER TABLE ${table} RENAME TO ${namespace}.u`,
      ])
        await engine.ask('sql', { text });
      const rows = (text: string): Promise<unknown> => engine.ask('sql', { text });
      const moved = `quarry.${namespace}.u`;
      const all = [
        ['1', 'a', null],
        ['2', 'b', '0.5'],
        ['4', 'd', '1.5'],
      ];
      same(await rows(`SELECT * FROM ${moved} ORDER BY id`), all, 'rows');
      same(
        await rows(`SELECT * FROM ${moved} VERSION AS OF 'before_more' ORDER BY id`),
        all.slice(0, 2),
        'rows of the tag',
      );
      await rows(`CREATE OR REPLACE TABLE ${moved} USING iceberg AS SELECT 9L AS only`);
      same(await rows(`SELECT * FROM ${moved}`), [['9']], 'rows of the table that replaced it');
      await rows(`DROP TABLE ${moved}`);
      await rows(`DROP NAMESPACE quarry.${namespace}`);
      const left = (await rows('SHOW NAMESPACES IN quarry')) as string[][];
      holds(!left.flat().includes(namespace), `${namespace} is still there`);
    },
  },
  {
    name: 'pyiceberg-works-on-tables-of-its-own',
    timeoutMs: LIMIT_MS,
    async run(context) {
      const engine = using(context, pyiceberg());
      const namespace = context.name('own');
      const kept = Array.from({ length: 8 }, (_none, n) => [n, `n${n}`, null]);
      same(
        await engine.ask('own', { namespace }),
        { rows: [...kept, [100, 'new', 'm']], listed: [[namespace, 'u']] },
        'rows and tables',
      );
    },
  },
  {
    name: 'pyiceberg-committers-in-processes-of-their-own-lose-no-commit',
    timeoutMs: LIMIT_MS,
    async run(context) {
      const engines = [1, 2, 3].map(() => using(context, pyiceberg()));
      const namespace = context.name('many');
      await engines[0]!.ask('make', { namespace });
      const times = 5;
      await Promise.all(engines.map((engine, writer) => engine.ask('commit_many', { namespace, writer, times })));
      const wanted = engines.flatMap((_engine, writer) => Array.from({ length: times }, (_none, n) => [writer, n]));
      same(await engines[0]!.ask('many', { namespace }), wanted, 'rows');
    },
  },
  {
    name: 'pyiceberg-is-refused-what-is-the-brokers',
    timeoutMs: LIMIT_MS,
    async run(context) {
      const engine = using(context, pyiceberg());
      const topic = await WrittenTopic.create(context);
      await topic.write();
      await topic.settled(engine);
      for (const [action, refusal] of [
        ['property', /BadRequest.*written by the broker alone/],
        ['schema', /BadRequest.*not for the table of a topic/],
        ['drop', /Forbidden.*the broker writes to this table/],
      ] as const) {
        const said = await engine.ask<string>('refused', { table: topic.name, action });
        holds(refusal.test(said), `${action}: ${said}`);
      }
      await topic.write();
      await topic.settled(engine);
    },
  },
];

await runCases('iceberg', cases, 2);
