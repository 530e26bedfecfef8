import { DatabaseSync } from 'node:sqlite';
import { afterEach, expect, test } from 'vitest';
import { Broker } from '../../../src/broker/index.ts';
import { TestClient, until } from '../broker/client.ts';
import { BrokerProcess, endProcesses, temporaryFolder } from '../broker/process.ts';
import { BUSY } from '../text/world.ts';

const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await endProcesses();
});

const folderOf = (): string => {
  const folder = temporaryFolder();
  closers.push(() => folder.remove());
  return folder.path;
};

/** What is registered: objects of packs, sections, text segments. */
function registered(folder: string): { packs: number; sections: number; texts: number } {
  const database = new DatabaseSync(`${folder}/metadata.db`, { readOnly: true });
  const count = (sql: string): number => Number(database.prepare(sql).get()?.['n']);
  try {
    return {
      packs: count('SELECT COUNT(DISTINCT object_key) AS n FROM sections'),
      sections: count('SELECT COUNT(*) AS n FROM sections'),
      texts: count('SELECT COUNT(*) AS n FROM text_segments'),
    };
  } finally {
    database.close();
  }
}

const values = (from: number, count: number) =>
  Array.from({ length: count }, (_none, at) =>
    JSON.stringify({ message: `word${(from + at) % 7} number ${from + at}` }),
  );

/** A pack and a text segment for each of `count` rounds. */
async function fill(client: TestClient, topic: string, from: number, count: number): Promise<void> {
  for (let round = from; round < from + count; round++) {
    await client.send(topic, values(round * 20, 20));
    await client.http('/admin/jobs/text-seal/run', 'POST');
    await client.http('/admin/jobs/packs/run', 'POST');
  }
}

// Text segments become one when there are four times as many of them.
const SETTINGS = { 'merge.interval.ms': 3_600_000, 'merge.min.pieces': 2, 'wal.seal.age.ms': 20 };

test('packs and text segments become few, and reads and searches find the same', async () => {
  const folder = folderOf();
  const broker = await Broker.start({ settings: { ...BUSY, ...SETTINGS, 'data.dir': folder } });
  const client = new TestClient({ bootstrap: broker.bootstrap, http: broker.httpAddress });
  closers.push(async () => {
    await client.close();
    await broker.stop();
  });
  await client.createTopic('rows', 2);
  await client.createTopic('left', 1, { 'quarry.merge.policy': 'none' });
  await client.send('left', values(0, 5));
  await fill(client, 'rows', 0, 12);
  await until('the packs', () => Promise.resolve(registered(folder).packs >= 6));
  await until('the text segments', () => Promise.resolve(registered(folder).texts >= 6));
  const before = registered(folder);
  const read = await client.read('rows', 240);
  const found = await client.count('rows', 'message:word3');
  await until('merges', async () => {
    await client.http('/admin/jobs/pack-merge/run', 'POST');
    await client.http('/admin/jobs/text-merge/run', 'POST');
    const now = registered(folder);
    return now.packs <= before.packs - 4 && now.texts <= before.texts - 4;
  });
  expect(await client.read('rows', 240)).toEqual(read);
  expect(await client.count('rows', 'message:word3')).toEqual(found);
  expect(await client.read('left', 5)).toHaveLength(5);
  await fill(client, 'rows', 12, 3);
  expect(await client.read('rows', 300)).toHaveLength(300);
  expect(await client.count('rows', 'message:number')).toMatchObject({ value: 300, relation: 'eq' });
  const metrics = String((await client.http('/metrics')).body);
  expect(metrics).toMatch(/^quarry_merges_total\{what="pack"\} [1-9]/m);
  expect(metrics).toMatch(/^quarry_write_amplification\{what="text"\} \d/m);
}, 120_000);

test('a broker that is killed while packs and text segments are merged loses and doubles nothing', async () => {
  const folder = folderOf();
  const args = {
    'wal.seal.age.ms': '30',
    'processor.interval.ms': '100',
    'processor.min.segment.age.ms': '0',
    'processor.garbage.grace.ms': '0',
    'merge.interval.ms': '15',
    'merge.min.pieces': '2',
    'log.level': 'silent',
  };
  const serve = () =>
    BrokerProcess.serve(
      folder,
      Object.entries(args).flatMap(([name, value]) => [`--${name}`, value]),
    );
  let [sent, broker] = [0, await serve()];
  let client = new TestClient(broker);
  await client.createTopic('rows', 2);
  for (let kill = 0; kill < 4; kill++) {
    for (let round = 0; round < 6; round++) {
      await client.send('rows', values(sent, 20));
      sent += 20;
      await client.http('/admin/jobs/text-seal/run', 'POST');
    }
    await new Promise((resolve) => setTimeout(resolve, 60 + kill * 23));
    await broker.kill('SIGKILL');
    await client.close().catch(() => {});
    broker = await serve();
    client = new TestClient(broker);
  }
  await until('the segments to be few', async () => {
    // The last ones may have come out of the WAL after the last look, and nothing new comes that would lead to another.
    await client.http('/admin/jobs/text-merge/run', 'POST');
    const { packs, texts } = registered(folder);
    return packs < 8 && texts < 16;
  });
  expect(await client.read('rows', sent)).toHaveLength(sent);
  await until('the index', async () => (await client.count('rows', 'message:number')).value >= sent);
  expect(await client.count('rows', 'message:number')).toMatchObject({ value: sent, relation: 'eq' });
  await client.close();
}, 180_000);
