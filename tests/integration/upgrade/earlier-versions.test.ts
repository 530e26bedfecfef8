import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type Abilities,
  COMMITTED,
  expectedRecords,
  GROUP,
  PARTITIONS,
  type SentRecord,
  TOPIC,
} from '../../../compat-tests/upgrade/load.ts';
import { root } from '../../style/sources.ts';
import { TestClient, until } from '../broker/client.ts';
import { BrokerProcess, folderOfEachTest } from '../broker/process.ts';

/** Directories in tests/golden/upgrade, the oldest first. */
const DIRECTORIES: readonly (Abilities & { readonly name: string })[] = [
  { name: 'first', transactions: false },
  { name: 'search', transactions: false },
  { name: 'transactions', transactions: true },
];

const SETTINGS = ['--search.max.wait.ms', '5000', '--wal.seal.age.ms', '200', '--processor.min.segment.age.ms', '0'];

const folder = folderOfEachTest();

/** A copy of the directory. */
function unpacked(name: string): string {
  const data = join(folder.path, 'data');
  mkdirSync(data);
  const archive = join(root, 'tests', 'golden', 'upgrade', `${name}.tar.gz`);
  const { status, stderr } = spawnSync('tar', ['-xzf', archive, '-C', data], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return data;
}

type Read = SentRecord & { readonly offset: number };

/** All committed records of each partition, by offset. */
async function readAll(client: TestClient, expected: number): Promise<Read[][]> {
  const consumer = client.kafka.consumer({ groupId: `fresh-${process.hrtime.bigint()}`, maxWaitTimeInMs: 100 });
  const found = Array.from({ length: PARTITIONS }, (): Read[] => []);
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [TOPIC], fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ partition, message: { key, value, headers = {}, timestamp, offset } }) => {
        const texts = Object.entries(headers).map(([name, text]) => [name, String(text)] as const);
        found[partition]?.push({
          key: key === null ? null : key.toString(),
          value: String(value),
          headers: Object.fromEntries(texts),
          timestamp,
          offset: Number(offset),
        });
      },
    });
    await until(`${expected} records`, () => found.flat().length >= expected);
  } finally {
    await consumer.disconnect();
  }
  return found;
}

const withoutOffsets = (records: readonly Read[]): SentRecord[] => records.map(({ offset: _offset, ...sent }) => sent);

describe.each(DIRECTORIES)('a data directory of the version $name', ({ name, ...abilities }) => {
  const expected = Array.from({ length: PARTITIONS }, (_none, partition) => expectedRecords(partition, abilities));
  const total = expected.flat().length;

  test('is opened and serves every record, where groups were, and searches; and goes on from there', async () => {
    const data = unpacked(name);
    const broker = await BrokerProcess.serve(data, SETTINGS);
    const client = new TestClient(broker);
    const read = await readAll(client, total);
    expect(read.map(withoutOffsets)).toEqual(expected);
    const [offsets] = await (await client.admin()).fetchOffsets({ groupId: GROUP, topics: [TOPIC] });
    expect(offsets?.partitions.map(({ offset }) => Number(offset))).toEqual([COMMITTED, COMMITTED]);
    expect(await client.exact(TOPIC, '*')).toBe(total);
    expect(await client.exact(TOPIC, '_kafka.key:"key-7"')).toBe(
      expected.flat().filter(({ key }) => key === 'key-7').length,
    );
    const last = read[0]?.at(-1)?.offset ?? Number.NaN;
    await client.send(TOPIC, ['written by the version of today'], 0);
    await client.close();
    expect(await broker.kill('SIGTERM')).toMatchObject({ code: 0 });

    const again = await BrokerProcess.serve(data, SETTINGS);
    const reader = new TestClient(again);
    const [first] = await readAll(reader, total + 1);
    expect(first?.at(-1)).toMatchObject({ value: 'written by the version of today', offset: last + 1 });
    expect(await reader.exact(TOPIC, 'today')).toBe(1);
    await reader.close();
    expect(await again.kill('SIGTERM')).toMatchObject({ code: 0 });
  });

  test('has nothing that the verifying commands find wrong, before and after all of it was packed anew', async () => {
    const data = unpacked(name);
    const verify = async (): Promise<void> => {
      for (const command of ['wal', 'segments']) {
        const { code, stdout, stderr } = await BrokerProcess.run([command, 'verify', '--data.dir', data]);
        expect({ command, code, said: code === 0 ? '' : stdout + stderr }).toEqual({ command, code: 0, said: '' });
      }
    };
    await verify();
    const broker = await BrokerProcess.serve(data, SETTINGS);
    const client = new TestClient(broker);
    await client.run();
    await client.close();
    expect(await broker.kill('SIGTERM')).toMatchObject({ code: 0 });
    await verify();
  });

  test('can be made a table, which then holds all of it', async () => {
    const broker = await BrokerProcess.serve(unpacked(name), SETTINGS);
    const client = new TestClient(broker);
    await (await client.admin()).alterConfigs({
      validateOnly: false,
      resources: [{ type: 2, name: TOPIC, configEntries: [{ name: 'quarry.table', value: 'true' }] }],
    });
    await until('the rows of the table', async () => {
      const { tables } = await client.run();
      return tables.rows === total;
    });
    await client.close();
    expect(await broker.kill('SIGTERM')).toMatchObject({ code: 0 });
  });
});
