import { afterAll, beforeAll, expect, test } from 'vitest';
import { Broker } from '../../../src/broker/index.ts';
import { run } from '../../../src/main/commands/sql.ts';
import { TestClient } from '../broker/client.ts';
import { temporaryFolder } from '../broker/process.ts';
import { recordedIo } from '../http-commands/io.ts';
import { framed, openRegistry, type TestRegistry } from '../tables/registry.ts';
import { BUSY } from '../text/world.ts';

const folder = temporaryFolder();
let registry: TestRegistry;
let broker: Broker;
let client: TestClient;

beforeAll(async () => {
  registry = await openRegistry();
  const settings = {
    ...BUSY,
    'data.dir': folder.path,
    // Rows are in no file unless they are asked for.
    'memtable.flush.interval.ms': 3_600_000,
    'schema.registry.url': registry.url,
    'schema.registry.basic.auth.user.info': 'me:secret',
  };
  broker = await Broker.start({ settings });
  client = new TestClient({ bootstrap: broker.bootstrap, http: broker.httpAddress });
});
afterAll(async () => {
  await client.close();
  await broker.stop();
  await registry.close();
  folder.remove();
});

const COLUMNS = 'level string, at timestamptz, user.id string';

async function topicOf(name: string, ...values: Buffer[]): Promise<void> {
  await client.createTopic(name, 1, { 'quarry.table': 'true', 'quarry.table.columns': COLUMNS });
  // The table has its columns from the first commit on.
  await client.run();
  await send(name, ...values);
}

async function send(topic: string, ...values: Buffer[]): Promise<void> {
  const producer = await client.producer();
  await producer.send({ topic, messages: values.map((value) => ({ value })) });
}

async function ask(topic: string): Promise<{ rows: unknown; notice: string | null }> {
  const sql = `SELECT level, "user.id" AS id, "at"::VARCHAR AS "at" FROM "${topic}" ORDER BY "offset"`;
  const answer = await fetch(`http://${broker.httpAddress}/sql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sql }),
  });
  const { rows } = (await answer.json()) as { rows: unknown };
  return { rows, notice: answer.headers.get('quarry-notice') };
}

const order = (level: string, id: string): Buffer => framed({ level, at: 0, user: { id } });
const row = (level: string | null, id: string | null) => ({
  level,
  id,
  at: id === null ? null : '1970-01-01 00:00:00+00',
});
const NULLS = row(null, null);
const metric = async (): Promise<number> => {
  const { body } = await client.http('/metrics');
  return Number(/quarry_sql_registry_failures_total (\d+)/.exec(String(body))?.[1]);
};

test('rows that are in no file yet have columns that a schema of the registry describes', async () => {
  const unknown = Buffer.from([0, 0, 0, 0, 9, 1]);
  await topicOf('values', order('INFO', 'a'), Buffer.from('{"level":"plain"}'), unknown, order('WARN', 'b'));
  const expected = [row('INFO', 'a'), row('plain', null), NULLS, row('WARN', 'b')];
  expect(await ask('values')).toEqual({ rows: expected, notice: null });
  const asked = registry.asked.length;
  expect(await ask('values')).toEqual({ rows: expected, notice: null });
  expect(registry.asked.length).toBe(asked);
});

test('while the registry is away they are null where the schema is not known, the answer says so, and nobody waits', async () => {
  await topicOf('away', order('INFO', 'a'));
  registry.away = true;
  await send('away', framed({ level: 'NEW', at: 0, user: { id: 'c' } }, 8));
  const seen = await ask('away');
  expect(seen.rows).toEqual([row('INFO', 'a'), NULLS]);
  expect(seen.notice).toMatch(/may be null: the schema registry cannot be asked: status 503/);
  const asked = registry.asked.length;
  expect((await ask('away')).notice).toBe(seen.notice);
  expect(registry.asked.length).toBe(asked);
  const io = recordedIo();
  expect(await run(['SELECT count(*) AS n FROM "away"', '--url', `http://${broker.httpAddress}`], io)).toBe(0);
  expect(io.printed.err).toContain('columns of rows that are in no file yet may be null');
  expect(await metric()).toBe(3);
});
