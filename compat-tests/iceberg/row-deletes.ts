import { type CaseContext, eventually, holds, same } from '../harness.ts';
import type { Engine, TableRow } from './engine.ts';
import { WrittenTopic } from './written-topic.ts';

const http = `http://${process.env['HTTP'] ?? '127.0.0.1:9200'}`;

const MERGE_ON_READ = ['delete', 'update', 'merge'].map((what) => `'write.${what}.mode' = 'merge-on-read'`).join(', ');

async function post(path: string, body?: object): Promise<unknown> {
  const answer = await fetch(http + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  holds(answer.ok, `${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

/** The rows of a topic as the broker's own SQL has them. */
async function sqlRows(topic: string): Promise<readonly TableRow[]> {
  const sql = `SELECT "partition" AS p, "offset" AS o, decode("value") AS v FROM "${topic}" ORDER BY ALL`;
  const { rows } = (await post('/sql', { sql })) as { rows: readonly { p: number; o: number; v: string }[] };
  return rows.map(({ p, o, v }) => [p, o, v]);
}

/** Deletes by value, which Flink writes: Iceberg's own writer makes them, Spark and the broker's SQL read the same rows. */
export async function deletesValues(context: CaseContext, spark: Engine): Promise<void> {
  const topic = await WrittenTopic.create(context, { 'quarry.merge.policy': 'none' });
  for (let n = 0; n < 4; n++) {
    await topic.write();
    await topic.settled(spark);
  }
  const gone = ['value 3 of 0', 'value 77 of 1', 'value 100 of 0', 'value 101 of 1', 'no value'];
  await spark.ask('delete_values', { table: topic.name, values: gone });
  // Comes after the deletes, and so stays, as do rows that have the deleted values from now on.
  await topic.write();
  await spark.ask('append', { table: topic.name, partition: 7, offset: 1, value: gone[0] });
  const expected = (): TableRow[] => [
    ...topic.rows().filter(([, offset, value]) => offset >= 100 || !gone.includes(value)),
    [7, 1, gone[0]!],
  ];
  const agree = async (when: string): Promise<void> => {
    same(await sqlRows(topic.name), expected(), `rows of SQL ${when}`);
    await eventually(async () => (await spark.read(topic.name)).length === expected().length, 'the rows', 60_000);
    same(await spark.read(topic.name), expected(), `rows of Spark ${when}`);
  };
  await agree('beside delete files');
  await merge(context, topic, spark);
  await agree('after merging');
}

/** Has the broker merge the files of the topic's table, and waits until no delete file is left. */
async function merge(context: CaseContext, topic: WrittenTopic, spark: Engine): Promise<void> {
  await topic.mergeFiles(context);
  await post('/admin/jobs/table-merge/run');
  await eventually(async () => (await deleteFiles(topic, spark)) === 0, 'no delete files after merging', 60_000);
}

async function deleteFiles({ name }: WrittenTopic, spark: Engine): Promise<number> {
  const text = `SELECT count(*) FROM quarry.topics.\`${name}\`.delete_files`;
  return Number((await spark.ask<string[][]>('sql', { text }))[0]![0]);
}

/**
 * Spark deletes, updates and merges rows of a topic's table by files that say which rows are gone. Everybody reads the same, the broker's SQL too, while
 * the log goes on, and after the broker has merged the files into one.
 */
export async function deletesRows(context: CaseContext, spark: Engine, other: Engine): Promise<void> {
  const topic = await WrittenTopic.create(context, { 'quarry.merge.policy': 'none' });
  for (let n = 0; n < 4; n++) {
    await topic.write();
    await topic.settled(spark);
  }
  const table = `quarry.topics.\`${topic.name}\``;
  for (const text of [
    `ALTER TABLE ${table} SET TBLPROPERTIES (${MERGE_ON_READ})`,
    `DELETE FROM ${table} WHERE \`partition\` = 0 AND offset < 5`,
    `UPDATE ${table} SET value = encode('changed', 'UTF-8') WHERE \`partition\` = 1 AND offset IN (7, 40)`,
    `MERGE INTO ${table} t USING (SELECT 0 AS p, 60L AS o UNION ALL SELECT 1 AS p, 1L AS o) s
      ON t.\`partition\` = s.p AND t.offset = s.o
      WHEN MATCHED AND s.p = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET value = encode('merged', 'UTF-8')`,
  ])
    await spark.ask('sql', { text });
  await topic.write();
  const expected = (): TableRow[] =>
    topic.rows().flatMap(([partition, offset, value]): TableRow[] => {
      if (partition === 0 && (offset < 5 || offset === 60)) return [];
      const isChanged = partition === 1 && (offset === 7 || offset === 40);
      return [[partition, offset, partition === 1 && offset === 1 ? 'merged' : isChanged ? 'changed' : value]];
    });
  const agree = async (when: string): Promise<void> => {
    same(await sqlRows(topic.name), expected(), `rows of SQL ${when}`);
    await eventually(async () => (await other.read(topic.name)).length === expected().length, 'the rows', 60_000);
    same(await other.read(topic.name), expected(), `rows of pyiceberg ${when}`);
    same(await spark.read(topic.name), expected(), `rows of Spark ${when}`);
  };
  holds((await deleteFiles(topic, spark)) > 0, 'Spark has written no delete file');
  await agree('beside delete files');
  await merge(context, topic, spark);
  await agree('after merging');
  await topic.write();
  await agree('as the log goes on');
}
