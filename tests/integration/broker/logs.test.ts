import { expect, test } from 'vitest';
import { TestClient, until } from './client.ts';
import { BrokerProcess, folderOfEachTest } from './process.ts';

const folder = folderOfEachTest();

type Line = Readonly<Record<string, unknown>>;

const linesOf = (broker: BrokerProcess): Line[] =>
  broker.stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);

const TABLE = ['--table', 'true', '--memtable.flush.interval.ms', '50'];
const committed = (broker: BrokerProcess): Line[] =>
  linesOf(broker).filter(({ msg }) => msg === 'rows were committed to a table');

test('log.levels lets one module of another thread say more; its lines name the transaction', async () => {
  const broker = await BrokerProcess.serve(folder.path, [
    ...TABLE,
    '--log.level',
    'warn',
    '--log.levels',
    'tables=debug',
  ]);
  const client = new TestClient(broker);
  await client.send('lines', ['one']);
  await until('a line', () => committed(broker).length > 0);
  expect(committed(broker)[0]).toMatchObject({
    module: 'tables',
    topic: 'lines',
    rows: 1,
    files: 1,
    transaction: expect.stringMatching(/^[\w-]{20,}$/),
  });
  expect(linesOf(broker).filter(({ module }) => module !== 'tables')).toEqual([]);
  await client.close();
});

test('the level of a module changes in all threads while the broker runs', async () => {
  const broker = await BrokerProcess.serve(folder.path, TABLE);
  const client = new TestClient(broker);
  await client.send('lines', ['one']);
  await client.run();
  expect(committed(broker)).toEqual([]);
  expect((await client.http('/admin/log-levels')).body.levels).toMatchObject({ root: 'info', tables: 'info' });
  const changed = await client.http('/admin/log-levels/tables?level=debug', 'POST');
  expect(changed.body.levels).toMatchObject({ root: 'info', tables: 'debug' });
  await client.send('lines', ['two']);
  await until('a line', () => committed(broker).length > 0);
  expect((await client.http('/admin/log-levels/tables?level=loud', 'POST')).status).toBe(400);
  expect((await client.http('/admin/log-levels/nothing?level=debug', 'POST')).status).toBe(404);
  await client.close();
});
